"""The whole loop: fine-tune the target of a run, explore what it became, compare."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failscape.envs.mdp import ConceptMDP
from failscape.envs.registration import known_arguments
from failscape.errors import Stopped
from failscape.mitigation.paired_evaluation import QUERIES, BeforeAfter
from failscape.settings import Settings, find_env
from failscape.workflows.compare import Versions, compare_versions, siblings
from failscape.workflows.environment import build, complete
from failscape.workflows.explore import start
from failscape.workflows.mitigate import Listeners, Mitigated, mitigate
from failscape.workflows.mitigation_plan import Plan
from failscape.workflows.run import Run

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


class Kept:
    """What is on disk while a target is faded, for the message of an interruption."""

    def __init__(self) -> None:
        self.folder: Path | None = None  # of the mitigation
        self.runs: list[Run] = []  # finished

    def listeners(self, others: Listeners) -> Listeners:
        """Others, and this: it learns where the mitigation is."""

        def plan(plan: Plan, mdp: ConceptMDP, folder: Path) -> None:
            self.folder = folder
            others.plan(plan, mdp, folder)

        return dataclasses.replace(others, plan=plan)

    def stopped(
        self, stop: KeyboardInterrupt, run: Run, own: Settings, options: Mapping[str, tuple[int | None, int | None]]
    ) -> Stopped:
        """What an interruption says; ``options`` of the command hold their value and the default."""
        saved = [stop.saved] if isinstance(stop, Stopped) else []
        if self.folder is not None and not any(str(self.folder) in text for text in saved):
            saved.insert(0, f"the fine-tuned target in {self.folder}")
        saved += [f"the run {one.folder.path}" for one in self.runs]
        words = ["failscape", "fade", str(run.folder.path), "--mitigated", str(self.folder)]
        words += [word for name, (is_, default) in options.items() if is_ != default for word in (name, str(is_))]
        return Stopped(", ".join(saved), shlex.join(words) + own.import_option)


def fade(
    run: Run | Path | str,
    modes: Sequence[int] | None = None,
    method: str | None = None,
    *,
    mitigated: Mitigated | None = None,
    seeds: int = 1,
    budget: int | None = None,
    settings: Mapping[str, Any] | None = None,
    queries: int | None = None,
    imports: Sequence[str] = (),
    listeners: Listeners = Listeners(),  # noqa: B008 - frozen
    explore: Explore | None = None,
    by: str = "share",
) -> Faded:
    """Fine-tune the target of ``run``, explore it again with a fresh agent, and compare.

    Args:
        run: a finished run.
        modes: numbers of its modes, from 1; the confirmed ones when omitted, ten at most.
        method: as :func:`~failscape.workflows.mitigate.mitigate` takes it.
        mitigated: fine-tuned already; it is only explored and compared.
        seeds: explorations of either version; from two on, shifts are judged by how much seeds differ.
        budget: queries of each exploration of the fine-tuned target; as many as ``run`` had where omitted.
        settings: changes to the method's configuration.
        queries: asked of either version at most, on held-out items; 20,000 where omitted, or as many as the fine-tune
            asked that there was already.
        imports: the user's files and modules, where the run needs them.
        listeners: hear how it goes.
        explore: explores settings into a folder; without progress when omitted.
        by: which modes come first, as :func:`~failscape.workflows.mitigate.mitigate` takes it.

    Raises:
        UsageError: as :func:`~failscape.workflows.mitigate.mitigate` does.
    """
    run = run if isinstance(run, Run) else Run(run)
    own, kept = run.code(imports), Kept()
    try:
        mitigated = mitigated or mitigate(
            run,
            modes,
            method,
            settings=settings,
            queries=queries or QUERIES,
            out=run.folder.path.parent,
            imports=imports,
            listeners=kept.listeners(listeners),
            by=by,
        )
        kept.folder = mitigated.folder
        runs = _explore_both(run, own, mitigated, seeds, budget, explore or explore_quietly, kept)
        found = _measured(mitigated, run, queries)
        versions = compare_versions(run, runs[0], queries=queries, imports=imports, step=listeners.step, found=found)
    except KeyboardInterrupt as stop:
        if kept.folder is None:
            raise
        options = {"--seeds": (seeds, 1), "--budget": (budget, None), "--queries": (queries, None)}
        raise kept.stopped(stop, run, own, options) from None
    return Faded(mitigated, runs, versions)


def _measured(mitigated: Mitigated, run: Run, queries: int | None) -> BeforeAfter | None:
    """What the fine-tune measured, where the same pairs would be asked again; None where others are wanted."""
    plan = Plan.load(mitigated.folder)
    same = Path(plan.run).resolve() == run.folder.path.resolve() and queries in {None, plan.queries}
    return mitigated.before_after if same else None


def n_before(run: Run, seeds: int) -> int:
    """How many more explorations of the target as it was it takes, so that there are ``seeds`` of it."""
    return max(0, seeds - len(siblings(run)) - 1)


def _explore_both(
    run: Run, own: Settings, mitigated: Mitigated, seeds: int, budget: int | None, explore: Explore, kept: Kept
) -> list[Run]:
    """Runs of the fine-tuned target, a seed each; before them, as many of the target as it was are made."""
    out = run.folder.path.parent
    for k in range(seeds - n_before(run, seeds), seeds):
        kept.runs.append(explore(dataclasses.replace(own, seed=own.seed + k), out))
    threshold = (
        {"threshold": run.summary["threshold"]} if "threshold" in run.summary else {}
    )  # a worse target must not set itself a lower one
    # An environment of the user's own need not be able to leave out what the fine-tune has seen.
    unseen = known_arguments(find_env(own.env).kwargs["make_mdp"], {"unseen": True})
    after = dataclasses.replace(own, make={**own.make, **threshold, **unseen, "target": mitigated.uri})
    if budget is not None:
        after = dataclasses.replace(after, hyperparameters={**after.hyperparameters, "budget": budget})
    for k in range(seeds):
        kept.runs.append(explore(dataclasses.replace(after, seed=own.seed + NEW_SEED + k), out))
    return kept.runs[-seeds:]


def explore_quietly(settings: Settings, out: Path) -> Run:
    """Explore settings into a new folder under ``out``."""
    envs = build(settings)
    return start(envs, complete(settings, envs), out, command=sys.argv)
