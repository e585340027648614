"""Where things stand in a traffic scene. Lengths are fractions of the picture's side, y pointing down."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from failscape.data.street.traffic.factors import TrafficFactors

ROAD, KERB = 0.67, 0.87  # where the road and the pavement in front begin; beyond the road is what the place shows
FEET = 0.975  # of the people in front
SIGN_SIZE = 0.22
SLOTS = ((0.06, 0.16), (0.40, 0.5), (0.84, 0.94))  # from where to where each of three people may stand


class Spot(NamedTuple):
    """Where a vehicle stands and how large it is drawn."""

    x: float  # its middle
    ground: float  # where its wheels touch the road
    scale: float  # 1 near by


@dataclasses.dataclass(frozen=True)
class Layout:
    """All places of a scene."""

    sign: tuple[float, float]  # its centre
    vehicle: Spot
    people: tuple[float, ...]  # x of each
    bicycle: float  # x of its middle
    board: tuple[int, int]  # left and upper edge in cells; see board.py


def arrange(factors: TrafficFactors, rng: np.random.Generator) -> Layout:
    """Where everything stands; what one factor changes moves nothing that another one places."""
    jitter = rng.uniform(-1, 1, 8).tolist()
    order = rng.permutation(len(SLOTS)).tolist()
    shift = rng.random(len(SLOTS)).tolist()
    left_of_sign = factors.side == "left"
    sign = (0.5 + (0.36 if left_of_sign else -0.36) + 0.02 * jitter[0], 0.32 + 0.03 * jitter[1])
    near = factors.distance == "near"
    spot = Spot(0.5 + 0.05 * jitter[2], 0.82 if near else 0.715, 1.0 if near else 0.58)
    taken = sorted(order[: factors.count])
    people = tuple(SLOTS[slot][0] + (SLOTS[slot][1] - SLOTS[slot][0]) * shift[slot] for slot in taken)
    board = (9 + round(jitter[3]), 4 + round(jitter[4]))
    return Layout(sign, spot, people, 0.67 + 0.04 * jitter[5], board)
