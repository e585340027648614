"""Scorers of pictures, with the judges and the CLIP of the street world."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from failscape.common.filling import Filling
from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.book import Asks
from failscape.data.prompts.street import street_prompts
from failscape.data.street.traffic.factors import TrafficFactors, sample_traffic, vary
from failscape.data.street.traffic.render import render_traffic
from failscape.errors import UsageError
from failscape.rewards.pictures.clip import PUBLISHED, ClipScorer
from failscape.rewards.pictures.factors import FactorScorer, check_asked
from failscape.targets.classifiers.factor_judge import FactorJudge

SLOTS = ("color", "distance", "weather", "light", "place")


def prompt_of(scene: TrafficFactors) -> Prompts:
    """What a scene shows, as a prompt with all slots filled."""
    book = street_prompts()
    template = next(one for one, asked in book.asks.templates.items() if asked["vehicle"] == scene.vehicle)
    people = "nobody" if scene.count == 0 else f"{scene.count} {scene.job}"
    values = {name: getattr(scene, name) for name in SLOTS} | {"people": people}
    return Prompts.of(
        [template], [0], [Filling(slot, value, book.slots[slot][value]) for slot, value in values.items()]
    )


def joined(parts: list[Prompts]) -> Prompts:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.joined(part)
    return whole


def pictures_of(scenes: list[TrafficFactors]) -> torch.Tensor:
    return torch.from_numpy(render_traffic(scenes))


SCENES = [sample_traffic(700, index) for index in range(60)]


@pytest.mark.parametrize("judge", ["street-judge-a", "street-judge-b"])
def test_what_a_prompt_asks_for_is_found_in_its_scene(judge: str) -> None:
    scorer = FactorScorer(FactorJudge(judge, "cpu"), street_prompts().asks)
    scored = scorer(joined([prompt_of(scene) for scene in SCENES]), pictures_of(SCENES))
    assert (scored.wrong == 0).mean() > 0.9 and scored.score.mean() > 0.98
    assert ((scored.score == 1) == (scored.wrong == 0)).all()
    assert ((scored.confidence > 0) & (scored.confidence <= 1)).all()


def test_what_is_wrong_is_named() -> None:
    judge = FactorJudge("street-judge-a", "cpu")
    scorer = FactorScorer(judge, street_prompts().asks)
    day = [vary(scene, light="day", weather="clear", distance="near", color="red") for scene in SCENES]
    shown = [vary(scene, color="blue") for scene in day]
    scored = scorer(joined([prompt_of(scene) for scene in day]), pictures_of(shown))
    names = [scorer.answers[code] for code in scored.wrong]
    assert names.count("color: blue") > 0.9 * len(names)
    assert scored.score == pytest.approx(np.where(scored.wrong > 0, scored.score, 1.0))
    assert (scored.score < 1).mean() > 0.9


def test_a_judge_that_abstains_cannot_tell() -> None:
    never = FactorJudge("street-judge-a", "cpu", abstains_below=1.01)
    scored = FactorScorer(never, street_prompts().asks)(prompt_of(SCENES[0]), pictures_of(SCENES[:1]))
    assert scored.score == [0] and scored.wrong[0] > 0


def test_a_prompt_that_asks_for_nothing_has_no_score() -> None:
    scorer = FactorScorer(FactorJudge("street-judge-a", "cpu"), street_prompts().asks)
    scored = scorer(Prompts.of(["a picture"], [0]), pictures_of(SCENES[:1]))
    assert np.isnan(scored.score[0]) and scored.wrong[0] == 0


def test_what_a_judge_cannot_read_is_refused() -> None:
    factors = {"color": ("red", "blue"), "light": ("day", "night")}
    check_asked("judge", factors, Asks({"a": {"color": "red"}}, {("light", "dark"): {"light": "night"}}))
    with pytest.raises(UsageError, match="judge reads no factor 'colour'; did you mean color"):
        check_asked("judge", factors, Asks({"a": {"colour": "red"}}, {}))
    with pytest.raises(UsageError, match="judge reads no color 'green'"):
        check_asked("judge", factors, Asks({}, {("color", "green"): {"color": "green"}}))


def test_clip_scores_are_the_cosines_of_its_towers() -> None:
    """Beside transformers' own forward, which prepares and normalises for itself."""
    from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer

    from failscape.targets.embedded import embedded_folder

    folder = embedded_folder("street-clip")
    clip = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    prompts = joined([prompt_of(scene) for scene in SCENES[:8]])
    pictures = pictures_of(SCENES[:8])
    ids = CLIPTokenizer.from_pretrained(folder)(prompts.texts, padding="max_length", return_tensors="pt").input_ids
    pixels = CLIPImageProcessor.from_pretrained(folder)(list(pictures.numpy()), return_tensors="pt").pixel_values
    with torch.no_grad():
        out = clip(input_ids=ids, pixel_values=pixels)
    wanted = (out.image_embeds * out.text_embeds).sum(dim=1).numpy()
    scored = ClipScorer.load("embedded:street-clip", below=0.5, device="cpu")(prompts, pictures)
    np.testing.assert_allclose(scored.score, wanted, atol=0.02)
    assert ((scored.score < 0.5) == (scored.wrong == 1)).all()
    shuffled = ClipScorer.load("embedded:street-clip", below=0.5, device="cpu")(prompts, pictures.flip(0))
    assert scored.score.mean() > shuffled.score.mean() + 0.1
    assert PUBLISHED == 0.3


def test_an_encoder_of_pictures_alone_is_no_clip() -> None:
    with pytest.raises(UsageError):
        ClipScorer.load("embedded:street-dino", below=0.3, device="cpu")
