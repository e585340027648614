"""The end of a run: judge the agent, map the failures, write down what was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.registry import examples_of, presenter_for, worst_examples
from failscape.analysis.examples.selection import choose
from failscape.analysis.findings import findings_of
from failscape.analysis.landscape.comparison import OF_WALKS
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.confirmation import confirm_modes
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.analysis.modes.serialization import mode_rows
from failscape.analysis.report.mode_table import mode_views, modes_of
from failscape.analysis.statistics.bootstrap import ratio
from failscape.analysis.statistics.rates import wilson
from failscape.analysis.statistics.units import counted_once, with_verdict
from failscape.common.format import counted, percent
from failscape.common.nouns import PLAIN, Nouns
from failscape.envs.gym_views import explorable
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError

if TYPE_CHECKING:
    from failscape.agents.base import Learner
    from failscape.agents.session import Session
    from failscape.analysis.landscape.comparison import Comparison
    from failscape.analysis.tensorboard.board import Board
    from failscape.workflows.environment import Tell
    from failscape.workflows.run import Run

PROJECTED = 600  # failures in TensorBoard's projector
PROJECTED_PER_POINT = 12
LEAST = 12  # smallest edits shown
HOPELESS = 0.9  # failure rate on unedited items above which something is wrong with the set-up, not with the target


def conclude(
    mdp: ConceptMDP, agent: Learner | None, run: Run, board: Board, *, report: bool, step: Tell | None = None
) -> None:
    """Write policy table, agent, landscape pictures, report and, last, ``summary.json``."""
    tell = step or (lambda what, done, total: None)
    learner: dict[str, Any] = {}
    if agent is not None:
        tell("trying the agent on held-out items", 0, 0)
        learner = _judge(mdp, agent, run)
    tell("looking for failure modes", 0, 0)
    landscape = run.landscape()
    smallest = run.smallest()
    modes, n_confirmation = _find_modes(mdp, run, landscape) if smallest is None else ([], 0)
    own = findings_of(mdp.target.task)
    found = own.measure(mdp, run.probes(), modes, run.folder.artifacts, run.settings.seed) if own else {}
    threshold = mdp.reward.threshold  # of summaries, where a failure begins
    summary = {
        "run": {
            "env": run.settings.env,
            "explorer": run.settings.explorer,
            "seed": run.settings.seed,
            "target": mdp.target.name,
        },
        "data": {
            "n_items": len(mdp.items),
            "n_held_out": int(mdp.items.held_out.sum()),
            "n_skipped": len(mdp.items.skipped),
            "n_different": int(mdp.items.distinct.sum()),
        },
        **({"threshold": list(threshold)} if threshold else {}),
        "landscape": landscape.summary(),
        **({"smallest": smallest.summary()} if smallest else {}),
        "modes": mode_rows(modes),
        "n_confirmation_queries": n_confirmation,
        "learner": learner,
        **({"findings": found} if own else {}),
        "warnings": [
            *warnings_of(landscape, learner, walked=smallest is not None, nouns=mdp.nouns),
            *cut_short(run.probes(), landscape, mdp.nouns),
            *mdp.items.about_copies,
            *(own.doubts(found) if own else ()),
            *mdp.caveats,
        ],
    }
    if report:
        tell("writing the report", 0, 0)
        _draw(mdp, run, landscape, modes, summary, board)
        write_run_report(mdp, run, modes, summary)
    run.folder.write_summary(summary)


def _find_modes(mdp: ConceptMDP, run: Run, landscape: Landscape) -> tuple[list[Mode], int]:
    """The failure modes, tried on held-out items, and the queries that took; none where nothing can be compared.

    They are found without the held-out items, whether or not these were asked as well.
    """
    if mdp.has_unedited and not landscape.has_unedited:
        return [], 0
    probes, items = run.probes(), run.items()
    explored = with_verdict(probes[~probes["held_out"].astype(bool)])
    if len(explored) < len(probes):
        landscape = Landscape.from_probes(explored, run.space, items=items)
    modes = find_modes(landscape, explored, counted_once(items), mdp.group_names, mdp.nouns.group, mdp.valid_cells)
    confirmation = confirm_modes(mdp, modes, run.settings.seed)
    return confirmation.modes, confirmation.n_queries


def _judge(mdp: ConceptMDP, learner: Learner, run: Run) -> dict[str, Any]:
    """The learner's choices on held-out items beside random ones; refuses one that never learned."""
    from failscape.agents.evaluation import affordable_draws, confirmable, evaluate_best, evaluate_random

    if learner.n_updates == 0:
        raise UsageError(f"the agent never learned: {len(run.probes())} probes and not one update; raise --budget")
    learner.save(run.folder / "agent.safetensors")
    policy = learner.policy(mdp, explorable(mdp))
    if policy is not None:
        policy.save(run.folder / "policy.npz")
    held_out = confirmable(mdp)
    draws = affordable_draws(len(held_out), run.settings.hyperparameters["budget"])
    ours, theirs = evaluate_best(learner, mdp, held_out), evaluate_random(mdp, held_out, run.settings.seed, draws)
    greedy, random = ours.failed, theirs.failed.mean(axis=1)
    lift, low, high = ratio(greedy, random)
    interval = [float(bound[0]) for bound in wilson(np.array([greedy.sum()]), np.array([len(greedy)]))]
    return {
        "n_updates": learner.n_updates,
        "n_held_out": len(held_out),
        "greedy_rate": float(greedy.mean()) if len(greedy) else None,
        "greedy_interval": interval,
        "random_rate": float(random.mean()) if len(random) else None,
        "n_random_draws": theirs.failed.shape[1],
        "lift": None if np.isnan(lift) else lift,
        "lift_interval": None if np.isnan(lift) else [low, high],
        "n_evaluation_queries": ours.n_queries + theirs.n_queries,
    }


def warnings_of(
    landscape: Landscape, learner: dict[str, Any], *, walked: bool = False, nouns: Nouns = PLAIN
) -> list[str]:
    """What a reader should doubt, in plain sentences; a walk's landscape shows what lay on its way and no more."""
    doubts = []
    if walked:
        doubts.append(OF_WALKS)
    if landscape.baseline > HOPELESS:
        doubts.append(
            f"the target is wrong on {percent(landscape.baseline)} of the unedited {nouns.items}: do its {nouns.parts} "
            "and the data belong together?"
        )
    if landscape.policy_agreement < 0:
        doubts.append(
            "the agent's policy contradicts the counted landscape "
            f"(rank correlation {landscape.policy_agreement:.2f}): trust the counts"
        )
    if landscape.coverage < 1 and not walked:
        never = round((1 - landscape.coverage) * landscape.n_points)
        doubts.append(f"{never} of {landscape.n_points} points were never visited; their rates are guesses")
    interval = learner.get("lift_interval")
    if interval and interval[0] <= 1:
        doubts.append("on held-out items the agent's choices are not clearly better than random ones")
    return doubts


def cut_short(probes: pd.DataFrame, landscape: Landscape, nouns: Nouns) -> list[str]:
    """A sentence on items that an edit made too long for the target; none where all were read to the end."""
    edited = probes[probes["point"] >= 0]
    if not edited["input_truncated"].any():
        return []
    by_point = edited.groupby("point")["input_truncated"].mean()
    worst = f"{percent(float(by_point.max()))} with {landscape.label(by_point.idxmax())}"
    share = f"{percent(float(edited['input_truncated'].mean()))} of the edited {nouns.items}"
    return [f"{share} are too long for the target, which read their beginning only ({worst})"]


def _draw(
    mdp: ConceptMDP, run: Run, landscape: Landscape, modes: list[Mode], summary: dict[str, Any], board: Board
) -> None:
    """TensorBoard pictures."""
    from failscape.workflows.run import compare, find_scan

    probes, items = run.probes(), run.items()
    context = ExampleContext.of(mdp, run.folder.artifacts)
    failing = choose(probes, items, range(landscape.space.n_points), per_point=PROJECTED_PER_POINT).head(PROJECTED)
    projected = examples_of(failing, items, context)
    if projected:
        board.projector(mdp.baseline.features[failing["item"].to_numpy()], projected, modes_of(modes, failing))
    scan = find_scan(run)
    board.landscape(landscape)
    board.worst(landscape, worst_examples(landscape, probes, items, context))
    board.modes(mode_views(modes, probes, items, context), landscape.n_queries)
    figures = outcome(landscape, summary["learner"], compare(run, scan) if scan else None)
    board.hparams(run.settings.to_config(), figures | {"modes_found": float(len(modes))})


def write_run_report(
    mdp: ConceptMDP, run: Run, modes: list[Mode] | None = None, summary: dict[str, Any] | None = None
) -> Path:
    """Write ``report.html``; again where people have rated modes since. Returns where it lies.

    Args:
        mdp: the environment of the run.
        run: what is told of.
        modes: its failure modes; those of its summary, with their ratings, where omitted.
        summary: the one it has where omitted.
    """
    from failscape.analysis.report.page import write_report
    from failscape.data import write_skipped
    from failscape.workflows.run import compare, find_scan

    modes, summary = run.found_modes() if modes is None else modes, summary or run.summary
    probes, items, landscape, smallest = run.probes(), run.items(), run.landscape(), run.smallest()
    context = ExampleContext.of(mdp, run.folder.artifacts)
    least = None
    if smallest is not None:
        least = examples_of(probes.loc[smallest.table["probe"].head(LEAST)], items, context)
    if mdp.items.skipped:
        write_skipped(run.folder / "skipped.csv", mdp.items.skipped)
    scan = find_scan(run)
    write_report(
        run.folder / "report.html",
        landscape=landscape,
        probes=probes,
        items=items,
        examples=worst_examples(landscape, probes, items, context),
        levels=presenter_for(mdp.items).levels_html(mdp.items, explorable(mdp), mdp.space),
        run=run.folder,
        target=mdp.target.name,
        budget=run.settings.hyperparameters["budget"],
        modes=mode_views(modes, probes, items, context),
        smallest=smallest,
        least=least,
        learner=spoken(summary["learner"]),
        scan=compare(run, scan) if scan else None,
        skipped=mdp.items.skipped,
        warnings=summary["warnings"],
        item_noun=mdp.nouns.items,
        beside=beside_modes(mdp.target.task, summary),
    )
    return run.folder / "report.html"


def beside_modes(task: str, summary: dict[str, Any]) -> str:
    """What the report says of a run beside its failure modes; empty where its family has nothing more to say."""
    own = findings_of(task)
    return own.html(summary["findings"]) if own and "findings" in summary else ""


def spoken(learner: dict[str, Any]) -> dict[str, float | str] | None:
    """What the agent amounts to, under names that a person reads; None where nothing learned."""
    if not learner:
        return None
    said: dict[str, float | str] = {"updates": learner["n_updates"]}
    if learner["lift"] is not None:
        low, high = learner["lift_interval"]
        of = f"of {learner['n_held_out']} held-out items"
        said[f"its best edits break, {of}"] = percent(learner["greedy_rate"])
        drawn = f"random edits break, {of}, mean of {counted(learner['n_random_draws'], 'edit')} of each"
        said[drawn] = percent(learner["random_rate"])
        said["lift over random"] = f"{learner['lift']:.2f} (95\u00a0% interval {low:.2f}–{high:.2f})"
    return said


def outcome(landscape: Landscape, learner: dict[str, Any], scan: Comparison | None) -> dict[str, float]:
    """The figures that runs are compared by in TensorBoard; NaN where unknown."""
    lift = learner.get("lift")
    return {
        "failure_rate": landscape.failure_rate,
        "worst_rate": float(landscape.table["smoothed"].max()),
        "coverage": landscape.coverage,
        "lift": float("nan") if lift is None else lift,
        "landscape_spearman": scan.spearman if scan else float("nan"),
    }


class Snapshots:
    """Draws the landscape in TensorBoard as it forms, at a quarter, a half and three quarters of the budget."""

    def __init__(self, run: Run, board: Board, session: Session) -> None:
        self.run, self.board, self.session = run, board, session
        self._due = [0.25, 0.5, 0.75]

    def __call__(self, progress: Any) -> None:
        """Draw where one is due."""
        if not self._due or self.session.share < self._due[0]:
            return
        self._due.pop(0)
        probes = self.run.probes()
        # While a run is replayed, its records know what is still to come.
        so_far = probes[probes["step"] < self.session.recorder.n_steps]
        landscape = Landscape.from_probes(so_far, self.run.space, items=self.run.items(), name=self.run.folder.name)
        self.board.landscape(landscape)
