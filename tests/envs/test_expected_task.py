"""A target of another task is told where it belongs."""

from types import SimpleNamespace

import pytest

from failscape.envs.expected_task import expect_task
from failscape.errors import UsageError


@pytest.mark.parametrize(
    "task, expected, line",
    [
        (
            "summarization",
            "image-classification",
            "x writes texts and sorts no pictures; give it to failscape/Summarizer-v0",
        ),
        (
            "image-classification",
            "summarization",
            "x sorts pictures and writes no summaries; give it to failscape/Classifier",
        ),
        (
            "text-to-image",
            "summarization",
            "x draws pictures from texts and writes no summaries; give it to failscape/TextToImage-v0",
        ),
        (
            "image-to-image",
            "summarization",
            "x is for image-to-image, not for summarization; give it to an environment of",
        ),
    ],
)
def test_another_task(task: str, expected: str, line: str) -> None:
    with pytest.raises(UsageError, match=line):
        expect_task(SimpleNamespace(name="x", task=task), expected)  # type: ignore[arg-type]
    expect_task(SimpleNamespace(name="x", task=expected), expected)  # type: ignore[arg-type]
