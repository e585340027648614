"""Fine-tunes the target of a run on its failure modes, and shows the held-out items to it before and after."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd
import yaml
from safetensors.torch import save_file

from failscape.analysis.effects import Effect
from failscape.analysis.modes import Mode
from failscape.before_after import QUERIES, BeforeAfter, measure
from failscape.building import build, stem
from failscape.common.nouns import Nouns
from failscape.common.regular import read_small, regular
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation import Epoch, Fitted, choose_modes, fine_tune, training_config
from failscape.mitigation.batches import failures_of
from failscape.mitigation.recipe import TrainingConfig
from failscape.mitigation.registry import method_of, trainer_of
from failscape.mitigation.state import FILE as STATE
from failscape.records.folder import new_folder, write_json, write_whole
from failscape.runs import Run
from failscape.targets.base import TrainableTarget
from failscape.targets.registry import with_weights

WEIGHTS, PLAN = "model.safetensors", "mitigation.yml"
CARD = Template((Path(__file__).parent / "mended_card.md").read_text(encoding="utf-8"))


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
            f"Mitigated({self.uri}, targeted {targeted.before:.1%} → {targeted.after:.1%}, "
            f"unedited {clean.before:.1%} → {clean.after:.1%})"
        )


@dataclass(frozen=True)
class Plan:
    """What is to be mitigated, and how: ``mitigation.yml``."""

    run: str  # folder
    target: str  # URI of the target as it was
    task: str  # of the target
    numbers: list[int]  # of the targeted modes
    modes: list[str]  # their names
    config: dict[str, Any]  # of the trainer for this task
    queries: int
    imports: list[str]

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """The plan in a folder that :func:`mitigate` made."""
        path = folder / PLAN
        if not path.is_file():
            raise UsageError(f"{folder} holds no mitigation: it has no {PLAN}")
        try:
            known = yaml.safe_load(read_small(path))
            if "recipe" in known:
                raise UsageError(f"{path} was written by another version of failscape; mitigate again")
            return cls(**known)
        except (yaml.YAMLError, TypeError, UnicodeDecodeError):
            raise UsageError(f"{path} is damaged") from None

    @property
    def training(self) -> TrainingConfig:
        """How the target is fine-tuned."""
        try:
            return trainer_of(self.task).config_class(**self.config)
        except TypeError:
            raise UsageError(f"the settings in {PLAN} are not those of the trainer for {self.task}") from None

    @property
    def meaning(self) -> str:
        """What learns, and how, as a person is told."""
        return method_of(self.task, self.training.method).meaning


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
) -> Mitigated:
    """Fine-tune the target of ``run`` on its failure modes; what it was stays as it was, on disk and in memory.

    Args:
        run: a finished run.
        modes: numbers of its modes, from 1; the most pressing when omitted.
        method: of the trainer for the target's task: ``full``, ``lora`` or, of an image classifier, ``head``; its
            first when omitted.
        settings: changes to its configuration, such as ``{"epochs": 5}``.
        queries: of either version, for the comparison on held-out items.
        out: where the folder is made.
        imports: the user's modules; those of the run when empty.
        listeners: hear how it goes.

    Raises:
        UsageError: nothing to mitigate, settings out of range, or a fine-tune that diverged.
    """
    run = run if isinstance(run, Run) else Run(run)
    own = run.modes()
    numbers = choose_modes(own, modes, run.space)
    mdp = _build(run, imports, listeners)
    plan = Plan(
        run=str(run.folder.path),
        target=str(run.summary["run"]["target"]),
        task=mdp.target.task,
        numbers=numbers,
        modes=[own[n - 1].name for n in numbers],
        config=dataclasses.asdict(training_config(mdp.target.task, method, settings)),
        queries=queries,
        imports=list(imports) or run.settings.imports,
    )
    folder = new_folder(Path(out), f"mitigated-{stem(dataclasses.replace(run.settings, explorer='dqn'), plan.target)}")
    write_whole(folder / PLAN, yaml.safe_dump(dataclasses.asdict(plan), sort_keys=False, allow_unicode=True))
    return _carry_out(plan, run, mdp, folder, listeners)


def go_on(folder: Path | str, listeners: Listeners = Listeners()) -> Mitigated:
    """Carry out the plan in a folder, from where it was interrupted."""
    folder = Path(folder)
    plan = Plan.load(folder)
    run = Run(plan.run)
    return _carry_out(plan, run, _build(run, plan.imports, listeners), folder, listeners)


def _build(run: Run, imports: Sequence[str], listeners: Listeners) -> ConceptMDP:
    """What the run explored, with what its target made of the unedited items.

    Raises:
        UsageError: its target cannot have other weights.
    """
    settings = dataclasses.replace(run.settings, imports=list(imports) or run.settings.imports)
    mdp = build(settings, looks=run.folder / "looks.npz", progress=listeners.step).mdp
    if not isinstance(mdp.target, TrainableTarget):
        raise UsageError(f"{mdp.target.name} cannot be fine-tuned: its weights cannot be exchanged (with_weights)")
    return mdp


def _carry_out(plan: Plan, run: Run, mdp: ConceptMDP, folder: Path, listeners: Listeners) -> Mitigated:
    listeners.plan(plan, mdp, folder)
    modes = run.modes()
    fitted = _fit(mdp, plan, modes, folder, listeners)
    if fitted.diverged:
        raise UsageError(
            f"the fine-tune diverged after {len(fitted.history) - 1} epochs and was given up; the target is as it was "
            f"({folder} keeps the record). Try {plan.training.remedy}"
        )
    before_after = _compare(mdp, fitted, plan, modes, listeners)
    uri = with_weights(plan.target, str(folder / WEIGHTS))
    save_file(fitted.weights, folder / WEIGHTS)
    history = [epoch._asdict() for epoch in fitted.history]
    told = {"uri": uri, "history": history, "best": fitted.best, "n_weights": fitted.n_weights}
    write_json(folder / "summary.json", {**told, "nouns": mdp.nouns._asdict(), **before_after.summary()})
    before_after.table.to_parquet(folder / "pairs.parquet")
    write_whole(folder / "README.md", card(plan, uri, fitted, before_after))
    (folder / STATE).unlink(missing_ok=True)
    return Mitigated(folder, uri, tuple(plan.numbers), fitted.history, fitted.best, before_after)


def load_mitigated(folder: Path | str) -> Mitigated:
    """What a finished mitigation left in its folder.

    Raises:
        UsageError: there is none, or it is not finished.
    """
    folder = Path(folder)
    plan = Plan.load(folder)
    if not (folder / "summary.json").is_file():
        raise UsageError(f"{folder} is not finished: failscape mitigate --resume {folder}")
    told = json.loads(read_small(folder / "summary.json"))
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
        mdp.with_target(target.with_weights(fitted.weights), mdp.looks),
        modes,
        plan.numbers,
        queries=plan.queries,
        seed=plan.training.seed,
        step=lambda done, total: listeners.step("comparing", done, total),
    )


def card(plan: Plan, uri: str, fitted: Fitted, before_after: BeforeAfter) -> str:
    """The model card of a fine-tuned target."""
    rows = [before_after.targeted, *before_after.modes, before_after.untouched, before_after.clean]
    return CARD.substitute(
        base=plan.target,
        uri=uri,
        run=plan.run,
        meaning=plan.meaning,
        config=json.dumps(plan.config),
        best=fitted.best,
        epochs=len(fitted.history) - 1,
        n_weights=f"{fitted.n_weights:,}",
        modes="\n".join(f"- {number}: {name}" for number, name in zip(plan.numbers, plan.modes, strict=True)),
        effects="\n".join(f"| {effect.what} | {row_text(effect)} |" for effect in rows),
        score=f"| {before_after.clean_score.what}, unedited | {row_text(before_after.clean_score)} |",
        items=before_after.nouns.items,
        others=before_after.nouns.others,
        n_harmed=len(before_after.harmed),
        costs="".join(f" Beyond chance {cost}." for cost in before_after.costs),
        n_points=len(before_after.points),
        n_new=len(before_after.new_failures),
        n_pairs=len(before_after.table),
    )


def row_text(effect: Effect) -> str:
    """Before, after, change with its interval, and the number of pairs, as cells of a Markdown table."""
    return (
        f"{effect.before:.1%} | {effect.after:.1%} | {100 * effect.change:+.1f} "
        f"({100 * effect.low:+.1f} to {100 * effect.high:+.1f}) | {effect.n}"
    )
