"""The families of targets that come with failscape, one record each. To add one: its file here, and its line below."""

from __future__ import annotations

import gymnasium as gym

from failscape.common.task import Task, add_task
from failscape.envs.registration import register_env
from failscape.families import (
    blind_pairs,
    image_classification,
    recorded_answers,
    summarization,
    text_to_image,
    toy,
)

FAMILIES = (
    image_classification.TASK,
    summarization.TASK,
    text_to_image.TASK,
    blind_pairs.TASK,
    recorded_answers.TASK,
    toy.TASK,
)


def register_task(task: Task) -> None:
    """Make a family known: its environment to Gymnasium, its record to everything that asks for tasks by name.

    Registering it again changes nothing but the record.

    Raises:
        UsageError: another environment has the task's name.
    """
    add_task(task)
    if task.env_id not in gym.registry:
        register_env(task.env_id, task.make_mdp, max_episode_steps=task.max_episode_steps)


def register_families() -> None:
    """Register what comes with failscape."""
    for task in FAMILIES:
        register_task(task)
