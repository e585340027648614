"""Explores: starts a run, and carries it to its conclusion."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from failscape.agents import registry
from failscape.agents.registry import default_explorer, load_hyperparameters
from failscape.agents.session import Progress, Session
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.recording import item_rows
from failscape.errors import UsageError
from failscape.records.folder import RunFolder
from failscape.settings import Settings
from failscape.workflows.environment import Tell, complete, plain_arguments, record, stem
from failscape.workflows.run import Run
from failscape.workflows.stopping import n_probes, stopped


def explore(
    envs: ConceptVectorEnv,
    explorer: str | None = None,
    *,
    budget: int | None = None,
    seed: int = 0,
    hyperparameters: Mapping[str, Any] | None = None,
    out: Path | str = "runs",
    report: bool = True,
) -> Run:
    """Explore ``envs`` (from ``gymnasium.make_vec``) and map what is found.

    Args:
        envs: one of failscape's vector environments.
        explorer: its name, as ``train.py --list`` has them; the one made for the environment's moves when omitted.
        budget: evaluations of the target; the explorer's default when omitted.
        seed: of everything random.
        hyperparameters: changes to the explorer's own.
        out: where the run folder is made.
        report: write ``report.html`` and TensorBoard pictures at the end.

    Raises:
        UsageError: an unknown explorer or hyperparameter.
    """
    envs = envs.unwrapped
    spec = envs.spec
    assert spec is not None, "make the environment with gymnasium.make_vec"
    explorer = explorer or default_explorer(envs.mdp.scheme.name, spec.id)
    overrides = {**(hyperparameters or {}), "num_envs": envs.num_envs}
    if envs.evaluator.capacity:  # else the explorer's own, as on the command line
        overrides["memory"] = envs.evaluator.capacity
    if budget is not None:
        overrides["budget"] = budget
    settings = Settings(
        env=spec.id,
        explorer=explorer,
        seed=seed,
        hyperparameters=load_hyperparameters(explorer, spec.id, overrides, envs.mdp.scheme.name),
        make=plain_arguments(spec.kwargs),
    )
    return start(envs, complete(settings, envs), Path(out), command=sys.argv, report=report)


def start(
    envs: ConceptVectorEnv,
    settings: Settings,
    out: Path,
    *,
    command: Sequence[str],
    listeners: Sequence[Callable[[Progress], None]] = (),
    on_session: Callable[[Session, RunFolder], None] | None = None,
    report: bool = True,
    step: Tell | None = None,
) -> Run:
    """Make a run folder and explore into it; where the explorer refuses before its first probe, no folder is left."""
    registry.check_scheme(settings.explorer, envs.mdp.scheme)
    folder = RunFolder.create(
        out, stem(settings, envs.mdp.target.name, envs.mdp.scheme.name), settings.to_config(), command
    )
    try:
        envs.mdp.baseline.save(folder / "baseline.npz")
        return go_on(envs, settings, folder, listeners=listeners, on_session=on_session, report=report, step=step)
    except (UsageError, KeyboardInterrupt):
        if not n_probes(folder):
            shutil.rmtree(folder.path)
        raise


def go_on(
    envs: ConceptVectorEnv,
    settings: Settings,
    folder: RunFolder,
    *,
    listeners: Sequence[Callable[[Progress], None]],
    on_session: Callable[[Session, RunFolder], None] | None,
    report: bool,
    step: Tell | None,
) -> Run:
    """Explore into a run folder from where its records end, then map what was found.

    Raises:
        Stopped: it was interrupted, or a listener stopped the session, and there are probes to go on with.
    """
    from failscape.analysis.tensorboard.board import Board
    from failscape.workflows.finish import Snapshots, conclude

    scheme = envs.mdp.scheme.name  # an explorer takes its own settings only, whatever stands in a stranger's folder
    load_hyperparameters(settings.explorer, settings.env.rpartition(":")[2], settings.hyperparameters, scheme)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    store = folder.store(read_only=False)
    run = Run(folder)
    board = Board(folder.path, restart=len(store) > 0)
    try:
        store.set_items(item_rows(envs.mdp))
        recorder = record(envs, store, settings)
        session = Session(recorder, settings.hyperparameters["budget"], [board.progress, *listeners])
        if report:
            session.listeners += (Snapshots(run, board, session),)
        if on_session:
            on_session(session, folder)
        own = {k: v for k, v in settings.hyperparameters.items() if k not in {"num_envs", "budget", "memory"}}
        agent = registry.explore(settings.explorer, envs, session, settings.seed, own)
        if session.stopped:
            raise KeyboardInterrupt
        conclude(envs.mdp, agent, run, board, report=report, step=step)
    except KeyboardInterrupt:
        raise stopped(folder, settings) from None
    finally:
        store.close()
        board.close()
    return run
