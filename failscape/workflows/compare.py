"""Two runs compared: their maps, and, where their targets differ, what either does with the same held-out items."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failscape.analysis.examples.presenter import Examples
from failscape.analysis.examples.registry import new_examples
from failscape.analysis.landscape.comparison import Comparison
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.shifts import Shift, halves, seed_pairs, shifts
from failscape.analysis.modes.mode import Mode
from failscape.analysis.notebook import failing, fragment, line, table
from failscape.common.format import count, counted, percent
from failscape.common.uri import parse_uri
from failscape.errors import Doubt, UsageError
from failscape.mitigation import choose_modes
from failscape.mitigation.paired_evaluation import QUERIES, BeforeAfter, measure
from failscape.settings import Settings
from failscape.targets.base import device_of
from failscape.targets.fingerprint import weights_fingerprint
from failscape.targets.registry import load_target
from failscape.workflows.mitigation_plan import PLAN, Plan
from failscape.workflows.run import Run, compare_found, finished_beside
from failscape.workflows.run import compare as compare_maps

N_NEW = 12  # newly created failures that are shown
Step = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Versions:
    """A target before and after, as two runs found it."""

    before: Run
    after: Run
    maps: Comparison
    shifts: list[Shift]
    seeds: tuple[int, int]  # runs of either version that the shifts rest on
    found: BeforeAfter
    numbers: list[int]  # of the targeted modes
    new: Examples  # newly created failures, with what either version says of the edited item

    @property
    def landscapes(self) -> tuple[Landscape, Landscape]:
        """Of either run."""
        return self.before.landscape(), self.after.landscape()

    @property
    def modes(self) -> tuple[list[Mode], list[Mode]]:
        """Failure modes of either run."""
        return self.before.found_modes(), self.after.found_modes()

    @property
    def unseen(self) -> bool:
        """Whether the second run explored items that neither the first nor the fine-tune had seen."""
        return bool(self.after.settings.make.get("unseen"))

    def summary(self) -> dict[str, Any]:
        """The figures, as plain values."""
        return {
            "before": str(self.before.folder.path),
            "after": str(self.after.folder.path),
            "targeted_modes": self.numbers,
            **self.found.summary(),
            "maps": dataclasses.asdict(self.maps),
            "shifts": [
                {**dataclasses.asdict(shift), "limit": shift.limit, "significant": shift.significant}
                for shift in self.shifts
            ],
            "seeds": list(self.seeds),
            "modes_before": [mode.name for mode in self.modes[0]],
            "modes_after": [mode.name for mode in self.modes[1]],
        }

    def report(self, path: Path | str) -> Path:
        """Write all of it as one page, offline and printable."""
        from failscape.analysis.report.before_after import Story, write_page

        found = self.found
        story = Story(
            target=str(target_of(self.before)),
            after_name=str(target_of(self.after)),
            landscapes=self.landscapes,
            targeted=found.targeted,
            excess_gone=found.excess_gone,
            untouched=found.untouched,
            clean=found.clean,
            modes=found.modes,
            points=found.points,
            harmed=found.harmed,
            clean_score=found.clean_score,
            costs=found.costs,
            n_new=len(found.new_failures),
            n_right=found.n_right,
            new=self.new,
            shifts=self.shifts,
            seeds=self.seeds,
            unseen=self.unseen,
            nouns=found.nouns,
            modes_before=self.modes[0],
            modes_after=self.modes[1],
            facts={
                "before": f"{target_of(self.before)}, run {self.before.folder.path}",
                "after": f"{target_of(self.after)}, run {self.after.folder.path}",
                **({} if not self.unseen else {"items": "the run after explored items that the run before held out"}),
                "command": f"failscape compare {self.before.folder.path} {self.after.folder.path}"
                f"{self.before.settings.import_option}",
            },
        )
        return write_page(Path(path), story)

    def _repr_html_(self) -> str:
        """Shown in a notebook: what became of the target on held-out items, and by how much the map moved."""
        from failscape.analysis.report.before_after import change_text, number

        found, what = self.found, f"held-out {self.found.nouns.items}"
        told = [found.targeted, *(found.modes if len(found.modes) > 1 else []), found.untouched, found.clean]
        effects = [[e.what, percent(e.before), percent(e.after), change_text(e), count(e.n)] for e in told]
        moved = [
            [s.what, number(s.value, s.unit, signed=s.signed), number(s.limit, s.unit), s.verdict] for s in self.shifts
        ]
        harmed = f"{count(len(found.harmed))} of {count(len(found.points))} untouched points became worse"
        rates = [
            f"{failing(land.failure_rate, float('nan'), edited=True)}, {counted(len(modes), 'failure mode')}"
            for land, modes in zip(self.landscapes, self.modes, strict=True)
        ]
        return fragment(
            f"{self.before.folder.name} → {self.after.folder.name}",
            line(f"{target_of(self.before)} → {target_of(self.after)}"),
            table([what, "before", "after", "change in points (95 %)", "items"], effects, left=what),
            line(f"{harmed} by more than 2 percentage points beyond the interval"),
            table(["what moved", "shift", "by chance", "verdict"], moved, left="what moved"),
            *([] if self.maps.walked else [line(f"explored: {' → '.join(rates)}")]),
            *(line(f"{label}: {told}") for label, told in self.maps.broken_rows()),
        )

    def __repr__(self) -> str:
        targeted = self.found.targeted
        names = f"{self.before.folder.name} → {self.after.folder.name}"
        return f"Versions({names}, targeted {percent(targeted.before)} → {percent(targeted.after)})"


def compare(a: Run | Path | str, b: Run | Path | str, **options: Any) -> Comparison | Versions:
    """Two runs of one grid: their maps where they asked the same target, both versions of it where they did not.

    ``options`` are those of :func:`compare_versions`, or ``top_k`` of :func:`failscape.workflows.run.compare`.
    """
    a, b = (run if isinstance(run, Run) else Run(run) for run in (a, b))
    return (compare_maps if same_target(a, b) else compare_versions)(a, b, **options)


def same_target(a: Run, b: Run) -> bool:
    """Whether two runs asked the same target."""
    return bool(target_of(a) == target_of(b))


def compare_versions(
    before: Run | Path | str,
    after: Run | Path | str,
    *,
    queries: int | None = None,
    seed: int | None = None,
    imports: Sequence[str] = (),
    step: Step = lambda what, done, total: None,
    found: BeforeAfter | None = None,
) -> Versions:
    """Compare a target with what became of it: both are loaded, and shown the same held-out items.

    Runs beside either one that differ only in their seed are found, and taken into the shifts and their null.

    Args:
        before: run of the target as it was.
        after: run of another version, over the same items and edits.
        queries: asked of either version at most; as many as the fine-tune asked where omitted, so that whoever compares
            tells the same figures of it.
        seed: of the draw of items; that of the fine-tune where omitted.
        imports: the user's files and modules, where the runs need them.
        step: hears what is being done, how far it is, and how much there is.
        found: what either version did with the held-out items, where that was measured already.

    Raises:
        UsageError: the runs are unfinished, or over different grids or items; or a target's weights have changed.
    """
    before, after = (run if isinstance(run, Run) else Run(run) for run in (before, after))
    for run in (before, after):
        if not run.summary:
            raise UsageError(f"{run.folder.path} is not finished; --resume it first")
    if set(after.items()["name"]).isdisjoint(before.items()["name"]):
        raise UsageError("the runs are of different items, so they cannot be compared; explore the same data")
    if changed := before.identity.changed_among(after.identity):
        warnings.warn(f"between {before.folder.path} and {after.folder.path} {changed}", Doubt, stacklevel=2)
    made = plan_of(after)
    numbers = choose_modes(before.found_modes(), space=before.space) if made is None else made.numbers
    maps = compare_found(before, after)
    after.code(imports)  # refused before anything is loaded
    old = before.rebuild(imports, step)
    other = load_target(str(target_of(after)), str(device_of(old.target)))
    after.identity.expect_weights(weights_fingerprint(other), after.folder.path)
    new = old.with_target(other, old.baseline)
    draw = seed if seed is not None else 0 if made is None else made.training.seed
    found = found or measure(
        old,
        new,
        before.found_modes(),
        numbers,
        queries=queries or (QUERIES if made is None else made.queries),
        seed=draw,
        step=lambda done, total: step("comparing", done, total),
    )
    versions = [[run, *siblings(run)] for run in (before, after)]
    lands = [[run.landscape() for run in version] for version in versions]
    null = seed_pairs(*lands) or halves(before.probes(), before.items(), before.space, seed or 0)
    moved = shifts(lands[0], lands[1], null)
    broken = new_examples(old, new, found.new_failures, N_NEW)
    return Versions(before, after, maps, moved, (len(lands[0]), len(lands[1])), found, numbers, broken)


def plan_of(after: Run) -> Plan | None:
    """The plan by which the target of a run was fine-tuned; None without a record."""
    folders = [Path(value).parent for value in parse_uri(str(target_of(after))).options.values()]
    made = [folder for folder in folders if (folder / PLAN).is_file()]
    return Plan.load(made[-1]) if made else None  # an option that was changed stands last


def siblings(run: Run) -> list[Run]:
    """Finished runs beside ``run`` that differ from it in their seed only, of the same items and weights."""
    mine = run.settings
    return [
        other
        for other in finished_beside(run)
        if other.settings.seed != mine.seed and _alike(mine, other.settings) and run.identity.may_be(other.identity)
    ]


def _alike(one: Settings, other: Settings) -> bool:
    """Whether settings differ in the seed only; code counts by its content, wherever it lies."""
    moved = dataclasses.replace(other, seed=one.seed, imports=one.imports, digests=one.digests)
    return moved == one and sorted(one.digests.values()) == sorted(other.digests.values())


def target_of(run: Run) -> Any:
    """URI of the target that a run asked."""
    return run.summary.get("run", {}).get("target") or run.settings.make.get("target")
