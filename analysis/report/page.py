"""The report: one page that says what was found, how sure it is and what to do next. Offline and printable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import yaml
from markupsafe import Markup
from matplotlib.figure import Figure
from plotly.offline import get_plotlyjs

from failscape.analysis.examples.presenter import Examples
from failscape.analysis.examples.selection import HOW_SPREAD
from failscape.analysis.examples.thumbnails import chart_uri
from failscape.analysis.grids.charts import LandscapeChart
from failscape.analysis.grids.view import view_of
from failscape.analysis.landscape.comparison import Comparison
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.marginals import marginals, overall
from failscape.analysis.landscape.minimal_edits import Smallest
from failscape.analysis.pages import page_environment
from failscape.analysis.plots.discovery import discovery, discovery_figure
from failscape.analysis.plots.still import pixels
from failscape.analysis.plots.still_charts import discovery_picture
from failscape.analysis.plots.style import CONFIG
from failscape.analysis.report import facts
from failscape.analysis.report.mode_table import ModeView, fails_text, other_text, rating_text
from failscape.analysis.report.people import agreement
from failscape.common.code_names import code_of, import_option
from failscape.common.safe_open import read_small
from failscape.data.base import Skipped
from failscape.records.folder import RunFolder, write_whole


class Chart(NamedTuple):
    """A chart twice: to explore on a screen, and still for paper and for readers without scripts."""

    live: Markup
    still: str  # data: address


# What the template says of modes with.
MODE_TEXTS = {
    "rating": rating_text,
    "fails_text": fails_text,
    "other_text": other_text,
    "agreement": agreement,
    "how_spread": HOW_SPREAD,
}


def write_report(
    path: Path,
    *,
    landscape: Landscape,
    probes: pd.DataFrame,
    items: pd.DataFrame,
    examples: Examples,
    levels: Markup,
    run: RunFolder,
    target: str,
    budget: int | None = None,
    modes: Sequence[ModeView] = (),
    smallest: Smallest | None = None,
    least: Examples | None = None,
    learner: Mapping[str, float | str] | None = None,
    scan: Comparison | None = None,
    skipped: Sequence[Skipped] = (),
    warnings: Sequence[str] = (),
    item_noun: str = "items",
    beside: str = "",
) -> None:
    """Write the report of one run, a self-contained HTML page of some 6 MB.

    Args:
        path: the file.
        landscape: of the run.
        probes: of the run, as :meth:`~failscape.records.probes.ProbeStore.frame` gives them.
        items: as :meth:`~failscape.records.probes.ProbeStore.items` gives them.
        examples: of the worst points; six of each are shown.
        levels: what each edit does.
        run: gives command, configuration and versions.
        target: its name.
        budget: queries that the exploration was given.
        modes: failure modes, in the order in which they are told.
        smallest: failing edits, where the run walked.
        least: examples of the likeliest of them.
        learner: what a learning explorer says of itself, its ``updates`` among it; texts are shown as they are.
        scan: the landscape compared with an exhaustive scan of the same grid.
        skipped: items that could not be read.
        warnings: what a reader should doubt, a sentence each.
        item_noun: what a person calls the items: ``articles``.
        beside: what is told beside the failure modes.
    """
    curve = discovery(probes, landscape)
    whole = overall(landscape, probes, items) if landscape.population is not None and len(probes) else None
    view = view_of(landscape.space)
    intervals = view.intervals(landscape)
    maps = [chart for chart in view.charts if chart.in_pages]
    page = _report(
        target=target,
        run=run,
        code=import_option(code_of(run.config.get("env", ""), run.config.get("imports", []))),
        landscape=landscape,
        headline=_headline(landscape, smallest, target, modes, item_noun),
        tiles=facts.tiles(landscape, curve, whole, smallest, item_noun),
        by_axis=marginals(landscape, probes, items),
        modes=modes,
        **MODE_TEXTS,
        wide=facts.wide_note([view.mode for view in modes], items, item_noun),
        worst=facts.worst_points(landscape, examples),
        charts=_charts(maps, landscape, probes),
        maps=maps,
        intervals=intervals,
        rate_rows=facts.rate_rows(intervals.rates) if intervals else [],
        item_noun=item_noun,
        beside=beside,
        smallest=facts.smallest_facts(smallest, item_noun) if smallest else [],
        least=least,
        levels=levels,
        tried=facts.tried(landscape, probes, items, budget, item_noun),
        missed=facts.never_visited(landscape),
        search=facts.search_facts(curve, landscape),
        learner=facts.learner_facts(learner, landscape) if learner else [],
        warnings=warnings,
        scan=scan,
        skipped=skipped,
        n_items=len(items) + len(skipped),
        repeat=_repeat(run),
        plotlyjs=Markup(get_plotlyjs()),
    )
    write_whole(path, page)


def _report(**facts_of_run: Any) -> str:
    """The page, from what its template names."""
    return page_environment().get_template("report.html").render(**facts_of_run)


def _headline(
    landscape: Landscape, smallest: Smallest | None, target: str, modes: Sequence[ModeView], item_noun: str
) -> str:
    """The report in one sentence."""
    if smallest:
        return facts.smallest_headline(smallest, target, item_noun)
    return facts.headline(landscape, target, [view.mode for view in modes], item_noun)


def _charts(maps: Sequence[LandscapeChart], landscape: Landscape, probes: pd.DataFrame) -> dict[str, Chart]:
    search = _chart("discovery-chart", discovery_figure(probes, landscape), discovery_picture(probes, landscape))
    drawn = {one.name: _chart(f"{one.name}-chart", one.figure(landscape), one.picture(landscape, None)) for one in maps}
    return {**drawn, "discovery": search}


def _chart(name: str, figure: go.Figure, picture: Figure) -> Chart:
    live = figure.to_html(full_html=False, include_plotlyjs=False, config=dict(CONFIG), div_id=name)
    return Chart(Markup(live), chart_uri(pixels(picture, dpi=150)))


def _repeat(run: RunFolder) -> dict[str, Any]:
    return {
        "command": read_small(run / "command.txt").strip(),
        "config": yaml.safe_dump(run.config, sort_keys=False, default_flow_style=None, width=100).strip(),
        "versions": json.loads(read_small(run / "versions.json")),
    }
