"""What TensorBoard shows of a run: curves while it goes, the landscape as it forms, failures at its end.

Shapes: ``M`` examples, ``D`` features.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from failscape.analysis.examples.presenter import Examples
from failscape.analysis.grids.view import view_of
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.landscape import landscape_picture
from failscape.analysis.plots.still import pixels
from failscape.analysis.report.mode_table import ModeView, modes_table
from failscape.analysis.tensorboard.curves import Curves, Progress, Reading
from failscape.analysis.tensorboard.markdown import write_markdown
from failscape.analysis.tensorboard.mesh import VIEW, axes_table
from failscape.analysis.tensorboard.projector import write_projector
from failscape.common.format import interval, percent
from failscape.common.markdown import literal
from failscape.common.visible import visible
from failscape.records.folder import writable


class Board:
    """Writes one run's events, all into its own folder, so that TensorBoard shows one entry per run.

    Args:
        folder: of the run.
        restart: hide what an interrupted run wrote here before, because the run is told again from its start.
        curves: thins the curves; one reading every 250 queries when omitted.
    """

    def __init__(self, folder: Path, *, restart: bool = False, curves: Curves | None = None) -> None:
        self.folder = folder
        self.curves = curves or Curves()
        self.writer = SummaryWriter(str(writable(folder)), purge_step=0 if restart else None)
        self.events: Any = self.writer.file_writer  # for what SummaryWriter has no word for

    def progress(self, progress: Progress) -> None:
        """Take in a step; write ``explore/`` and ``agent/`` against target queries where a reading is due."""
        self._write(self.curves.take(progress))

    def _write(self, reading: Reading | None) -> None:
        if reading is not None:
            for tag, value in reading.scalars.items():
                self.writer.add_scalar(tag, value, reading.n_queries)

    def landscape(self, landscape: Landscape, step: int | None = None) -> None:
        """One snapshot in the charts that suit its grid, and as solids to turn where it has any.

        ``step`` in queries is the landscape's by default.
        """
        step = landscape.n_queries if step is None else step
        view = view_of(landscape.space)
        for chart in view.charts:
            drawn = pixels(chart.picture(landscape, None))
            self.writer.add_image(f"landscape/{chart.tag}", drawn, step, dataformats="HWC")
        if (solids := view.solids(landscape)) is not None:
            vertices, colours, faces = (part[None] for part in solids)
            self.writer.add_mesh("landscape/solids", vertices, colours, faces, config_dict=VIEW, global_step=step)
            self._text("landscape/solids_axes", axes_table(landscape), step)

    def worst(self, landscape: Landscape, examples: Examples) -> None:
        """A table of the worst points, and examples before and after."""
        self._text("worst/points", worst_table(landscape), landscape.n_queries)
        self._examples("worst/exemplars", examples, landscape.n_queries)

    def modes(self, views: Sequence[ModeView], step: int) -> None:
        """A table of the failure modes, and examples of each, before and after."""
        table = modes_table([view.mode for view in views]) if views else "No failure mode stands out."
        self._text("modes/table", table, step)
        for view in views:
            self._examples(f"modes/{view.rank}", view.examples, step)

    def _text(self, tag: str, markdown: str, step: int) -> None:
        write_markdown(self.writer, tag, markdown, step)

    def _examples(self, tag: str, examples: Examples, step: int) -> None:
        """As one picture, as Markdown or as both; nothing where there are none."""
        if not examples:
            return
        picture, markdown = examples.presenter.picture(examples), examples.presenter.markdown(examples)
        if picture is not None:
            self.writer.add_image(tag, picture, step, dataformats="HWC")
        if markdown:
            self._text(tag, markdown, step)

    def projector(self, features: np.ndarray, examples: Examples, modes: Sequence[str]) -> None:
        """Examples among each other, by their features ``(M, D)``, with the names of their modes, to colour by."""
        write_projector(self.folder, features, examples, modes)

    def versions(
        self, figures: Mapping[str, Any], landscapes: Sequence[Landscape], new: Examples, step: int = 0
    ) -> None:
        """A target before and after, as ``compare/``: effects, both maps, what broke anew."""
        for name in ("targeted", "untouched", "clean"):
            for when in ("before", "after"):
                self.writer.add_scalar(f"compare/{name}_{when}", figures[name][when], step)
        for name, landscape in zip(("1_before", "2_after"), landscapes, strict=True):
            picture = pixels(landscape_picture(landscape))
            self.writer.add_image(f"compare/map_{name}", picture, step, dataformats="HWC")
        self._examples("compare/new_failures", new, step)

    def hparams(self, config: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Configuration beside outcome, to compare runs, as ``outcome/``; metrics that are NaN stay empty."""
        outcome = {f"outcome/{name}": float(value) for name, value in metrics.items()}
        # SummaryWriter.add_hparams would open a second run, named by the time, inside this one.
        for summary in hparams(flat(config), outcome):
            self.events.add_summary(summary)
        for tag, value in outcome.items():
            if not math.isnan(value):
                self.writer.add_scalar(tag, value, 0)

    def close(self) -> None:
        """Write what is left."""
        self._write(self.curves.rest())
        self.writer.close()

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def worst_table(landscape: Landscape) -> str:
    """The worst points as a Markdown table."""
    neighbours = " unedited |" if landscape.has_unedited else ""
    head = [
        f"| # | where | fails | 95 % interval |{neighbours} failures / probes |",
        f"|--:|:--|--:|--:|{'--:|' if neighbours else ''}--:|",
    ]
    rows = [
        [
            str(rank),
            literal(landscape.label(point)),
            percent(row["smoothed"]),
            interval(row["smoothed_low"], row["smoothed_high"]),
            *([percent(landscape.baseline)] if neighbours else []),
            f"{row['failures']:.0f} / {row['visits']:.0f}",
        ]
        for rank, (point, row) in enumerate(landscape.worst().iterrows(), start=1)
    ]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def flat(config: Mapping[str, Any]) -> dict[str, str | int | float]:
    """Single values, one level deep: ``{"dqn": {"gamma": 0}}`` becomes ``dqn.gamma``; lists are left out."""
    found: dict[str, str | int | float] = {}
    for key, value in config.items():
        inner = {f"{key}.{name}": v for name, v in value.items()} if isinstance(value, Mapping) else {key: value}
        for name, single in inner.items():
            if isinstance(single, bool):
                found[name] = str(single).lower()
            elif isinstance(single, str | int | float):
                found[name] = visible(single) if isinstance(single, str) else single
    return found
