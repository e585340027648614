"""A judge names every factor of a picture as its own softmax says, or abstains."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessor

from failscape.errors import UsageError
from failscape.targets.classifiers.factor_judge import FactorJudge

LABELS = ("light: day", "light: night", "count: 0", "count: 1", "count: 2")


def folder_of(path: Path, labels: tuple[str, ...]) -> Path:
    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8],
        depths=[1],
        layer_type="basic",
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
        problem_type="multi_label_classification",
    )
    ResNetForImageClassification(config).save_pretrained(path)
    size = {"height": 16, "width": 16}
    ViTImageProcessor(size=size, image_mean=[0.4] * 3, image_std=[0.2] * 3).save_pretrained(path)
    return path


def test_each_factor_has_a_softmax_of_its_own(tmp_path: Path) -> None:
    judge = FactorJudge(str(folder_of(tmp_path, LABELS)), "cpu", abstains_below=0)
    assert judge.factors == {"light": ("day", "night"), "count": ("0", "1", "2")}
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (9, 3, 16, 16), np.uint8))
    said = judge(pixels)
    module = ResNetForImageClassification.from_pretrained(tmp_path).eval()
    with torch.inference_mode():
        logits = module((pixels / 255 - 0.4) / 0.2).logits
    light, count = logits[:, :2].softmax(1).max(1), logits[:, 2:].softmax(1).max(1)
    np.testing.assert_array_equal(said.values, torch.stack([light.indices, count.indices], dim=1).numpy())
    np.testing.assert_allclose(said.certainty, torch.stack([light.values, count.values], dim=1), atol=1e-5)


def test_it_abstains_below_its_certainty(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, LABELS)
    pixels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (40, 3, 16, 16), np.uint8))
    sure = FactorJudge(str(folder), "cpu", abstains_below=0)(pixels)
    bound = float(np.median(sure.certainty))
    said = FactorJudge(str(folder), "cpu", abstains_below=bound)(pixels)
    np.testing.assert_array_equal(said.values, np.where(sure.certainty < bound, -1, sure.values))
    assert (said.values == -1).any()
    assert len(FactorJudge(str(folder), "cpu")(pixels[:0]).values) == 0


@pytest.mark.parametrize("labels", [("day", "night"), ("light: day", "count: 0", "light: night")])
def test_other_labels_are_refused(tmp_path: Path, labels: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="is no judge of factors: its labels are not 'factor: value' in order"):
        FactorJudge(str(folder_of(tmp_path, labels)), "cpu")


def test_an_unknown_judge_is_named_with_the_closest() -> None:
    with pytest.raises(UsageError, match=r"no embedded target 'street-sign'; did you mean street-signs\?"):
        FactorJudge("street-sign", "cpu")
