"""Markdown as TensorBoard's text page takes it."""

from __future__ import annotations

from typing import Any

from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import text


def write_markdown(board: SummaryWriter, tag: str, markdown: str, step: int) -> None:
    """Write a text under its tag, without the ending that ``SummaryWriter.add_text`` gives it."""
    summary = text(tag, markdown)
    summary.value[0].tag = tag
    events: Any = board.file_writer  # for what SummaryWriter has no word for
    events.add_summary(summary, step)
