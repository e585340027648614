"""Many classes with one picture each, as a sample of ImageNet has: everything works, by groups where asked."""

import copy
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image

import failscape as fs
from failscape.cli import main
from failscape.targets import registry

# 125 colours, told apart by the nearest one; half the light is another colour.
CODE = """
import itertools
import torch
import failscape as fs

COLOURS = torch.tensor(list(itertools.product((0.1, 0.3, 0.5, 0.7, 0.9), repeat=3)))


class Nearest(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, len(COLOURS))
        self.linear.load_state_dict({"weight": 80 * COLOURS, "bias": -40 * (COLOURS**2).sum(dim=1)})

    def forward(self, images):
        return self.linear(images.mean((2, 3)))


@fs.register_target("colours")
def load(name: str, device: str) -> fs.Classifier:
    transform = fs.Preprocess.resize(8, mean=(0, 0, 0), std=(1, 1, 1))
    names = ["-".join(f"{round(10 * part)}" for part in colour) for colour in COLOURS.tolist()]
    return fs.Classifier(Nearest(), transform, names, device=device)


fs.register_env("test/Colours-v0", env="failscape/Classifier-v0", target="colours:all", data="colours")
"""
CODE_AGAIN = ["--import", "colours.py"]
COMMON = [*CODE_AGAIN, "--env", "test/Colours-v0", "--device", "cpu", "--quiet"]
EDITS = ["darken=0,0.1,0.2,0.4", "contrast=0.8,1,1.2"]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the target and its pictures, to work in; what it registers is forgotten afterwards."""
    levels = (1, 3, 5, 7, 9)
    lines = ["class,group"]
    for colour in ((red, green, blue) for red in levels for green in levels for blue in levels):
        name = "-".join(map(str, colour))
        (tmp_path / "colours" / name).mkdir(parents=True)
        pixels = np.full((8, 8, 3), np.array(colour) * 25.5, np.uint8)
        Image.fromarray(pixels).save(tmp_path / "colours" / name / "one.png")
        lines += [f"{name},{'bright' if sum(colour) > 15 else 'dim'}"] if colour[0] != 5 else []
    (tmp_path / "groups.csv").write_text("\n".join(lines))
    (tmp_path / "colours.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_registered", copy.copy(registry._registered))
    monkeypatch.delitem(sys.modules, "failscape_user_colours", raising=False)
    gym.registry.pop("test/Colours-v0", None)
    return tmp_path


def test_a_class_that_cannot_be_chosen_is_told_with_the_way_on(
    workshop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *COMMON, "--concepts", "class", *EDITS, "--budget", "200"]) == 2
    told = capsys.readouterr().err
    assert "no class has both items to explore and items held out" in told
    assert "make larger groups with --groups, or leave class out of --concepts" in told


def test_groups_of_classes_are_chosen_explored_and_mended(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*COMMON, "--groups", "groups.csv", "--concepts", "class", *EDITS, "--budget", "1500"]
    assert main(["train", *arguments, "--algo", "random"]) == 0
    run = workshop / "runs" / "random-colours-all-0"
    axis = fs.Run(run).settings.space
    assert set(axis["classes"]) == {"dim", "bright", "other classes"}
    assert any(mode.confirmed for mode in fs.Run(run).found_modes())
    failing = fs.Run(run).probes().query("failed").index[0]
    capsys.readouterr()
    assert main(["show", str(run), str(failing), *CODE_AGAIN]) == 0
    told = capsys.readouterr().out
    name = told.split("item     ")[1].split("/")[0]
    assert f"one.png, a {name}\n" in told, "the truth is the class, not its group"
    assert main(["feedback", str(run), "--simulate", "seed=1", "--budget", "6", *CODE_AGAIN]) == 0, (
        "answers of classes have features"
    )


def test_one_picture_per_class_is_mended(workshop: Path) -> None:
    assert main(["train", *COMMON, "--concepts", *EDITS, "--budget", "1000", "--algo", "random", "--no-report"]) == 0
    run = workshop / "runs" / "random-colours-all-0"
    assert fs.Run(run).found_modes()
    assert main(["mitigate", str(run), "--set", "epochs=1", "--quiet", *CODE_AGAIN]) == 0
    assert (workshop / "runs" / "mitigated-colours-all-0" / "model.safetensors").is_file()
