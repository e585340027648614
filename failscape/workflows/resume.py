"""Resumes an exploration that was interrupted, from its run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from failscape.agents.session import Progress, Session
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.identity import Identity
from failscape.errors import UsageError
from failscape.records.folder import RunFolder
from failscape.workflows.environment import Tell, build
from failscape.workflows.explore import go_on
from failscape.workflows.run import Run


def resume(
    folder: RunFolder,
    envs: ConceptVectorEnv | None = None,
    *,
    listeners: Sequence[Callable[[Progress], None]] = (),
    on_session: Callable[[Session, RunFolder], None] | None = None,
    report: bool = True,
    imports: Sequence[str] = (),
    step: Tell | None = None,
) -> Run:
    """Finish an interrupted run: it starts over, with the outcomes that its records hold already.

    ``imports`` as :meth:`Run.code` takes them.
    """
    settings = Run(folder).code(imports)
    if envs is None:
        envs = build(settings, of=folder)
    else:
        Identity.explored(folder.path).expect(envs.mdp.baseline.identity, folder.path)
    if envs.mdp.space.describe() != settings.space:
        raise UsageError(f"{folder.path} explored another grid than {settings.env} has now")
    return go_on(envs, settings, folder, listeners=listeners, on_session=on_session, report=report, step=step)
