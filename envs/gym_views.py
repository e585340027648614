"""The Gymnasium views of a concept MDP: one environment, and many in lockstep with one target forward per step."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from failscape.envs.cached_evaluator import CachedEvaluator
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.state import Outcome, State
from failscape.errors import UsageError
from failscape.targets.base import Target, device_of
from failscape.targets.registry import load_target


def explorable(mdp: ConceptMDP) -> np.ndarray:
    """Indices of the items that exploration may see; the held-out ones are for confirming what it finds.

    Raises:
        UsageError: there are none.
    """
    items = np.flatnonzero(mdp.playable)
    if not len(items) and not mdp.items.held_out.all():
        raise UsageError("no item can begin a walk: the target fails on all of them unedited, or none has a start")
    if not len(items):
        raise UsageError(f"all {len(mdp.items)} items are held out: there is nothing to explore; give more items")
    return items


class ConceptEnv(gym.Env[np.ndarray, np.int64]):
    """One episode at a time: the batch of one.

    ``env.unwrapped.describe_action(17)`` says what the action of that number does.

    Args:
        mdp: the dynamics.
        memory: outcomes remembered, so that a repeated probe asks the target nothing.
        render_mode: ``"rgb_array"`` shows the edited image.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 1}  # noqa: RUF012 - as Gymnasium has it

    def __init__(self, mdp: ConceptMDP, *, memory: int = 0, render_mode: str | None = None) -> None:
        self.mdp, self.render_mode = mdp, render_mode
        self.observation_space, self.action_space = mdp.observation_space, mdp.action_space
        self.evaluator = CachedEvaluator(mdp.evaluator, memory)
        self._pool = explorable(mdp)
        self._state: State | None = None  # None before the first episode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """A random item, unedited; ``options={"item": i}`` chooses it."""
        super().reset(seed=None if seed is None else int(seed))
        item = named_item(self.mdp, options)
        item = draw(self._pool, self.np_random) if item is None else item
        self._state = self.mdp.initial(np.array([item]))
        return self.mdp.observe(self._state)[0], {"item": item}

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Edit the item and ask the target.

        Raises:
            UsageError: there is no such action, or no episode goes on: it ended, or none was begun by :meth:`reset`.
        """
        before = begun(self._state)
        if self.mdp.terminal(before)[0] or self.mdp.truncated(before)[0]:
            raise UsageError("the episode has ended: call reset() to begin another")
        after = self.mdp.transition(before, actions_of(action, 1))
        outcome, cached = ask(self.mdp, self.evaluator, after)
        self._state, reward = self.mdp.apply_outcome(before, after, outcome)
        info = {key: values[0] for key, values in step_info(self._state, outcome, cached).items()}
        # Gymnasium makes objects of numpy's bools.
        info |= {key: bool(info[key]) for key in ("failed", "cached", "input_truncated")}
        terminated = bool(self.mdp.terminal(self._state)[0])
        truncated = bool(self.mdp.truncated(self._state)[0])
        return self.mdp.observe(self._state)[0], float(reward[0]), terminated, truncated, info

    def describe_action(self, action: int | np.integer[Any]) -> str:
        """What an action does: see :meth:`ConceptMDP.describe_action`."""
        return self.mdp.describe_action(actions_of(action, 1)[0])

    def render(self) -> np.ndarray:
        """The edited image, ``(H, W, 3)`` uint8."""
        state = begun(self._state)
        frame = self.mdp.edited(state, self.mdp.inputs(state)).frame(0)
        if frame is None:
            raise UsageError(f"the items of {self.mdp.target.name} are not images: there is nothing to render")
        return frame


class ConceptVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """``num_envs`` episodes in lockstep: one target forward per step, none per reset.

    Same trajectories as ``SyncVectorEnv`` over :class:`ConceptEnv` with ``AutoresetMode.SAME_STEP``.
    ``envs.unwrapped.describe_action(17)`` says what the action of that number does, in any slot.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012 - as Gymnasium has it

    def __init__(
        self,
        mdp: ConceptMDP,
        num_envs: int,
        *,
        max_episode_steps: int | None = None,
        memory: int = 0,
        render_mode: str | None = None,
    ) -> None:
        self.mdp, self.num_envs, self.render_mode = mdp, num_envs, render_mode
        self.max_episode_steps = max_episode_steps or np.iinfo(np.int64).max
        self.single_observation_space, self.single_action_space = mdp.observation_space, mdp.action_space
        self.observation_space = batch_space(mdp.observation_space, num_envs)
        self.action_space = batch_space(mdp.action_space, num_envs)
        self.evaluator = CachedEvaluator(mdp.evaluator, memory)
        self.recorder: Recorder | None = None
        self._pool = explorable(mdp)
        self._rngs = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._state: State | None = None  # None before the first episodes

    def with_target(self, target: Target | str) -> ConceptVectorEnv:
        """The same items and edits around another target, such as this one fine-tuned: a URI, or the target itself.

        Raises:
            UsageError: it cannot be loaded, knows other classes or takes other inputs.
        """
        other = load_target(target, str(device_of(self.mdp.target))) if isinstance(target, str) else target
        limit = None if self.max_episode_steps == np.iinfo(np.int64).max else self.max_episode_steps
        twin = ConceptVectorEnv(
            self.mdp.with_target(other),
            self.num_envs,
            max_episode_steps=limit,
            memory=self.evaluator.capacity,
            render_mode=self.render_mode,
        )
        twin.spec = copy.deepcopy(self.spec)
        if twin.spec is not None:
            twin.spec.kwargs["target"] = other.name
        return twin

    def describe_action(self, action: int | np.integer[Any]) -> str:
        """What an action does, in any slot: see :meth:`ConceptMDP.describe_action`."""
        return self.mdp.describe_action(actions_of(action, 1)[0])

    def _restart(self, where: np.ndarray) -> None:
        items = np.array([draw(self._pool, self._rngs[i]) for i in np.flatnonzero(where)], np.int64)
        for column, fresh in zip(begun(self._state), self.mdp.initial(items), strict=True):
            column[where] = fresh

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """A random unedited item in every slot; ``options={"item": i}`` puts one into all."""
        if seed is not None:
            seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, int | np.integer) else seed
            pairs = zip(seeds, self._rngs, strict=True)
            self._rngs = [rng if s is None else seeding.np_random(int(s))[0] for s, rng in pairs]
        item = named_item(self.mdp, options)
        items = np.array([draw(self._pool, rng) if item is None else item for rng in self._rngs], np.int64)
        self._state = self.mdp.initial(items)
        return self.mdp.observe(self._state), masked({"item": items}, np.ones(self.num_envs, bool))

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Edit every slot's item, ask the target once, and restart the slots that ended.

        Raises:
            UsageError: there is no such action, there are not as many as slots, or no episode was begun.
        """
        before = begun(self._state)
        self._state = self.mdp.transition(before, actions_of(actions, self.num_envs))
        outcome, cached = ask(self.mdp, self.evaluator, self._state)
        if self.recorder is not None and self.mdp.scheme.queries_target(self._state):
            self.recorder.weigh(self.mdp.crowding(self._state))
            self.recorder.record(self._state, outcome, cached)
        self._state, reward = self.mdp.apply_outcome(before, self._state, outcome)
        info = step_info(self._state, outcome, cached)
        terminated = self.mdp.terminal(self._state)
        truncated = self.mdp.truncated(self._state) | (self._state.steps >= self.max_episode_steps)
        observation = self.mdp.observe(self._state)
        done = terminated | truncated
        if not done.any():
            return observation, reward.astype(np.float64), terminated, truncated, masked(info, ~done)
        final = np.full(self.num_envs, None, object)
        for i in np.flatnonzero(done):
            final[i] = observation[i]
        self._restart(done)
        infos = masked(info, ~done) | masked({"item": self._state.items}, np.ones(self.num_envs, bool))
        infos |= {"final_obs": final, "_final_obs": done, "final_info": masked(info, done), "_final_info": done}
        return self.mdp.observe(self._state), reward.astype(np.float64), terminated, truncated, infos


def begun(state: State | None) -> State:
    """The state of episodes that were begun.

    Raises:
        UsageError: none was.
    """
    if state is None:
        raise UsageError("no episode was begun: call reset() before the first step")
    return state


def actions_of(actions: Any, n: int) -> np.ndarray:
    """Whole numbers, one for each of ``n`` slots: ``(n,)``.

    Raises:
        UsageError: they are not as many, or no whole numbers.
    """
    found = np.asarray(actions)
    if n == 1 and found.ndim == 0:
        found = found[None]
    if found.shape != (n,):
        wanted = "one whole number" if n == 1 else f"{n} whole numbers, an array of shape ({n},)"
        raise UsageError(f"an action is {wanted}, not an array of shape {found.shape}")
    if not np.issubdtype(found.dtype, np.integer):
        raise UsageError(f"an action is a whole number, not {found[0]!r}")
    return found


def ask(mdp: ConceptMDP, evaluator: CachedEvaluator, state: State) -> tuple[Outcome, np.ndarray]:
    """Outcomes of a step ``(B,)``, and which of them cost no query ``(B,)`` bool: remembered, or not asked for."""
    if mdp.scheme.queries_target(state):
        return evaluator.ask(mdp.probes(state))
    return mdp.placeholder_outcome(state), np.ones(len(state.items), bool)


def slot_seeds(seed: int, num_envs: int) -> list[int]:
    """A seed per slot, far from those of neighbouring run seeds.

    Gymnasium gives slot ``i`` the seed ``seed + i``: runs 0 and 1 would share all item streams but one, and what they
    agree on would not be evidence.
    """
    return [int(child.generate_state(1)[0]) for child in np.random.SeedSequence(seed).spawn(num_envs)]


def draw(pool: np.ndarray, rng: np.random.Generator) -> int:
    """A random element of ``pool``."""
    return int(pool[rng.integers(len(pool))])


def named_item(mdp: ConceptMDP, options: dict[str, Any] | None) -> int | None:
    """The item that ``options`` of a reset name, held out or not; None where they name none."""
    if not options or "item" not in options:
        return None
    item = int(options["item"])
    if not 0 <= item < len(mdp.items):
        raise UsageError(f"no item {item}: they are 0 to {len(mdp.items) - 1}")
    return item


def step_info(state: State, outcome: Outcome, cached: np.ndarray) -> dict[str, np.ndarray]:
    """What a step tells beside observation and reward; each ``(B, ...)``, not shared with the state."""
    return {
        "item": state.items.copy(),
        "point": state.points.copy(),
        "failed": outcome.failed,
        "severity": outcome.severity,
        "predicted": outcome.predicted,
        "confidence": outcome.confidence,
        "score": outcome.score,
        "cached": cached,
        "output_text": outcome.output_text.copy(),
        "input_truncated": outcome.input_truncated,
    }


def masked(info: dict[str, np.ndarray], where: np.ndarray) -> dict[str, Any]:
    """Gymnasium's vector form: zeros where ``where`` is false, that mask beside each array; nothing if all false."""
    if not where.any():
        return {}
    shown = {key: _zero_where(values, ~where) for key, values in info.items()}
    return {**shown, **{f"_{key}": where.copy() for key in shown}}


def _zero_where(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    out = values.copy()
    out[where] = None if out.dtype == object else 0
    return out
