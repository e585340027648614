"""From settings to an environment that records itself, new or resumed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from failscape.agents.registry import default_explorer
from failscape.agents.search.exhaustive import scanned
from failscape.envs.actions.jump import JumpToPoint
from failscape.envs.cached_evaluator import CachedEvaluator
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.identity import FILE as BASELINE
from failscape.envs.identity import Identity
from failscape.envs.recording import Recorder, recorded_steps
from failscape.envs.registration import known_arguments, make_vector_env
from failscape.errors import UsageError, did_you_mean
from failscape.records.folder import RunFolder
from failscape.records.probes import ProbeStore
from failscape.settings import Settings, find_env

# Arguments of a registered environment that are not the MDP's, or not the user's: no run's settings may hold them.
NOT_OURS = {
    "make_mdp", "baseline", "progress", "num_envs", "memory", "render_mode", "vectorization_mode", "max_episode_steps"
}  # fmt: skip
Tell = Callable[[str, int, int], None]  # what is being done, how far it is, how much there is


def build(settings: Settings, *, of: RunFolder | None = None, progress: Tell | None = None) -> ConceptVectorEnv:
    """The environment of ``settings``, which is registered already: what settings name is not imported here.

    Args:
        settings: of the run.
        of: folder of the run, where it is one already: it says what the target makes of the unedited items, and items
            and weights have to be those that it explored.
        progress: told what is being done.

    Raises:
        UsageError: an unknown environment or argument, other items or weights, and whatever keeps target or data from
            loading.
    """
    if progress:
        progress("loading the target", 0, 0)
    spec = find_env(settings.env)
    for name in NOT_OURS.intersection(settings.make):  # make_mdp, for one, is code
        raise UsageError(f"the settings of a run hold no {name!r}: config.yml is damaged")
    arguments = {**spec.kwargs, **settings.make}
    make_mdp = arguments.pop("make_mdp")
    known = known_arguments(make_mdp, arguments)
    for name in settings.make:
        if name not in known:
            raise UsageError(f"{settings.env} takes no {_flag(name)}{did_you_mean(name, known)}")
    explored = None if of is None else Identity.explored(of.path)  # before a look is kept that was not there
    extras = known_arguments(make_mdp, {"baseline": None if of is None else of / BASELINE, "progress": progress})
    hyperparameters = settings.hyperparameters
    envs = make_vector_env(
        make_mdp,
        num_envs=hyperparameters["num_envs"],
        max_episode_steps=spec.max_episode_steps,
        memory=hyperparameters["memory"],
        **arguments,
        **extras,
    )
    envs.spec = spec
    if of is not None and explored is not None:
        explored.expect(envs.mdp.baseline.identity, of.path)
    return envs


def complete(settings: Settings, envs: ConceptVectorEnv) -> Settings:
    """The settings with what only the environment and the machine know: grid, size of a scan, threads."""
    hyperparameters = dict(settings.hyperparameters)
    if hyperparameters["budget"] is None:
        hyperparameters["budget"] = len(scanned(envs.mdp)[0])
    return dataclasses.replace(
        settings,
        space=envs.mdp.space.describe(),
        hyperparameters=hyperparameters,
        threads=settings.threads or torch.get_num_threads(),
    )


def record(envs: ConceptVectorEnv, store: ProbeStore, settings: Settings) -> Recorder:
    """Make ``envs`` record itself; steps that the store holds already are replayed without the target."""
    recorder = Recorder(store, envs.mdp.space, seed=settings.seed, n_recorded=store.n_steps)
    envs.recorder = recorder
    memory = settings.hyperparameters["memory"]
    evaluator = envs.mdp.keeping(store.artifacts.put)
    envs.evaluator = CachedEvaluator(evaluator, memory, recorded_steps(store))
    return recorder


def stem(settings: Settings, target: str, moves: str) -> str:
    """What a run folder is called: ``classifier-street-signs``, ``scan-classifier-alexnet``, ``micro-toy``.

    The explorer is named where it is not the usual one, the way to explore where that is not ``macro``, and ``human``
    where a model of what people said pays.

    Args:
        settings: of the run.
        target: its name.
        moves: name of the action scheme.
    """
    parts = [
        settings.explorer if settings.explorer != default_explorer(moves, settings.env) else "",
        moves if moves != JumpToPoint.name else "",
        "human" if settings.human_model else "",
        subject(settings, target),
    ]
    return "-".join(part for part in parts if part)


def subject(settings: Settings, target: str) -> str:
    """What is explored, as a part of a folder's name: ``classifier-street-signs``."""
    kind = settings.env.rpartition("/")[2].rpartition("-")[0].lower()
    name = _without_suffix(Path(target.partition("?")[0].rpartition(":")[2]).name)
    return f"{kind}-{name}" if name.lower() != kind else kind


def _without_suffix(name: str) -> str:
    """A file's name without its suffix; ``gemini-1.5-pro`` is no file of the kind ``5-pro``."""
    stem, _, suffix = name.rpartition(".")
    return stem if stem and suffix[:1].isalpha() else name


def plain_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a registered environment that make its MDP, and are the user's."""
    return {key: value for key, value in arguments.items() if key not in NOT_OURS}


def _flag(name: str) -> str:
    """What the command line calls an argument of an environment."""
    return "--from" if name == "start" else f"--{name.replace('_', '-')}"
