"""The whole loop: fine-tune the target of a run, explore what it became, compare."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failscape.before_after import QUERIES
from failscape.building import build, complete
from failscape.comparing import Versions, compare_versions, siblings
from failscape.envs.registration import known_arguments
from failscape.mending import Listeners, Mitigated, mitigate
from failscape.runs import Run, start
from failscape.settings import Settings, find_env

NEW_SEED = 1000  # added to a run's seed: the fresh agent must not draw what the first one drew


@dataclass(frozen=True)
class Faded:
    """A fine-tuned target, the runs that explored it, and the comparison with what it was."""

    mitigated: Mitigated
    runs: list[Run]  # of the fine-tuned target, a seed each
    versions: Versions

    @property
    def uri(self) -> str:
        """The fine-tuned target, as ``--target`` takes it."""
        return self.mitigated.uri

    def __repr__(self) -> str:
        return f"Faded({self.versions!r}, {self.uri})"


Explore = Callable[[Settings, Path], Run]


def fade(
    run: Run | Path | str,
    modes: Sequence[int] | None = None,
    method: str | None = None,
    *,
    mitigated: Mitigated | None = None,
    seeds: int = 1,
    settings: Mapping[str, Any] | None = None,
    queries: int = QUERIES,
    imports: Sequence[str] = (),
    listeners: Listeners = Listeners(),  # noqa: B008 - frozen
    explore: Explore | None = None,
) -> Faded:
    """Fine-tune the target of ``run``, explore it again with a fresh agent, and compare.

    Args:
        run: a finished run.
        modes: numbers of its modes, from 1; the most pressing when omitted.
        method: as :func:`~failscape.mending.mitigate` takes it.
        mitigated: fine-tuned already; it is only explored and compared.
        seeds: explorations of either version; from two on, shifts are judged by how much seeds differ.
        settings: changes to the method's configuration.
        queries: asked of either version on held-out items.
        imports: the user's modules; those of the run when empty.
        listeners: hear how it goes.
        explore: explores settings into a folder; without progress when omitted.

    Raises:
        UsageError: as :func:`~failscape.mending.mitigate` does.
    """
    run = run if isinstance(run, Run) else Run(run)
    explore = explore or explore_quietly
    out = run.folder.path.parent
    used = list(imports) or run.settings.imports
    mitigated = mitigated or mitigate(
        run,
        modes,
        method,
        settings=settings,
        queries=queries,
        out=out,
        imports=used,
        listeners=listeners,
    )
    own = dataclasses.replace(run.settings, imports=used)
    for k in range(len(siblings(run)) + 1, seeds):
        explore(dataclasses.replace(own, seed=own.seed + k), out)
    bar = {"bar": run.summary["bar"]} if "bar" in run.summary else {}  # a worse target must not set itself a lower one
    # An environment of the user's own need not be able to leave out what the fine-tune has seen.
    unseen = known_arguments(find_env(own.env).kwargs["make_mdp"], {"unseen": True})
    after = dataclasses.replace(own, make={**own.make, **bar, **unseen, "target": mitigated.uri})
    runs = [explore(dataclasses.replace(after, seed=own.seed + NEW_SEED + k), out) for k in range(seeds)]
    versions = compare_versions(run, runs[0], queries=queries, imports=used, step=listeners.step)
    return Faded(mitigated, runs, versions)


def explore_quietly(settings: Settings, out: Path) -> Run:
    """Explore settings into a new folder under ``out``."""
    envs = build(settings)
    return start(envs, complete(settings, envs), out, command=sys.argv)
