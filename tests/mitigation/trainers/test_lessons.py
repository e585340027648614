"""Pictures that a text-to-image model learns: its own, and those that a person chose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from failscape.errors import UsageError
from failscape.mitigation.trainers.text_to_image import TextToImageTrainer
from failscape.targets.diffusion.text_to_image import TextToImage
from tests.support.bright import FAILURES, bright_mdp, config, run

Painter = Callable[..., TextToImage]


def test_what_is_learned_are_right_pictures_of_fresh_noise(painter: Painter) -> None:
    target = painter()
    trainer = TextToImageTrainer(bright_mdp(target), FAILURES, config(pictures=8))
    (fit, judges), (other_fit, other_judges) = trainer.lessons
    assert set(fit.prompts + judges.prompts) == {"a red car", "a red bus"} and len(fit) + len(judges) == 8
    others = set(other_fit.prompts + other_judges.prompts)
    assert others <= {"a car", "a bus", "a blue car", "a blue bus", "a green car", "a green bus"} and len(others) > 3
    assert len(judges) == 1 and len(other_judges) == 1
    assert len(TextToImageTrainer(bright_mdp(target), FAILURES, config(prior=0)).lessons) == 1


def test_where_none_is_right_there_is_nothing_to_learn(painter: Painter) -> None:
    with pytest.raises(UsageError, match=r"none of 48 pictures that diffusers:.* is right.*--set images=FOLDER"):
        run(bright_mdp(painter(), limit=255.0))


def test_folders_that_cannot_be_learned(painter: Painter, chosen: Path) -> None:
    mdp = bright_mdp(painter())
    (chosen / "2.png").write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"2.png of .*chosen cannot be read as a picture: not an image"):
        run(mdp, images=str(chosen))
    (chosen / "metadata.csv").write_text("file_name,prompt\n0.png,\n1.png,a car\n")
    with pytest.raises(UsageError, match=r"metadata.csv/.* of .*chosen cannot be learned: no caption"):
        run(mdp, images=str(chosen))
    (chosen / "metadata.csv").write_text("file_name,size\n0.png,3\n")
    with pytest.raises(UsageError, match=r"metadata.csv has no column caption, text, description or prompt"):
        run(mdp, images=str(chosen))
    (chosen / "metadata.csv").unlink()
    with pytest.raises(UsageError, match=r"chosen has no captions; write metadata.csv into it"):
        run(mdp, images=str(chosen))
    with pytest.raises(UsageError, match=r"there is no folder 2024; --set images=FOLDER"):
        run(mdp, images=2024)


def test_json_lines_with_text_are_read(painter: Painter, chosen: Path) -> None:
    (chosen / "metadata.csv").unlink()
    (chosen / "metadata.jsonl").write_text('{"file_name": "0.png", "text": "a tower"}\n')
    trainer = TextToImageTrainer(bright_mdp(painter()), FAILURES, config(images=str(chosen)))
    fit, judges = trainer.lessons[0]
    assert fit.prompts == judges.prompts == ["a tower"]  # one picture teaches and judges
    assert fit.mean.shape == (1, 4, 8, 8)
