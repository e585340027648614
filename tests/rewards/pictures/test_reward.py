"""Pictures of a pipeline, judged within the MDP of every family."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from failscape.concepts import ConceptSpace
from failscape.concepts.prompts.slots import Slot
from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.items import prompt_items
from failscape.data.prompts.street import street_prompts
from failscape.envs.mdp import ConceptMDP
from failscape.rewards.base import Evaluation
from failscape.rewards.pictures.base import Scored
from failscape.rewards.pictures.factors import FactorScorer
from failscape.rewards.pictures.reward import WITHHELD, PictureReward
from failscape.targets.classifiers.factor_judge import FactorJudge
from failscape.targets.diffusion.sampling import Sampling
from failscape.targets.diffusion.text_to_image import TextToImage, quiet
from failscape.targets.outputs import PictureOutputs
from tests.support.pipelines import new_pipeline


class Given:
    """A scorer that says what it is told."""

    name, range, answers, blind_to = "given", (-1.0, 1.0), ("as asked", "wrong"), "everything"
    threshold = None

    def __init__(self, score: list[float], wrong: list[int]) -> None:
        self.scored = Scored(np.array(score, np.float32), np.array(wrong), np.full(len(score), 0.5, np.float32))

    def __call__(self, prompts: Prompts, pictures: torch.Tensor) -> Scored:
        return self.scored


def test_verdicts() -> None:
    reward = PictureReward(Given([1, 0, 0, -1, np.nan, -1], [0, 0, 1, 1, 0, 1]))
    withheld = np.array([False] * 5 + [True])
    outputs = PictureOutputs(torch.zeros(6, 3, 8, 8, dtype=torch.uint8), torch.zeros(6, 2), withheld, withheld)
    prompts = Prompts.of(["a car"] * 6, range(6))
    said = reward(Evaluation(np.arange(6), np.zeros((6, 0), int), prompts, prompts, outputs))
    assert said.failed.tolist() == [False, False, True, True, False, False]
    assert said.score.tolist() == [1, 0.5, 0.5, 0, 1, 1]
    assert said.severity.tolist()[:4] == [0, 0.25, 0.75, 1] and said.severity[4:].isnan().all()
    assert said.reward.tolist() == [-1, -0.5, 0.5, 1, -1, -1]
    assert [reward.answer_names[code] for code in said.predicted] == [
        "as asked",
        "as asked",
        "wrong",
        "wrong",
        "as asked",
        WITHHELD,
    ]


@pytest.fixture(scope="module")
def mdp() -> ConceptMDP:
    book = street_prompts()
    pipeline = new_pipeline()
    quiet(pipeline)
    target = TextToImage(pipeline, Sampling(steps=1, guidance=1.0, width=64, height=64))
    judge = FactorScorer(FactorJudge("street-judge-a", "cpu"), book.asks)
    space = ConceptSpace([Slot(name, book.slots[name]) for name in ("color", "light")])
    return ConceptMDP(target, space, prompt_items(book, 3), PictureReward(judge))


def test_the_house_takes_pictures_that_a_target_draws(mdp: ConceptMDP) -> None:
    """What an episode is answered is what the pipeline draws for the filled prompt, judged beside it."""
    items = np.array([0, 1, 5, 11])
    actions = np.array([0, 7, 14, 3])
    state = mdp.transition(mdp.initial(items), actions)
    outcome = mdp.evaluate(state)
    texts = mdp.edited(state, mdp.inputs(state)).texts
    point = mdp.space.point(actions)
    wanted = [
        f"{mdp.space.concepts[0].level_name(p[0])} {v}"
        for p, v in zip(point, ["car", "car", "van", "truck"], strict=True)
    ]
    assert all(text.startswith(f"a {said}") for text, said in zip(texts, wanted, strict=True))
    numbers = mdp.items.batch.number[items]
    drawn = mdp.target(np.array([[text, number] for text, number in zip(texts, numbers, strict=True)], object))
    scored = mdp.reward.scorer(mdp.edited(state, mdp.inputs(state)), drawn.pictures)
    np.testing.assert_allclose(outcome.score, scored.score, atol=1e-6)
    np.testing.assert_array_equal(outcome.predicted, scored.wrong)
    assert outcome.failed.mean() > 0.5  # random weights draw no cars
    again = mdp.evaluate(state)
    np.testing.assert_array_equal(again.score, outcome.score)


def test_observations_hold_features_of_the_prompt(mdp: ConceptMDP) -> None:
    state = mdp.initial(np.arange(len(mdp.items)))
    seen = mdp.observe(state)
    assert mdp.observation_space.contains(seen[0]) and len(np.unique(seen[:, :4], axis=0)) == 4  # one for each prompt
