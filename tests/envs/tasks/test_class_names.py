"""Classes are indices, and two of them may have one name, as ImageNet's cranes do."""

from pathlib import Path

import pytest
import torch
from torch import nn

import failscape as fs
from failscape.data.labels.names import distinct
from failscape.data.street import StreetSource
from failscape.envs.tasks.image_classification import make_mdp

CLASSES = ("crane", "stop", "crane")


def target() -> fs.Classifier:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 49, 3))
    return fs.Classifier(module, fs.Preprocess.resize(32, (0.5,) * 3, (0.25,) * 3), CLASSES, name="t", device="cpu")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    street = StreetSource(30, seed=2)
    for i in range(30):
        folder = tmp_path / f"{i % 3}_{CLASSES[i % 3]}"
        folder.mkdir(exist_ok=True)
        street.load(i).save(folder / f"{i}.png")
    return tmp_path


def test_names_that_are_one_are_told_apart() -> None:
    assert distinct(CLASSES) == ("crane (0)", "stop", "crane (2)")
    assert distinct(("a", "b")) == ("a", "b")


def test_each_class_of_one_name_is_probed(data: Path) -> None:
    mdp = make_mdp(target(), data, concepts=["class", "darken=0,0.5"])
    names = ("crane (0)", "stop", "crane (2)")
    assert mdp.items.group.tolist().count(2) == mdp.items.group.tolist().count(0) == 10
    assert mdp.group_names == mdp.answer_names == names
    assert mdp.space.shape == (3, 2), "a level for each class"
    labels = {mdp.space.label(point) for point in mdp.space.point(range(6))}
    assert len(labels) == 6 and any("crane (2)" in label for label in labels)


def test_a_folder_of_such_a_name_says_which(data: Path) -> None:
    (data / "2_crane").rename(data / "crane")
    with pytest.raises(fs.UsageError, match=r"more than one class by the name of crane \(class 0 or 2\)"):
        make_mdp(target(), data)
