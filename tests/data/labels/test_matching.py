from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from failscape.data.images.open import open_source
from failscape.data.labels.matching import Matching, match_classes
from failscape.data.labels.names import NameIndex, leading_index, normal, synonyms
from failscape.data.labels.relabel import relabel
from failscape.errors import UsageError

WORDS = st.text("abcdeABC _-", min_size=1, max_size=8).filter(normal)
CRANES = ["cat", "crane", "dog", "crane", "Cardigan", "cardigan"]


def match(folders, class_names, **how):
    return match_classes(folders, class_names, Matching(**how))


def refusal(folders, class_names, **how) -> str:
    with pytest.raises(UsageError) as caught:
        match(folders, class_names, **how)
    return str(caught.value)


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("folder", "class_name"),
    [
        ("fire engine", "fire engine"),
        ("Fire_Engine", "fire engine"),
        ("fire-engine", "Fire Engine"),
        ("STRASSE", "straße"),
        ("cafe\u0301", "caf\u00e9"),  # as macOS writes file names
        ("tench", "tench, Tinca tinca"),
        ("tinca_tinca", "tench, Tinca tinca"),
        ("n01440764", "n01440764 tench, Tinca tinca"),
        ("n01440764_tench", "tench, Tinca tinca"),
        ("n01440764-tench", "n01440764"),
    ],
)
def test_names_that_are_the_same(folder, class_name):
    assert match([folder], ["shark", class_name]) == {folder: 1}


@pytest.mark.parametrize(
    ("folder", "class_name"),
    [("cat", "catfish"), ("catfish", "cat"), ("engine", "fire engine"), ("tench", "tenches"), ("cat dog", "cat")],
)
def test_a_part_of_a_name_is_not_the_name(folder, class_name):
    assert "match" in refusal([folder], ["shark", class_name])


@given(st.lists(WORDS, min_size=1, max_size=8, unique=True), st.lists(WORDS, min_size=1, max_size=8, unique=True))
def test_only_equal_names_match(folders, class_names):
    index = NameIndex(class_names)
    for folder in folders:
        equal = {place for place, name in enumerate(class_names) if normal(name) == normal(folder)}
        assert index.candidates(folder) <= equal
        assert bool(index.candidates(folder)) == bool(equal)


@given(st.lists(WORDS, min_size=1, max_size=8, unique_by=normal), st.randoms(use_true_random=False))
def test_order_of_folders_and_of_classes_does_not_matter(class_names, random):
    folders = [name.swapcase() for name in class_names]
    found = match(folders, class_names)
    assert found == {folder: place for place, folder in enumerate(folders)}
    assert match(random.sample(folders, len(folders)), class_names) == found
    shuffled = random.sample(class_names, len(class_names))
    assert {folder: shuffled[place] for folder, place in match(folders, shuffled).items()} == {
        folder: class_names[place] for folder, place in found.items()
    }


def test_exact_names_come_before_loose_ones():
    assert match(["Cardigan", "cardigan"], CRANES) == {"Cardigan": 4, "cardigan": 5}
    assert match(["maillot"], ["maillot", "maillot, tank suit"]) == {"maillot": 0}


def test_a_second_synonym_may_decide():
    assert match(["crane, hoist"], ["crane", "crane, hoist, derrick"]) == {"crane, hoist": 1}
    assert match(["crane,derrick"], ["crane", "crane, hoist, derrick"]) == {"crane,derrick": 1}


@pytest.mark.parametrize(("folder", "classes"), [("crane", "1 or 3"), ("CARDIGAN", "4 or 5")])
@pytest.mark.parametrize("only_matching", [False, True])
def test_two_classes_of_one_name_are_not_guessed_between(folder, classes, only_matching):
    message = refusal([folder, "cat"], CRANES, only_matching=only_matching)
    assert f"{folder} (class {classes})" in message and "by index with --classes mapping.csv" in message


def test_leading_index():
    names = [f"name {index}" for index in range(100)]
    assert match(["065_sea_snake", "7-x", "08.bird", "9"], names) == {
        "065_sea_snake": 65,
        "7-x": 7,
        "08.bird": 8,
        "9": 9,
    }
    assert leading_index("2cv") is None and leading_index("sea 65") is None


def test_leading_index_only_if_every_folder_has_one():
    assert "1 folder matches none" in refusal(["0_x", "cat"], ["tiger", "cat"])


def test_leading_index_decides_between_two_of_a_name_and_must_agree_with_others():
    assert match(["1_crane", "3_crane", "0_cat"], CRANES) == {"1_crane": 1, "3_crane": 3, "0_cat": 0}
    message = refusal(["1_cat", "2_dog"], CRANES, where="birds", target="hf:x")
    assert message.startswith("birds: 1_cat says class 1, but by its name it is class 0 (cat) of hf:x\n")
    assert "--classes mapping.csv" in message


def test_leading_index_beyond_the_classes_matches_nothing():
    assert match(["0_a", "7_b"], ["x", "y"], only_matching=True) == {"0_a": 0}


def test_numbers_that_are_names_are_names():
    assert match(["7", "3"], ["7", "3"]) == {"7": 0, "3": 1}


def test_imagenet_folders_are_in_the_order_of_the_classes():
    folders = ["n02084071", "n01440764", "n01443537"]
    assert match(folders, ["tench", "goldfish", "dog"]) == {"n01440764": 0, "n01443537": 1, "n02084071": 2}
    assert "3 folders match none" in refusal(folders, ["tench", "goldfish", "dog", "cat"])


def test_the_message_of_unmatched_folders():
    folders = [*"abcdefghijk", "bolt_m3", "bolt_m4", "washer"]
    message = refusal(folders, list("abcdefghijk"), where="parts/", target="torchvision:resnet18")
    assert message == (
        "parts/ has 14 class folders, torchvision:resnet18 knows 11 classes; "
        "3 folders match none of them: bolt_m3, bolt_m4, washer\n"
        "map them with --classes mapping.csv (folder,class), or drop them with --only-matching"
    )
    many = refusal([f"x{index}" for index in range(9)] + ["a"], ["a"])
    assert "9 folders match none of them: x0, x1, x2, x3, x4 and 4 more\n" in many and "knows 1 class;" in many
    assert "has 2 classes, the target knows 1 class; 1 class matches none" in refusal(["a", "b"], ["a"], noun="class")


def test_only_matching_drops_but_not_everything():
    assert match(["cat", "bolt"], ["cat"], only_matching=True) == {"cat": 0}
    assert "the target's names are like 'cat'" in refusal(["bolt"], ["cat"], only_matching=True)


def test_mapping_by_name_and_index(tmp_path):
    path = table(tmp_path / "m.csv", "\ufefffolder, class", "bolt,dog", "", " kran , 3", '"a, b","cat"')
    found = match(["bolt", "kran", "a, b", "Dog"], CRANES, mapping=path)
    assert found == {"bolt": 2, "kran": 3, "a, b": 0, "Dog": 2}


def test_a_number_in_the_mapping_is_a_name_first(tmp_path):
    path = table(tmp_path / "m.csv", "folder,class", "a,1", "b,2")
    assert match(["a", "b"], ["1", "0", "z"], mapping=path) == {"a": 0, "b": 2}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1: the header is ''; it must be folder,class"),
        (["dir,class", "bolt,dog"], "line 1: the header is 'dir,class'; it must be folder,class"),
        (["folder,class", "bolt,dog", "washer"], "line 3: 1 fields where folder,class are two"),
        (["folder,class", "", "bolt,tench, Tinca tinca"], "line 3: 3 fields where folder,class are two; quote"),
        (["folder,class", "blot,dog"], "line 2: the data has no 'blot'; did you mean bolt?"),
        (["folder,class", "bolt,dog", "bolt,cat"], "line 3: 'bolt' is mapped twice"),
        (["folder,class", "bolt,dgo"], "line 2: the target has no class 'dgo'; did you mean dog?"),
        (["folder,class", "bolt,"], "line 2: the target has no class ''"),
        (["folder,class", "bolt,6"], "line 2: no class 6; the target's classes are 0 to 5"),
        (["folder,class", "bolt,crane"], "line 2: 'crane' may be class 1 or 3; give the number"),
        (["folder,class", 'bolt,"dog'], "line 2: unexpected end of data"),
    ],
)
def test_a_wrong_line_of_the_mapping_is_named(tmp_path, lines, message):
    path = table(tmp_path / "m.csv", *lines)
    assert refusal(["bolt", "washer"], CRANES, mapping=path).startswith(f"{path} {message}")


def test_a_mapping_that_cannot_be_read(tmp_path):
    assert "m.csv cannot be read: no such file" in refusal(["bolt"], CRANES, mapping=tmp_path / "m.csv")
    (tmp_path / "l.csv").write_bytes("folder,class\nstraße,dog\n".encode("latin-1"))
    assert "l.csv is not UTF-8 text" in refusal(["bolt"], CRANES, mapping=tmp_path / "l.csv")


def test_synonyms():
    assert synonyms("n01440764 tench, Tinca tinca") == ["n01440764", "tench", "Tinca tinca"]
    assert synonyms("n01440764") == ["n01440764"] and synonyms("newt") == ["newt"] and synonyms(" _, ") == []


class Toy:
    def __init__(self, labels, group_names):
        self.group_names, self.notes = group_names, ()
        self.labels = np.array(labels, dtype=np.int64)
        self.names = [f"item {index}" for index in range(len(labels))]
        self.skipped, self.label_rules = [], ()

    def load(self, index):
        return index


def test_relabelling_keeps_what_has_a_class():
    source = relabel(Toy([0, 1, 2, 1], ["dog", "bolt", "CAT"]), ["cat", "dog"], Matching(only_matching=True))
    assert (source.labels.tolist(), source.names, source.load(1)) == ([1, 0], ["item 0", "item 2"], 2)
    assert source.group_names == ["cat", "dog"]


def test_classes_without_items_need_no_match():
    assert relabel(Toy([0, 0], ["dog", "bolt"]), ["cat", "dog"], Matching()).labels.tolist() == [1, 1]


def test_a_dataset_with_the_classes_of_the_target_keeps_their_order():
    how = Matching(noun="class")
    assert relabel(Toy([3, 1, 4], CRANES), CRANES, how).labels.tolist() == [3, 1, 4]
    with pytest.raises(UsageError, match="two classes by the name of crane"):
        relabel(Toy([3, 1], CRANES), [*CRANES[:4], "x"], how)


def test_real_imagenet_folders(real_data):
    names = pytest.importorskip("torchvision.models._meta")._IMAGENET_CATEGORIES
    source = open_source(real_data / "imagenet-sample", names)
    assert source.labels.tolist() == [int(name[:3]) for name in source.names]
    with pytest.raises(UsageError, match="says class"):
        open_source(real_data / "imagenet-sample", names[1:])


@given(st.lists(WORDS, min_size=2, max_size=6, unique_by=normal))
def test_a_longer_name_never_matches_a_shorter_one(class_names):
    longer = class_names[0] + class_names[1]
    assume(normal(longer) not in map(normal, class_names))
    assert not NameIndex(class_names).candidates(longer)
