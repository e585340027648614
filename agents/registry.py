"""Explorers by name: what they are, what they need, and their hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module, resources
from typing import Any, NamedTuple

import yaml

from failscape.agents.base import Explore, Learner
from failscape.agents.session import Session
from failscape.common.registry import Registry
from failscape.common.task import task_of_env
from failscape.envs.actions.base import ActionScheme
from failscape.envs.actions.parsing import SCHEMES
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.errors import UsageError, did_you_mean


class Explorer(NamedTuple):
    """An entry of the registry."""

    summary: str
    run: str  # "module:function" of (envs, session, seed, hyperparameters), imported when it is needed
    needs: str = ""  # property of an action scheme without which it cannot play; nothing where empty

    def plays(self, scheme: ActionScheme | type[ActionScheme]) -> bool:
        """Whether it can play an action scheme."""
        return not self.needs or bool(getattr(scheme, self.needs))


POINTS, LATTICE, REACHES = "actions_are_points", "is_lattice", "reaches_points"
EXPLORERS = Registry(
    {
        "dqn": Explorer(
            "SB3 deep Q-learning; half of its episodes stay uniform and feed the landscape",
            "failscape.agents.sb3.dqn:explore_dqn",
        ),
        "qrdqn": Explorer(
            "deep Q-learning of the whole distribution of rewards (sb3_contrib)",
            "failscape.agents.sb3.qrdqn:explore_qrdqn",
        ),
        "ppo": Explorer("SB3 proximal policy optimisation", "failscape.agents.sb3.on_policy:explore_ppo"),
        "a2c": Explorer("SB3 advantage actor-critic", "failscape.agents.sb3.on_policy:explore_a2c"),
        "ucb1": Explorer(
            "upper confidence bounds over the points", "failscape.agents.search.bandits:explore_ucb1", POINTS
        ),
        "thompson": Explorer(
            "Thompson sampling over the points", "failscape.agents.search.bandits:explore_thompson", POINTS
        ),
        "bayes": Explorer(
            "Bayesian optimisation: Thompson sampling from a Gaussian process over the lattice",
            "failscape.agents.search.bayes:explore_bayes",
            POINTS,
        ),
        "fsrl-epsilon": Explorer(
            "FSRL's baseline: classes that failed are drawn more often, points are uniform",
            "failscape.agents.search.fsrl:explore_epsilon",
            POINTS,
        ),
        "fsrl-threshold": Explorer(
            "FSRL's baseline: one class until the target has held five times, points are uniform",
            "failscape.agents.search.fsrl:explore_threshold",
            POINTS,
        ),
        "best-first": Explorer(
            "greedy search for the smallest edit that breaks each item",
            "failscape.agents.search.best_first:explore_best_first",
            LATTICE,
        ),
        "random": Explorer(
            "uniform points of uniform items, or random walks: the honest baseline",
            "failscape.agents.search.random:explore_random",
        ),
        "scan": Explorer("every item at every point: the truth", "failscape.agents.search.exhaustive:scan", REACHES),
    },
    unknown="no explorer {name!r}",
)
DEFAULTS = {"macro": "dqn", "factored": "random", "micro": "best-first", "fsrl": "random"}


def default_explorer(scheme: str | None, env_id: str = "") -> str:
    """The explorer for an environment, where its family has one of its own, or for an action scheme by its name.

    That of ``macro`` where no scheme is named.
    """
    task = task_of_env(env_id)
    if task is not None and task.explorer is not None:
        return task.explorer
    return DEFAULTS.get(scheme or "macro", "dqn")


def explore(
    name: str, envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]
) -> Learner | None:
    """Spend the session's budget; returns what was learned where the explorer learns.

    Raises:
        UsageError: an unknown explorer, or one that cannot move as the environment does.
    """
    check_scheme(name, envs.mdp.scheme)
    module, _, function = EXPLORERS.find(name).run.partition(":")
    run: Explore = getattr(import_module(module), function)
    return run(envs, session, seed, hyperparameters)


def check_scheme(name: str, scheme: ActionScheme) -> None:
    """Refuse an explorer that cannot move as an environment does."""
    entry = EXPLORERS.find(name)
    if not entry.plays(scheme):
        plays = [other for other, kind in SCHEMES.items() if entry.plays(kind)]
        able = [other for other, one in EXPLORERS.items() if one.plays(scheme) and other != "scan"]
        raise UsageError(f"{name} plays {', '.join(plays)}, not {scheme.name}; use --algo {' or '.join(able)}")


def load_hyperparameters(
    algo: str, env_id: str, overrides: Mapping[str, Any] | None = None, scheme: str = "macro"
) -> dict[str, Any]:
    """Hyperparameters of an explorer in an environment.

    Later ones win: ``default`` < those for an action scheme < the environment's own < ``overrides``.

    Raises:
        UsageError: an unknown explorer, or an override whose key the explorer does not have.
    """
    EXPLORERS.find(algo)
    text = resources.files("failscape.agents").joinpath(f"hyperparams/{algo}.yml").read_text()
    table = yaml.safe_load(text)
    values: dict[str, Any] = {**table["default"], **table.get(scheme, {}), **table.get(env_id, {})}
    for key, value in (overrides or {}).items():
        if key not in values:
            raise UsageError(f"{algo} has no setting {key!r}{did_you_mean(key, values)}")
        values[key] = value
    return values
