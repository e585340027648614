"""Runs: explore an environment, read what was found, compare."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.landscape.comparison import Comparison
from failscape.analysis.landscape.comparison import compare as compare_landscapes
from failscape.analysis.landscape.landscape import Landscape, posterior_at
from failscape.analysis.landscape.minimal_edits import Smallest, smallest_edits
from failscape.analysis.landscape.risk import Risk, risk
from failscape.analysis.landscape.usage import usage_distribution
from failscape.analysis.modes.frame import modes_frame
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.serialization import modes_from_rows, rated_modes
from failscape.analysis.notebook import failing, fragment, line, table
from failscape.common.format import count, counted, percent
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.space import UNEDITED
from failscape.envs.identity import Identity
from failscape.envs.mdp import ConceptMDP
from failscape.errors import Doubt, UsageError
from failscape.records.folder import RunFolder
from failscape.records.policy import PolicyTable
from failscape.records.probes import ProbeStore
from failscape.records.ratings import COLUMNS as RATING_COLUMNS
from failscape.records.ratings import FILE as RATINGS
from failscape.records.ratings import RatingStore
from failscape.settings import Settings
from failscape.user_code import with_code
from failscape.workflows.environment import Tell, build
from failscape.workflows.stopping import n_probes, resume_command


class Run:
    """A run folder, read: probes, landscape, summary."""

    def __init__(self, folder: RunFolder | Path | str) -> None:
        self.folder = folder if isinstance(folder, RunFolder) else RunFolder(folder)
        self.settings = Settings.from_config(self.folder.config)
        self._landscape: tuple[int, Landscape] | None = None
        self._read: dict[str, tuple[int, pd.DataFrame]] = {}

    @property
    def space(self) -> ConceptSpace:
        """The grid that was explored."""
        return concept_space(self.settings.space)

    def code(self, imports: Sequence[str] = ()) -> Settings:
        """The settings, once ``imports``, files and modules of the user's, were imported: what a run names never is.

        Raises ``UsageError`` where the run needs code that is not there.
        """
        return with_code(self.settings, imports, self.folder.path)

    def rebuild(self, imports: Sequence[str] = (), progress: Tell | None = None) -> ConceptMDP:
        """What was explored, made again; takes and raises what :meth:`code` does."""
        return build(self.code(imports), of=self.folder, progress=progress).mdp

    @property
    def identity(self) -> Identity:
        """Which items were explored, and by which weights they were answered."""
        return Identity.explored(self.folder.path)

    def probes(self) -> pd.DataFrame:
        """One row per probe, in order; the index is the probe's number."""
        return self._table("probes", ProbeStore.__len__, ProbeStore.frame)

    def items(self) -> pd.DataFrame:
        """One row per item that the target was shown."""
        return self._table("items", ProbeStore.n_items, ProbeStore.items)

    def _table(
        self, name: str, size: Callable[[ProbeStore], int], read: Callable[[ProbeStore], pd.DataFrame]
    ) -> pd.DataFrame:
        """A table of the store, which is read again only where it has grown: rows are added and never changed."""
        store = self.folder.store()
        try:
            n = size(store)
            if name not in self._read or self._read[name][0] != n:
                self._read[name] = n, read(store)
        finally:
            store.close()
        return self._read[name][1].copy(deep=False)  # pandas copies what somebody changes

    def policy(self) -> PolicyTable | None:
        """What the agent thinks of each point, where there was one."""
        path = self.folder / "policy.npz"
        return PolicyTable.load(path) if path.exists() else None

    def landscape(self) -> Landscape:
        """The failure landscape of the probes made so far."""
        probes = self.probes()
        if self._landscape is None or self._landscape[0] != len(probes):
            mapped = Landscape.from_probes(
                probes, self.space, items=self.items(), policy=self.policy(), name=self.folder.name, walked=self.walked
            )
            self._landscape = len(probes), mapped
        return self._landscape[1]

    def plot(self) -> Any:
        """The landscape as a plotly figure, to turn and point at; it shows itself in a notebook."""
        from failscape.analysis.plots.landscape import landscape_figure

        return landscape_figure(self.landscape())

    def posterior(self, strengths: np.ndarray) -> pd.DataFrame:
        """The smoothed failure rate at any strengths ``(M, K)`` within what was explored, a row each."""
        return posterior_at(strengths, self.probes(), self.space, self.items())

    def risk(self, use: Mapping[str, str | float]) -> Risk:
        """Failure rate in use and its 95 % interval, where ``use`` says how each concept is distributed there.

        ``{"rotation": "normal(0, 3)", "darken": "uniform(0, 0.3)"}``; see
        :func:`failscape.analysis.landscape.usage.deployment`.

        Raises:
            UsageError: the run walked, or ``use`` names what was not explored.
        """
        self.expect_rates()
        return risk(self.landscape(), usage_distribution(self.space, use), self.probes(), self.items())

    def modes(self) -> pd.DataFrame:
        """The failure modes, a row each, numbered from 1 as ``--modes`` takes them; none while it is not finished.

        See :func:`failscape.analysis.modes.frame.modes_frame` for the columns.
        """
        return modes_frame(self.found_modes())

    def found_modes(self) -> list[Mode]:
        """The failure modes that were found at the end of the run, worst first; none while it is not finished.

        Where people rated them, with what they said.
        """
        return rated_modes(modes_from_rows(self.summary.get("modes", [])), self.ratings())

    def ratings(self) -> pd.DataFrame:
        """What people said of its failures, the last word of each rater on each case; no rows where nobody did."""
        path = self.folder / RATINGS
        if not path.exists():
            return pd.DataFrame(columns=list(RATING_COLUMNS))
        with RatingStore(path, read_only=True) as store:
            return store.latest()

    def smallest(self) -> Smallest | None:
        """The smallest failing edit of each item, where the run walked; None where it jumped."""
        explored = self.settings.make.get("explore")
        if explored not in {"micro", "fsrl"}:
            return None
        home = np.full(len(self.space.shape), UNEDITED) if explored == "fsrl" else None
        return smallest_edits(self.probes(), self.space, home, items=self.items())

    @property
    def walked(self) -> bool:
        """Whether its probes are those that lay on the way of walks, so that shares of them are no rates of edits."""
        return self.settings.make.get("explore") in {"micro", "fsrl"} and self.settings.explorer != "scan"

    def expect_rates(self) -> None:
        """Raises ``UsageError`` where the run can say how little breaks an item, but not how many edited items fail."""
        if self.walked:
            raise UsageError(
                f"{self.folder.path} walked, and what lay on the way says nothing of how many edited items fail; "
                "explore with --explore macro, or scan"
            )

    @property
    def summary(self) -> dict[str, Any]:
        """What was found; empty while the run is not finished."""
        return self.folder.summary

    def _repr_html_(self) -> str:
        """Shown in a notebook: what was explored and how, and what was found."""
        summary, settings = self.summary, self.settings
        target = summary.get("run", {}).get("target") or settings.make.get("target") or settings.env
        explore = settings.make.get("explore")
        how = f"{settings.explorer}, {explore}" if explore else settings.explorer
        parts = [line(f"{target}, explored by {how} (seed {settings.seed}): {self.space}")]
        if not summary:
            probes = counted(n_probes(self.folder), "probe")
            parts.append(line(f"not finished, {probes} so far; finish it: {resume_command(self.folder, settings)}"))
        else:
            parts += self._broken() if self.walked else self._failing(summary["landscape"])
        return fragment(f"Run {self.folder.path}", *parts)

    def _failing(self, rates: Mapping[str, Any]) -> list[str]:
        """How many edited items fail, and the failure modes, for a notebook."""
        from failscape.analysis.report.mode_table import found_text, mode_cells

        rate, unedited = (float("nan" if rates[key] is None else rates[key]) for key in ("failure_rate", "baseline"))
        modes = self.found_modes()
        heads, rows = mode_cells(modes)
        numbered = [[str(number), *row] for number, row in enumerate(rows, start=1)]
        told = [line(failing(rate, unedited, edited=bool(self.space.edits))), line(found_text(modes))]
        return [*told, *([table(["#", *heads], numbered, left="rule")] if modes else [])]

    def _broken(self) -> list[str]:
        """How many items a walk broke, and the likeliest edits that did, for a notebook."""
        smallest = self.smallest()
        assert smallest is not None
        found = smallest.table
        likeliest = found.drop_duplicates("edit").head(5)
        broken = found["edit"].value_counts()
        rows = [[row["edit"], count(int(row["levels"])), count(broken[row["edit"]])] for _, row in likeliest.iterrows()]
        told = line(f"{count(len(found))} of {count(smallest.n_items)} items broken by some edit")
        edits = "likeliest failing edits"
        return [told, *([table([edits, "levels", "items broken"], rows, left=edits)] if rows else [])]

    def __repr__(self) -> str:
        rate, smallest = (self.summary.get(key, {}) for key in ("landscape", "smallest"))
        found = "not finished"
        if self.walked and smallest:
            found = f"{smallest['n_broken']:,} of {smallest['n_items']:,} items broken"
        elif rate:
            found = f"{percent(rate['failure_rate'])} of {'edited ' if self.space.edits else ''}items fail"
        return f"Run({self.folder.path}, {self.settings.explorer}, {found})"


def compare(a: Run | Path | str, b: Run | Path | str, top_k: int = 10) -> Comparison:
    """The landscapes of two runs of one grid, compared; warns where items or weights were not the same."""
    runs = [run if isinstance(run, Run) else Run(run) for run in (a, b)]
    then, now = (run.identity for run in runs)
    for what in then.differences(now):
        warnings.warn(f"between {runs[0].folder.path} and {runs[1].folder.path} {what}", Doubt, stacklevel=2)
    return compare_found(runs[0], runs[1], top_k)


def compare_found(a: Run, b: Run, top_k: int = 10) -> Comparison:
    """The landscapes of two runs of one grid, and how little broke their items where they searched for that."""
    return compare_landscapes(a.landscape(), b.landscape(), top_k, (a.smallest(), b.smallest()))


def find_scan(run: Run) -> Run | None:
    """A finished exhaustive scan beside ``run``, of the same environment, grid, items and weights; None without one."""
    for other in finished_beside(run):
        mine, theirs = run.settings, other.settings
        same = (mine.env, mine.make, mine.space) == (theirs.env, theirs.make, theirs.space)
        if theirs.explorer == "scan" and same and run.identity.may_be(other.identity):
            return other
    return None


def finished_beside(run: Run) -> Iterator[Run]:
    """The other finished runs in the folder that holds ``run``."""
    for config in sorted(run.folder.path.parent.glob("*/config.yml")):
        if config.parent == run.folder.path:
            continue
        try:
            other = Run(config.parent)
        except UsageError:  # somebody else's folder
            continue
        if other.summary:
            yield other
