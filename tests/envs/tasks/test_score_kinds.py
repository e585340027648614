"""Scores that are probabilities already are recognised at the first look."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import failscape as fs
from failscape.data.street import StreetSource
from failscape.envs.tasks.image_classification import make_mdp
from failscape.envs.tasks.score_kinds import about_scores
from failscape.targets.registry import load_target


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, street = tmp_path_factory.mktemp("signs"), StreetSource(24, seed=4)
    for i in range(24):
        folder = root / street.group_names[street.labels[i]]
        folder.mkdir(exist_ok=True)
        street.load(i).save(folder / f"{i}.png")
    return root


class Ended(nn.Module):
    """A module and what it ends in."""

    def __init__(self, module: nn.Module, end: nn.Module) -> None:
        super().__init__()
        self.module, self.end = module, end

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.end(self.module(pixels).logits)
        return scores


def ended(end: nn.Module) -> fs.Classifier:
    plain = load_target("embedded:street-signs", "cpu")
    return fs.Classifier(Ended(plain.module, end), plain.transform, plain.class_names, name="ended", device="cpu")


def test_of_a_softmax_confidences_are_those_of_the_logits(data: Path) -> None:
    plain = make_mdp(load_target("embedded:street-signs", "cpu"), data, only_matching=True)
    softmax = make_mdp(ended(nn.Softmax(dim=1)), data, only_matching=True)
    assert plain.caveats == ()
    assert softmax.caveats == ("ended ends in a softmax: the logarithms of its probabilities are its scores",)
    np.testing.assert_allclose(softmax.baseline.score, plain.baseline.score, atol=1e-5)
    np.testing.assert_allclose(softmax.baseline.severity, plain.baseline.severity, atol=1e-5)


def test_of_a_sigmoid_it_is_said_and_kept_with_the_run(data: Path, tmp_path: Path) -> None:
    target, path = ended(nn.Sigmoid()), tmp_path / "baseline.npz"
    (said,) = make_mdp(target, data, only_matching=True, baseline=path).caveats
    assert said.startswith("all scores of ended lie between 0 and 1") and "before the sigmoid" in said
    assert make_mdp(target, data, only_matching=True, baseline=path).caveats == (said,)


def test_a_target_of_ones_own_kind_gives_logits() -> None:
    class Own:
        name = "own"

    scores = torch.randn(9, 4, generator=torch.Generator().manual_seed(0))
    with pytest.raises(fs.UsageError, match=r"own answers with probabilities .* give the logarithms"):
        about_scores(Own(), scores.softmax(1))  # type: ignore[arg-type]
    for usual in (scores, scores.log_softmax(1), torch.zeros(9, 4), torch.ones(9, 1)):
        assert about_scores(Own(), usual) == []  # type: ignore[arg-type]
