"""Images are shown with the classes that the target named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from failscape.common.format import percent
from failscape.concepts.images.registry import IMAGE_CONCEPTS


def test_a_picture_says_what_was_said_of_it(made: Callable[..., Any], tmp_path: Path) -> None:
    shown = made().examples()
    presenter, example = shown.presenter, shown[0]
    assert presenter.describe(example) == [
        f"item     {example.name}, a {example.group}",
        f"edit     {example.edit}",
        f"before   {example.answer_before}",
        f"after    {example.answer} ({percent(example.score)}): wrong",
    ]
    failure = f"{example.group} taken for {example.answer}"
    (line,) = presenter.describe_case(example, failure, tmp_path / "3.png")
    assert line.startswith(f"{failure} (") and line.endswith(f" sure), {example.edit}: {tmp_path / '3.png'}")
    assert presenter.cells(example) == (example.name, example.group, example.answer, example.edit)


def test_its_file_shows_before_beside_after(made: Callable[..., Any], tmp_path: Path) -> None:
    shown = made().examples()
    shown.presenter.write(shown[0], tmp_path / f"1{shown.presenter.suffix}")
    with Image.open(tmp_path / "1.png") as picture:
        both = np.asarray(picture)
    np.testing.assert_array_equal(both[::14, : 14 * 24 : 14], shown[0].before)
    np.testing.assert_array_equal(both[::14, -14 * 24 :: 14], shown[0].after)


def test_pictures_are_one_picture_in_tensorboard_and_no_words(made: Callable[..., Any]) -> None:
    shown = made().examples()
    assert shown.presenter.markdown(shown) == "" and shown.presenter.picture(shown).ndim == 3
    np.testing.assert_array_equal(shown.presenter.thumbnail(shown[0]), shown[0].after)


def test_edits_that_were_not_tried_are_the_others_of_images(made: Callable[..., Any]) -> None:
    run = made(2)
    presenter = run.examples().presenter
    assert {*(concept.name for concept in presenter.untried(run.space)), "rotation", "darken"} == set(IMAGE_CONCEPTS)
    assert presenter.alterations(run.space)[1].startswith("darken, 5 levels from ")
