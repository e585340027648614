"""Epsilon-greedy per episode: each episode is entirely uniform (probability epsilon) or entirely greedy.

Shapes: ``B`` environments.
"""

from __future__ import annotations

import numpy as np


class EpisodeEpsilonGreedy:
    """Epsilon-greedy by episode, so that a share ``epsilon`` of the episodes is uniform from first step to last.

    A draw per step, as in DQN, would make only ``epsilon ** K`` of the episodes of ``K`` steps uniform: too few for a
    landscape. Each slot has its own draw and its own generator, and consumes the same amount of randomness
    whatever is drawn, so that the draws of one slot never change those of another.

    Args:
        n_envs: slots; slot ``i`` draws from the ``i``-th child of ``seed``.
        seed: of all draws.
    """

    def __init__(self, n_envs: int, seed: int) -> None:
        self.rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(n_envs)]
        self._begins = np.ones(n_envs, bool)
        self._uniform = np.zeros(n_envs, bool)
        self._belief = np.zeros(n_envs)  # probability that the episode is uniform, given its actions so far

    def act(self, greedy: np.ndarray, epsilon: float, n_actions: int, n_choices: int) -> tuple[np.ndarray, np.ndarray]:
        """Actions ``(B,)`` int64 and the probability of each, ``(B,)``, given the episode before it.

        Args:
            greedy: the actions of greedy episodes, ``(B,)``.
            epsilon: probability that an episode that begins now is uniform; the others stay what they are.
            n_actions: of the environment.
            n_choices: different things that they do: actions with the same remainder do the same.
        """
        draws = np.array([_draw(rng, n_actions, n_choices) for rng in self.rngs])
        self._uniform = np.where(self._begins, draws[:, 0] < epsilon, self._uniform)
        belief = np.where(self._begins, epsilon, self._belief)
        self._begins = np.zeros(len(greedy), bool)
        actions = np.where(self._uniform, draws[:, 1].astype(np.int64), greedy).astype(np.int64)
        by_chance = belief / n_choices
        chances = by_chance + (1 - belief) * (actions % n_choices == greedy % n_choices)
        self._belief = by_chance / chances  # Bayes' rule
        return actions, chances

    def end(self, done: np.ndarray) -> None:
        """Say which episodes have ended, ``(B,)`` bool: the next action of these begins another."""
        self._begins = done.copy()


def _draw(rng: np.random.Generator, n_actions: int, n_choices: int) -> tuple[float, int]:
    """A number in [0, 1), and an action: each thing to do is equally likely, and so is each action that does it."""
    number, choice = rng.random(), int(rng.integers(n_choices))
    same = (n_actions - 1 - choice) // n_choices + 1
    return number, choice + n_choices * int(rng.integers(same))
