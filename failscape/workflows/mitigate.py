"""Fine-tunes the target of a run on its failure modes, and shows the held-out items to it before and after."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from failscape.analysis.modes.mode import Mode
from failscape.common.code_names import code_of
from failscape.common.format import percent
from failscape.common.nouns import Nouns
from failscape.common.safe_open import read_small, regular
from failscape.envs.mdp import ConceptMDP
from failscape.errors import Stopped, UsageError
from failscape.mitigation import Epoch, Fitted, choose_modes, fine_tune, training_config
from failscape.mitigation.checkpoint import FILE as STATE
from failscape.mitigation.paired_evaluation import QUERIES, BeforeAfter, measure
from failscape.mitigation.sampling import failures_of
from failscape.records.folder import filled_folder, write_json, write_whole
from failscape.targets.base import TrainableTarget
from failscape.user_code import with_code
from failscape.workflows.environment import build, subject
from failscape.workflows.mitigated_card import write_card
from failscape.workflows.mitigation_plan import PLAN, Plan
from failscape.workflows.run import Run

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Mitigated:
    """A fine-tuned target on disk."""

    folder: Path
    uri: str  # of the target, as ``--target`` takes it
    numbers: tuple[int, ...]  # of the targeted modes
    history: list[Epoch]
    best: int  # number of the epoch whose weights it has
    before_after: BeforeAfter

    def __repr__(self) -> str:
        targeted, clean = self.before_after.targeted, self.before_after.clean
        return (
            f"Mitigated({self.uri}, targeted {percent(targeted.before)} → {percent(targeted.after)}, "
            f"unedited {percent(clean.before)} → {percent(clean.after)})"
        )


@dataclass(frozen=True)
class Listeners:
    """Who hears how a mitigation goes; by default nobody."""

    plan: Callable[[Plan, ConceptMDP, Path], None] = lambda plan, mdp, folder: None
    step: Callable[[str, int, int], None] = lambda what, done, total: None
    epoch: Callable[[Epoch], None] = lambda epoch: None


def mitigate(
    run: Run | Path | str,
    modes: Sequence[int] | None = None,
    method: str | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    queries: int = QUERIES,
    out: Path | str = "runs",
    imports: Sequence[str] = (),
    listeners: Listeners = Listeners(),
    by: str = "share",
) -> Mitigated:
    """Fine-tune the target of ``run`` on its failure modes; what it was stays as it was, on disk and in memory.

    Args:
        run: a finished run.
        modes: numbers of its modes, from 1; the confirmed ones when omitted, ten at most.
        method: of the trainer for the target's task: ``full``, ``lora`` or, of an image classifier, ``head``; its
            first when omitted.
        settings: changes to its configuration, such as ``{"epochs": 5}``.
        queries: of either version, for the comparison on held-out items.
        out: where the folder is made.
        imports: the user's files and modules, where the run needs them.
        listeners: hear how it goes.
        by: which modes come first: ``share``, ``rate``, ``severity`` or ``rating``.

    Raises:
        UsageError: nothing to mitigate, settings out of range, or a fine-tune that diverged.
    """
    run = run if isinstance(run, Run) else Run(run)
    own = run.found_modes()
    numbers = choose_modes(own, modes, run.space, by)
    used = run.code(imports)
    mdp = _build(run, listeners)
    plan = Plan(
        run=str(run.folder.path),
        target=str(run.summary["run"]["target"]),
        task=mdp.target.task,
        numbers=numbers,
        modes=[own[n - 1].name for n in numbers],
        config=dataclasses.asdict(training_config(mdp.target.task, method, settings)),
        queries=queries,
        imports=code_of(used.env, used.imports),
        digests=used.digests,
    )
    name = f"mitigated-{subject(run.settings, plan.target)}"
    with filled_folder(Path(out), name) as folder:
        write_whole(folder / PLAN, yaml.safe_dump(dataclasses.asdict(plan), sort_keys=False, allow_unicode=True))
    return _carry_out(plan, run, mdp, folder, listeners)


def go_on(folder: Path | str, listeners: Listeners = Listeners(), imports: Sequence[str] = ()) -> Mitigated:
    """Carry out the plan in a folder, from where it was interrupted; ``imports`` as :func:`mitigate` takes them."""
    folder = Path(folder)
    plan = Plan.load(folder)
    run = Run(plan.run)
    made_with = dataclasses.replace(run.settings, imports=plan.imports, digests=plan.digests)
    with_code(made_with, imports, folder, all_needed=True)
    return _carry_out(plan, run, _build(run, listeners), folder, listeners)


def finish(folder: Path | str, listeners: Listeners = Listeners(), imports: Sequence[str] = ()) -> Mitigated:
    """The mitigation in a folder; one that was interrupted goes on."""
    is_finished = (Path(folder) / SUMMARY).is_file()
    return load_mitigated(folder) if is_finished else go_on(folder, listeners, imports)


def _build(run: Run, listeners: Listeners) -> ConceptMDP:
    """What the run explored, with what its target made of the unedited items.

    Raises:
        UsageError: its target cannot have other weights.
    """
    mdp = build(run.settings, of=run.folder, progress=listeners.step).mdp
    if not isinstance(mdp.target, TrainableTarget):
        raise UsageError(f"{mdp.target.name} cannot be fine-tuned: its weights cannot be exchanged (with_weights)")
    return mdp


def _carry_out(plan: Plan, run: Run, mdp: ConceptMDP, folder: Path, listeners: Listeners) -> Mitigated:
    """Raises ``Stopped`` where it is interrupted: the plan, and each epoch, are on disk."""
    try:
        return _fit_and_compare(plan, run, mdp, folder, listeners)
    except KeyboardInterrupt:
        if (folder / SUMMARY).exists():
            raise Stopped(f"the fine-tuned target in {folder}", plan.fade_command(folder)) from None
        saved = "the last epoch" if (folder / STATE).exists() else "the plan"
        raise Stopped(f"{saved} in {folder}", plan.resume_command(folder)) from None


def _fit_and_compare(plan: Plan, run: Run, mdp: ConceptMDP, folder: Path, listeners: Listeners) -> Mitigated:
    listeners.plan(plan, mdp, folder)
    modes = run.found_modes()
    fitted = _fit(mdp, plan, modes, folder, listeners)
    if fitted.diverged:
        raise UsageError(
            f"the fine-tune diverged after {len(fitted.history) - 1} epochs and was given up; the target is as it was "
            f"({folder} keeps the record). Try {plan.training.remedy}"
        )
    before_after = _compare(mdp, fitted, plan, modes, listeners)
    saved = fitted.save(fitted.weights, folder, plan.target)
    history = [epoch._asdict() for epoch in fitted.history]
    told = {
        "uri": saved.uri,
        "history": history,
        "best": fitted.best,
        "n_weights": fitted.n_weights,
        "nouns": mdp.nouns._asdict(),
    }
    before_after.table.to_parquet(folder / "pairs.parquet")
    write_card(folder / "README.md", plan, saved, fitted, before_after)
    write_json(folder / SUMMARY, told | before_after.summary())  # last: its presence makes the mitigation finished
    (folder / STATE).unlink(missing_ok=True)
    return Mitigated(folder, saved.uri, tuple(plan.numbers), fitted.history, fitted.best, before_after)


def load_mitigated(folder: Path | str) -> Mitigated:
    """What a finished mitigation left in its folder.

    Raises:
        UsageError: there is none, or it is not finished.
    """
    folder = Path(folder)
    plan = Plan.load(folder)
    if not (folder / SUMMARY).is_file():
        raise UsageError(f"{folder} is not finished: {plan.resume_command(folder)}")
    told = json.loads(read_small(folder / SUMMARY))
    history = [Epoch(**{**row, "train_loss": row["train_loss"] or float("nan")}) for row in told["history"]]
    space = Run(plan.run).space
    table = pd.read_parquet(regular(folder / "pairs.parquet"))
    points = table["point"][table["kind"] == "untouched"].unique()
    before_after = BeforeAfter(
        table,
        dict(zip(plan.numbers, plan.modes, strict=True)),
        {int(p): space.label(space.grid()[p]) for p in points},
        Nouns(**told.get("nouns", {"score": "score of an answer"})),  # earlier versions did not write them
    )
    return Mitigated(folder, told["uri"], tuple(plan.numbers), history, told["best"], before_after)


def _fit(mdp: ConceptMDP, plan: Plan, modes: Sequence[Mode], folder: Path, listeners: Listeners) -> Fitted:
    """The fine-tune; each epoch is told to TensorBoard, too."""
    from torch.utils.tensorboard import SummaryWriter

    aimed = [modes[n - 1] for n in plan.numbers]
    failures = [part for mode in aimed for part in failures_of(mode.points, mode.classes, mdp.space)]
    with SummaryWriter(str(folder)) as board:

        def tell(epoch: Epoch) -> None:
            figures = epoch._asdict()
            for name in ("loss", "clean_error", "edited_error", "train_loss"):
                board.add_scalar(f"mitigate/{name}", figures[name], epoch.number)
            listeners.epoch(epoch)

        return fine_tune(
            mdp,
            failures,
            plan.training,
            folder=folder,
            tell=tell,
            step=lambda done, total: listeners.step("fine-tuning", done, total),
        )


def _compare(mdp: ConceptMDP, fitted: Fitted, plan: Plan, modes: Sequence[Mode], listeners: Listeners) -> BeforeAfter:
    """Both versions on the held-out items; two copies of the target are in memory.

    The reward is the same object for both: where it rests on what the old version made of unedited items (how good its
    summaries were, and from where on one fails), the new one is measured by that, too, or it would set its own bar.
    """
    target: Any = mdp.target
    return measure(
        mdp,
        mdp.with_target(target.with_weights(fitted.weights), mdp.baseline),
        modes,
        plan.numbers,
        queries=plan.queries,
        seed=plan.training.seed,
        step=lambda done, total: listeners.step("comparing", done, total),
    )
