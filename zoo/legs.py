"""Training in legs: one that is stopped or killed goes on to the same weights.

A leg has a fixed number of steps, and its learning rate rises and falls once. Its batches depend on its number and the
step alone. Its state lies in ``runs/zoo/NAME/``, is written whole or not at all, and is deleted when the leg ends.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

STATES = Path("runs") / "zoo"
SAVED_EVERY = 100  # steps


@dataclass(frozen=True)
class Leg:
    """One leg of a training."""

    name: str  # of the checkpoint
    number: int  # 1 for the first
    steps: int
    lr: float
    weight_decay: float = 0.02
    warm_up: float = 0.1  # share of the steps during which the learning rate rises
    clip: float = 1.0  # norm of the gradient at most

    @property
    def state(self) -> Path:
        """Where its state is kept until it ends."""
        return STATES / self.name / f"leg-{self.number}.pt"


def train_leg(
    leg: Leg,
    model: nn.Module,
    loss: Callable[[int], torch.Tensor],
    minutes: float,
    tell: Callable[[str], None] | None = None,
) -> bool:
    """Trains ``model`` until the leg ends or the time is over; whether it ended.

    Args:
        leg: what is trained how.
        model: all that is trained, in training mode; changed in place.
        loss: of the batch of a step, from 0; a function of the step and of the weights alone.
        minutes: after which it stops; called again it goes on.
        tell: told the mean loss now and then; prints it by default.
    """
    say = tell or partial(print, flush=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=leg.lr, weight_decay=leg.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, leg.lr, leg.steps, pct_start=leg.warm_up)
    done, before = _load(leg, model, optimizer, schedule)
    start, losses = time.monotonic(), []
    for step in range(done, leg.steps):
        value = loss(step)
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), leg.clip)
        optimizer.step()
        schedule.step()
        losses.append(value.item())
        over = time.monotonic() - start > 60 * minutes
        if (step + 1) % SAVED_EVERY == 0 or over:
            hours = before + (time.monotonic() - start) / 3600
            _save(leg, model, optimizer, schedule, step + 1, hours)
            say(f"leg {leg.number}: step {step + 1}/{leg.steps}, loss {sum(losses) / len(losses):.4f}, {hours:.2f} h")
            losses = []
        if over and step + 1 < leg.steps:
            return False
    return True


def reduced(device: str) -> torch.autocast:
    """Computes in bfloat16 where that is faster.

    Processors without AVX-512 emulate it: a step of the autoencoder took 15 s or more there, and 4.4 s in float32.
    """
    able = device != "cpu" or "AVX512" in torch.backends.cpu.get_cpu_capability()
    return torch.autocast(device, torch.bfloat16, enabled=able)


def hours_spent(leg: Leg) -> float:
    """Hours that the leg has taken so far; 0 where it has no state."""
    return float(torch.load(leg.state, weights_only=True)["hours"]) if leg.state.exists() else 0.0


def forget(leg: Leg) -> None:
    """Deletes the state of a leg whose checkpoint is written."""
    leg.state.unlink(missing_ok=True)


def add_arguments(parser: argparse.ArgumentParser, steps: int | None) -> argparse.ArgumentParser:
    """Adds what every training script takes from the command line."""
    parser.add_argument("--minutes", type=float, default=150, help="stop after this time; called again it goes on")
    parser.add_argument("--steps", type=int, default=steps, help="steps of the leg")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="folder of the checkpoint")
    return parser


def _load(leg: Leg, model: nn.Module, optimizer: Any, schedule: Any) -> tuple[int, float]:
    """Steps and hours that are done, with everything as it was then."""
    if not leg.state.exists():
        return 0, 0.0
    state = torch.load(leg.state, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"]), float(state["hours"])


def _save(leg: Leg, model: nn.Module, optimizer: Any, schedule: Any, step: int, hours: float) -> None:
    leg.state.parent.mkdir(parents=True, exist_ok=True)
    part = leg.state.with_suffix(".part")
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
        "hours": hours,
    }
    torch.save(state, part)
    os.replace(part, leg.state)
