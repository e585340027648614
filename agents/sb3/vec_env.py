"""Stable-Baselines3's view of a Gymnasium vector environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from failscape.envs.gym_views import ConceptVectorEnv, slot_seeds


class Sb3VecEnv(VecEnv):
    """Adapts a vector environment that resets in the same step.

    What SB3 wants differently: ``terminated | truncated`` as one ``done``, one info dict per environment, the last
    observation of an episode under ``terminal_observation``.
    """

    def __init__(self, envs: ConceptVectorEnv) -> None:
        if envs.metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
            raise ValueError("SB3 needs AutoresetMode.SAME_STEP")
        self.envs = envs
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> VecEnvObs:
        """First observations ``(B, D)``."""
        seeds = None if self._seeds[0] is None else list(self._seeds)
        observation, _ = self.envs.reset(seed=seeds)
        self._reset_seeds()
        self._reset_options()
        return observation

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seeds of the next reset, one per slot and unlike those of the next run's seed."""
        self._seeds = [None] * self.num_envs if seed is None else list(slot_seeds(seed, self.num_envs))
        return self._seeds

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions ``(B,)`` for :meth:`step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Observations, rewards, dones, and an info dict per environment."""
        observation, reward, terminated, truncated, info = self.envs.step(self._actions)
        done = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(done):
            infos[i]["terminal_observation"] = info["final_obs"][i]
            infos[i]["TimeLimit.truncated"] = bool(truncated[i] and not terminated[i])
        return observation, reward.astype(np.float32), done, infos

    def close(self) -> None:
        """Close the environments."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The same attribute for each index: the environments share one state."""
        return [getattr(self.envs, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refused: the environments share one state."""
        raise AttributeError("the environments share one state; set it on .envs")

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """Refused: the environments share one state."""
        raise AttributeError("the environments share one state; call .envs")

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """Never wrapped."""
        return [False for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Nothing to see."""
        return [None] * self.num_envs
