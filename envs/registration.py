"""Registration of environments with Gymnasium; imports nothing heavy until one is made."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import gymnasium as gym

from failscape.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from failscape.envs.gym_views import ConceptEnv, ConceptVectorEnv
    from failscape.envs.mdp import ConceptMDP

MakeMDP = Callable[..., "ConceptMDP"]


def _load(make_mdp: str | MakeMDP) -> MakeMDP:
    if not isinstance(make_mdp, str):
        return make_mdp
    loaded: Any = gym.envs.registration.load_env_creator(make_mdp)
    return cast(MakeMDP, loaded)


def _make(make_mdp: str | MakeMDP, arguments: dict[str, Any]) -> ConceptMDP:
    """What the function makes of its arguments.

    Raises:
        UsageError: it takes no such argument.
    """
    function = _load(make_mdp)
    parameters = inspect.signature(function).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        for name in arguments:
            if name not in parameters:
                raise UsageError(f"the environment takes no {name!r}{did_you_mean(name, parameters)}")
    return function(**arguments)


def known_arguments(make_mdp: str | MakeMDP, arguments: dict[str, Any]) -> dict[str, Any]:
    """Those of ``arguments`` that the function takes: a user's own need not know of progress bars."""
    parameters = inspect.signature(_load(make_mdp)).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return arguments
    names = {p.name for p in parameters}
    return {key: value for key, value in arguments.items() if key in names}


def make_env(make_mdp: str | MakeMDP, *, render_mode: str | None = None, memory: int = 0, **kwargs: Any) -> ConceptEnv:
    """One environment over a new MDP."""
    from failscape.envs.gym_views import ConceptEnv

    return ConceptEnv(_make(make_mdp, kwargs), memory=memory, render_mode=render_mode)


def make_vector_env(
    make_mdp: str | MakeMDP,
    *,
    num_envs: int = 1,
    max_episode_steps: int | None = None,
    render_mode: str | None = None,
    memory: int = 0,
    **kwargs: Any,
) -> ConceptVectorEnv:
    """``num_envs`` environments over one new MDP, with one target forward per step."""
    from failscape.envs.gym_views import ConceptVectorEnv

    return ConceptVectorEnv(
        _make(make_mdp, kwargs),
        num_envs,
        max_episode_steps=max_episode_steps,
        memory=memory,
        render_mode=render_mode,
    )


def register_env(
    env_id: str,
    make_mdp: str | MakeMDP | None = None,
    *,
    env: str | None = None,
    max_episode_steps: int | None = None,
    **kwargs: Any,
) -> None:
    """Register a concept MDP for :func:`gymnasium.make` and :func:`gymnasium.make_vec`.

    Args:
        env_id: ``namespace/Name-v0``.
        make_mdp: a function that returns a :class:`ConceptMDP`, or ``"module:function"``.
        env: instead of ``make_mdp``, the id of a registered environment to derive from.
        max_episode_steps: steps after which an episode is truncated; None where it ends by itself.
        kwargs: defaults for the function: ``target``, ``data``, ``concepts``, ...

    Raises:
        UsageError: neither or both of ``make_mdp`` and ``env`` are given, or ``env`` is not registered.
    """
    if (make_mdp is None) == (env is None):
        raise UsageError(f"register_env({env_id!r}) takes either make_mdp or env")
    if env is not None:
        if env not in gym.registry:
            raise UsageError(f"no environment {env!r} to derive {env_id} from{did_you_mean(env, gym.registry)}")
        base = gym.registry[env]
        if "make_mdp" not in base.kwargs:
            raise UsageError(f"{env} edits no concepts: {env_id} cannot derive from it")
        kwargs = {**base.kwargs, **kwargs}
        make_mdp, max_episode_steps = kwargs.pop("make_mdp"), max_episode_steps or base.max_episode_steps
    gym.register(
        id=env_id,
        entry_point="failscape.envs.registration:make_env",
        vector_entry_point="failscape.envs.registration:make_vector_env",
        max_episode_steps=max_episode_steps,
        kwargs={"make_mdp": make_mdp, **kwargs},
    )
