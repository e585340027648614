"""Makes the audit of a run: a document for people who are not engineers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.registry import presenter_for
from failscape.analysis.grids.plain_words import kind_in_words
from failscape.analysis.landscape.marginals import marginals
from failscape.analysis.report.audit import document
from failscape.analysis.report.audit_rendering import write_html, write_pdf
from failscape.analysis.report.audit_wording import Examined, MitigationEffects
from failscape.analysis.report.mode_table import mode_views
from failscape.common.atomic_write import write_all
from failscape.common.safe_open import read_small
from failscape.errors import UsageError
from failscape.workflows.compare import Versions, compare_versions, same_target, target_of
from failscape.workflows.environment import Tell
from failscape.workflows.run import Run

DRAWN = {"street:": "the drawn street world", "reports:": "the incident reports of the drawn street world"}


def audit(
    run: Run | Path | str,
    after: Run | Path | str | None = None,
    *,
    out: Path | None = None,
    queries: int | None = None,
    imports: Sequence[str] = (),
    step: Tell = lambda what, done, total: None,
) -> list[Path]:
    """Write ``audit.html`` and ``audit.pdf``; returns their paths.

    Args:
        run: a finished run.
        after: a run of what became of its target; adds what was mitigated.
        out: folder for the two files; the run's own when omitted.
        queries: asked of either version at most; as many as the fine-tune asked where omitted.
        imports: the user's files and modules, where the run needs them.
        step: hears what is being done, how far it is, and how much there is.

    Raises:
        UsageError: the run is unfinished, or ``after`` asked the same target.
    """
    run = run if isinstance(run, Run) else Run(run)
    if not run.summary:
        raise UsageError(f"{run.folder.path} is not finished; --resume it first")
    versions = None
    if after is not None:
        after = after if isinstance(after, Run) else Run(after)
        if same_target(run, after):
            raise UsageError(
                f"{after.folder.path} explored the same target as {run.folder.path}: nothing was mitigated"
            )
        versions = compare_versions(run, after, queries=queries, imports=imports, step=step)
    examined = examine(run, versions, imports, step)
    step("writing the document", 0, 0)
    sections = document(examined)
    folder = out or run.folder.path
    folder.mkdir(parents=True, exist_ok=True)
    title = f"{examined.target}, {examined.date}"
    return write_all(
        [
            (folder / "audit.html", lambda path: write_html(path, title, sections)),
            (folder / "audit.pdf", lambda path: write_pdf(path, title, sections)),
        ]
    )


def examine(run: Run, versions: Versions | None, imports: Sequence[str], step: Tell) -> Examined:
    """What the document is made from; the items are read again for their examples."""
    mdp = run.rebuild(imports, step)
    probes, items, landscape = run.probes(), run.items(), run.landscape()
    presenter = presenter_for(mdp.items)
    last = datetime.fromtimestamp(float(probes["time"].max()), timezone.utc)
    return Examined(
        target=str(target_of(run)),
        data=data_in_words(mdp.data_name),
        date=f"{last:%Y-%m-%d}",
        command=read_small(run.folder / "command.txt").strip(),
        explorer=run.settings.explorer,
        landscape=landscape,
        items=items,
        views=mode_views(run.found_modes(), probes, items, ExampleContext.of(mdp, run.folder.artifacts)),
        class_names=mdp.group_names,
        untried=[kind_in_words(concept) for concept in presenter.untried(mdp.space)],
        mitigation=effects_of(versions) if versions else None,
        warnings=run.summary.get("warnings", []),
        nouns=mdp.nouns,
        alterations=presenter.alterations(mdp.space),
        marks=presenter.marks,
        marginals=marginals(landscape, probes, items),
        smallest=run.smallest() if run.walked else None,
    )


def data_in_words(name: str) -> str:
    """What the data are called by people who are not engineers: the command line stands elsewhere in the document."""
    return DRAWN.get(name.partition("?")[0], name)


def effects_of(versions: Versions) -> MitigationEffects:
    """The part of a comparison that an audit tells."""
    found = versions.found
    return MitigationEffects(
        target=str(target_of(versions.after)),
        targeted=found.targeted,
        clean=found.clean,
        untouched=found.untouched,
        modes=found.modes if len(found.modes) > 1 else [],
        harmed=found.harmed,
        costs=found.costs,
        n_points=len(found.points),
        n_new=len(found.new_failures),
        n_right=found.n_right,
    )
