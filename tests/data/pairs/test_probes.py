"""Files of texts that stand for the values of facts."""

from pathlib import Path

import pytest

from failscape.common.visual_patterns import PATTERNS
from failscape.data.pairs.probes import Probe, load_probes
from failscape.errors import UsageError


def test_the_usual_facts_stand_for_all_visual_patterns() -> None:
    probes = load_probes()
    assert {probe.pattern for probe in probes} == set(PATTERNS)
    assert len({probe.fact for probe in probes}) == len(probes) == 11
    texts = [text for probe in probes for texts in probe.values.values() for text in texts]
    assert len(set(texts)) == len(texts), "a text for two values would tell nothing"


def test_words_that_yaml_takes_for_others_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "probes.yml"
    path.write_text("lit:\n  values:\n    on: a lamp that is on\n    off: [a dark lamp, a lamp that is off]\n")
    assert load_probes(path) == [
        Probe("lit", "", {"on": ("a lamp that is on",), "off": ("a dark lamp", "a lamp that is off")})
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "names no facts"),
        ("- facing", "names no facts"),
        ("facing: left", "facing has no values"),
        ("facing:\n  values: {left: a}", "facing has one value"),
        ("facing:\n  values: {left: a, right: }", "facing, right has no texts"),
        ("facing:\n  values: {left: a, right: [b, []]}", "facing, right has no texts"),
        ("facing:\n  pattern: colour\n  values: {left: a, right: b}", "no visual pattern 'colour'; did you mean color"),
        ("facing:\n  patternn: color\n  values: {left: a, right: b}", "facing has no 'patternn'"),
        ("facing: &a\n  values: {left: a, right: b}\nagain: *a", "a reference to an anchor"),
        ("facing: {", "no YAML file of probes"),
        ("facing: !!python/object/apply:os.getcwd []", "facing has no values"),
        ("facing:\n  pattern: [color]\n  values: {left: a, right: b}", "no visual pattern \"['color']\""),
        ("facing:\n  values: {left: a, left: b}", "left is there twice"),
        ("facing:\n  values: {left: a, right: [b, a]}", "facing has one text twice"),
        ("' ':\n  values: {left: a, right: b}", "a name that is no word"),
        ('facing:\n  values: {left: a, right: "\\uD800"}', "a letter that is none"),
        ("[" * 3000, "no YAML file of probes"),
        ("a" * 200_000, "has 200,000 letters"),
    ],
)
def test_a_mistake_names_the_fact(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "probes.yml"
    path.write_text(content)
    with pytest.raises(UsageError) as error:
        load_probes(path)
    assert said in str(error.value) and str(path) in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_probes(tmp_path / "nothing.yml")
    with pytest.raises(UsageError, match="a folder, not a file"):
        load_probes(tmp_path)
