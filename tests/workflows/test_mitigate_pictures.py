"""The whole loop on a text-to-image model: explored, fine-tuned by LoRA, explored again, compared, killed midway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline

from failscape.cli import main
from failscape.errors import UsageError
from failscape.mitigation import Epoch
from failscape.targets.diffusion.text_to_image import TextToImage, quiet
from failscape.targets.registry import load_target
from failscape.workflows.compare import compare_versions
from failscape.workflows.mitigate import Listeners, go_on, load_mitigated, mitigate
from failscape.workflows.run import Run
from tests.support.pipelines import new_pipeline

PROMPTS = ["--prompts", "a {color} {thing}", "--concepts", "color=red,blue,green,yellow", "thing=car,bus,truck"]
JUDGE = ["--scorer", "embedded:street-clip", "--below=-0.15"]
SMALL = ["--pictures", "150", "--budget", "1200", "--algo", "random", "--no-report", "--quiet", "--device", "cpu"]
QUICK = {"epochs": 2, "steps": 20, "batch_size": 4, "pictures": 6, "lr": 0.02, "average": 0.5}


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on a pipeline of random weights; tests must not change it."""
    folder = tmp_path_factory.mktemp("pictures")
    new_pipeline().save_pretrained(folder / "tiny")
    target = f"diffusers:{folder / 'tiny'}?steps=1&guidance=1"
    command = ["train", "--env", "failscape/TextToImage-v0", "--target", target, *PROMPTS, *JUDGE, *SMALL]
    assert main([*command, "--out", str(folder / "runs")]) == 0
    (run,) = (folder / "runs").iterdir()
    return Run(run)


def test_it_is_faded(explored: Run, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [f"{name}={value}" for name, value in QUICK.items()]
    command = ["fade", str(explored.folder.path), "--modes", "1", "--queries", "300", "--budget", "60", "--set"]
    assert main([*command, *settings]) == 0
    said = capsys.readouterr().out
    assert "2 epochs of 20 steps at most over up to 6 right pictures of its own and 6 of other prompts" in said
    (folder,) = explored.folder.path.parent.glob("mitigated-*")
    mitigated = load_mitigated(folder)
    assert mitigated.uri == f"{explored.settings.make['target']}&lora={folder / 'lora'}"
    card = (folder / "README.md").read_text()
    assert mitigated.uri in card and "`lora/` holds an adapter (LoRA) of diffusers" in card
    assert "saved as an adapter of diffusers" in card and "model.safetensors" not in card
    assert [path.name for path in (folder / "lora").iterdir()] == ["pytorch_lora_weights.safetensors"]
    assert not list(folder.glob("state*")) and not (folder / "model.safetensors").exists()
    (after,) = (path for path in explored.folder.path.parent.glob("random-*") if path != explored.folder.path)
    assert Run(after).settings.make["target"] == mitigated.uri
    versions = compare_versions(explored, Run(after), queries=300)
    assert versions.found.targeted == mitigated.before_after.targeted


def test_a_killed_one_goes_on_to_an_adapter_that_plain_diffusers_draws_with(explored: Run, tmp_path: Path) -> None:
    expected = mitigate(explored, [1], settings=QUICK, queries=300, out=tmp_path / "whole")

    def kill(epoch: Epoch) -> None:
        if epoch.number == 1:
            raise KeyboardInterrupt

    listeners: Callable[..., Listeners] = Listeners
    with pytest.raises(KeyboardInterrupt):
        mitigate(explored, [1], settings=QUICK, queries=300, out=tmp_path / "cut", listeners=listeners(epoch=kill))
    (folder,) = (tmp_path / "cut").iterdir()
    with pytest.raises(UsageError, match="is not finished: failscape mitigate --resume"):
        load_mitigated(folder)
    resumed = go_on(folder)
    files = [next((one.folder / "lora").iterdir()).read_bytes() for one in (expected, resumed)]
    assert resumed.best > 0 and files[0] == files[1] and resumed.before_after.targeted == expected.before_after.targeted
    plain = StableDiffusionPipeline.from_pretrained(
        explored.settings.make["target"].removeprefix("diffusers:").partition("?")[0], local_files_only=True
    )
    quiet(plain)
    plain.load_lora_weights(folder / "lora")
    target, prompts = load_target(resumed.uri, "cpu"), ["a red car", "a blue bus"]
    drawn = TextToImage(plain, target.sampling)(prompts).pictures.int()
    assert (drawn - target(prompts).pictures.int()).abs().max() <= 1
    assert not torch.equal(drawn, load_target(explored.settings.make["target"], "cpu")(prompts).pictures.int())
