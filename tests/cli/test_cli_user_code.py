"""A user's own target and environment, from a file or a module of theirs, through the command line."""

import copy
import shutil
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image

from failscape.cli import main
from failscape.targets import registry
from failscape.workflows.run import Run

# A target with one weakness that is known to the last picture: grey is called red.
CODE = """
import torch
import failscape as fs


class Redness(torch.nn.Module):
    def forward(self, images):
        redness = images[:, 0].mean((1, 2)) - images[:, 2].mean((1, 2))
        return torch.stack([redness + 1e-3, -redness], dim=1)


@fs.register_target("acme")
def load(name: str, device: str) -> fs.Classifier:
    "Red parts and blue parts."
    preprocess = fs.Preprocess.resize(8, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    return fs.Classifier(Redness(), preprocess, ["red", "blue"], device=device)


fs.register_env(
    "acme/Defects-v0",
    env="failscape/Classifier-v0",
    target="acme:v2",
    data="parts",
    concepts=["rotation=0,90", "saturation=0,1"],
)
"""
COMMON = ["--import", "acme_parts.py", "--device", "cpu", "--no-report", "--quiet"]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the user's code and pictures, to work in; what it registers is forgotten afterwards."""
    rng = np.random.default_rng(0)
    for name, channel in (("red", 0), ("blue", 2)):
        (tmp_path / "parts" / name).mkdir(parents=True)
        for number in range(10):
            pixels = np.full((8, 8, 3), 64, np.uint8)
            pixels[..., channel] = rng.integers(160, 256)
            Image.fromarray(pixels).save(tmp_path / "parts" / name / f"{number}.png")
    (tmp_path / "acme_parts.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_registered", copy.copy(registry._registered))
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("failscape_user_acme_parts", "acme_parts"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    gym.registry.pop("acme/Defects-v0", None)
    return tmp_path


def test_list_shows_what_a_file_registers(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--list", "--import", "acme_parts.py"]) == 0
    out = capsys.readouterr().out
    assert "acme/Defects-v0" in out
    assert "acme:NAME" in out
    assert "Red parts and blue parts." in out


def test_scan_of_an_own_environment_is_exact(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--env", "acme/Defects-v0", *COMMON]) == 0
    run = Run(workshop / "runs" / "scan-defects-v2-0")
    assert (run.settings.imports, run.settings.make) == (["acme_parts.py"], {"device": "cpu"})
    probes = run.probes()
    is_grey = probes["levels"].map(lambda levels: levels[-1] == 0)
    assert (probes["failed"] == (is_grey & (probes["group"] == 1))).all()
    assert 0 < probes["failed"].sum() < is_grey.sum()
    probe = probes.index[probes["failed"]][0]
    capsys.readouterr()
    assert main(["show", str(run.folder.path), str(probe), "--out", "picture.png"]) == 0
    out = capsys.readouterr().out
    for words in ("a blue", "after    red", ": wrong", "the same as recorded"):
        assert words in out
    with Image.open("picture.png") as picture:
        assert picture.width > 600


def test_target_of_an_own_file_in_a_built_in_environment(workshop: Path) -> None:
    options = ["--target", "acme:v1", "--data", "parts", "--concepts", "contrast", "--algo", "random", "--budget", "60"]
    assert main(["train", *options, *COMMON]) == 0
    settings = Run(workshop / "runs" / "random-classifier-v1-0").settings
    assert settings.make["target"] == "acme:v1"
    assert list(settings.space["levels"]) == ["contrast"]


def test_environment_of_an_own_module(workshop: Path) -> None:
    assert main(["scan", "--env", "acme_parts:acme/Defects-v0", "--device", "cpu", "--no-report", "--quiet"]) == 0
    run = workshop / "runs" / "scan-defects-v2-0"
    assert Run(run).settings.env == "acme_parts:acme/Defects-v0"
    assert main(["train", "--resume", str(run), "--no-report", "--quiet"]) == 0


def test_code_that_has_moved(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--env", "acme/Defects-v0", *COMMON]) == 0
    shutil.move("acme_parts.py", "moved.py")
    sys.modules.pop("failscape_user_acme_parts")
    gym.registry.pop("acme/Defects-v0")
    registry._registered.pop("acme")
    run = str(workshop / "runs" / "scan-defects-v2-0")
    assert main(["show", run, "0"]) == 2
    assert "was made with acme_parts.py, and a run folder starts no code" in capsys.readouterr().err
    assert main(["show", run, "0", "--import", "acme_parts.py"]) == 2
    assert "cannot import acme_parts.py: no such file" in capsys.readouterr().err
    assert main(["show", run, "0", "--import", "moved.py"]) == 0
    del sys.modules["failscape_user_moved"]


def test_broken_file_is_one_clear_line(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.py").write_text("import failscape as fs\nfs.register_targt\n")
    assert main(["train", "--list", "--import", "broken.py"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: cannot import broken.py: AttributeError")
    assert "failscape_user_broken" not in sys.modules
    Path("broken.py").write_text("")
    assert main(["train", "--list", "--import", "broken.py"]) == 0, "a corrected file is read again"
