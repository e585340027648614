"""Explorers by name: what they are, how they may move, and their hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module, resources
from typing import Any, NamedTuple

import yaml

from failscape.agents.base import Explore, Learner
from failscape.agents.session import Session
from failscape.envs.views import ConceptVectorEnv
from failscape.errors import UsageError, did_you_mean


class Explorer(NamedTuple):
    """An entry of the registry."""

    summary: str
    run: str  # "module:function" of (envs, session, seed, hyperparameters), imported when it is needed
    moves: tuple[str, ...]  # ways to explore that it can play


MACRO = ("macro",)
ALL = ("macro", "factored", "micro", "fsrl")
EXPLORERS = {
    "dqn": Explorer(
        "SB3 deep Q-learning; half of its episodes stay uniform and feed the landscape",
        "failscape.agents.dqn:explore_dqn",
        ALL,
    ),
    "qrdqn": Explorer(
        "deep Q-learning of the whole distribution of rewards (sb3_contrib)",
        "failscape.agents.qrdqn:explore_qrdqn",
        ALL,
    ),
    "ppo": Explorer("SB3 proximal policy optimisation", "failscape.agents.on_policy:explore_ppo", ALL),
    "a2c": Explorer("SB3 advantage actor-critic", "failscape.agents.on_policy:explore_a2c", ALL),
    "ucb1": Explorer("upper confidence bounds over the points", "failscape.agents.bandits:explore_ucb1", MACRO),
    "thompson": Explorer("Thompson sampling over the points", "failscape.agents.bandits:explore_thompson", MACRO),
    "bayes": Explorer(
        "Bayesian optimisation: Thompson sampling from a Gaussian process over the lattice",
        "failscape.agents.bayes:explore_bayes",
        MACRO,
    ),
    "fsrl-epsilon": Explorer(
        "FSRL's baseline: classes that failed are drawn more often, points are uniform",
        "failscape.agents.fsrl:explore_epsilon",
        MACRO,
    ),
    "fsrl-threshold": Explorer(
        "FSRL's baseline: one class until the target has held five times, points are uniform",
        "failscape.agents.fsrl:explore_threshold",
        MACRO,
    ),
    "best-first": Explorer(
        "greedy search for the smallest edit that breaks each item",
        "failscape.agents.best_first:explore_best_first",
        ("micro",),
    ),
    "random": Explorer(
        "uniform points of uniform items, or random walks: the honest baseline",
        "failscape.agents.random:explore_random",
        ALL,
    ),
    "scan": Explorer(
        "every item at every point: the truth", "failscape.agents.scan:scan", ("macro", "factored", "micro")
    ),
}
DEFAULTS = {"macro": "dqn", "factored": "random", "micro": "best-first", "fsrl": "random"}


def default_explorer(moves: str | None) -> str:
    """The explorer for a way to explore; that of ``macro`` where the way is not named."""
    return DEFAULTS.get(moves or "macro", "dqn")


def explore(
    name: str, envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]
) -> Learner | None:
    """Spend the session's budget; returns what was learned where the explorer learns.

    Raises:
        UsageError: an unknown explorer, or one that cannot move as the environment does.
    """
    check_moves(name, envs.mdp.moves.name)
    module, _, function = find_explorer(name).run.partition(":")
    run: Explore = getattr(import_module(module), function)
    return run(envs, session, seed, hyperparameters)


def find_explorer(name: str) -> Explorer:
    """The entry of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in EXPLORERS:
        raise UsageError(f"no explorer {name!r}{did_you_mean(name, EXPLORERS)}")
    return EXPLORERS[name]


def check_moves(name: str, moves: str) -> None:
    """Refuse an explorer that cannot move as an environment does."""
    plays = find_explorer(name).moves
    if moves not in plays:
        able = [other for other, entry in EXPLORERS.items() if moves in entry.moves and other != "scan"]
        raise UsageError(f"{name} plays {', '.join(plays)}, not {moves}; use --algo {' or '.join(able)}")


def load_hyperparameters(
    algo: str, env_id: str, overrides: Mapping[str, Any] | None = None, moves: str = "macro"
) -> dict[str, Any]:
    """Hyperparameters of an explorer in an environment.

    Later ones win: ``default`` < those for a way to move < the environment's own < ``overrides``.

    Raises:
        UsageError: an unknown explorer, or an override whose key the explorer does not have.
    """
    find_explorer(algo)
    text = resources.files("failscape.agents").joinpath(f"hyperparams/{algo}.yml").read_text()
    table = yaml.safe_load(text)
    values: dict[str, Any] = {**table["default"], **table.get(moves, {}), **table.get(env_id, {})}
    for key, value in (overrides or {}).items():
        if key not in values:
            raise UsageError(f"{algo} has no setting {key!r}{did_you_mean(key, values)}")
        values[key] = value
    return values
