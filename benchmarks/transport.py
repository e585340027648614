"""Are distances and barycenters of failures right? Beside the linear programs that define them, on small lattices.

Distance: the plan of least cost between two distributions. Barycenter: the least total cost of plans from each given
distribution to a common one, over all common ones. Both are solved here by scipy, written out without POT; cases are
identical, shifted and two-peaked distributions, and random ones (seeds 0 to 9). What is compared is the optimal value,
because optima need not be unique.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog

from benchmarks.common import Row, finish, parser
from failscape.analysis.statistics.transport import barycenter, costs, wasserstein
from failscape.concepts import ConceptSpace, concept_space

SPACES = [
    concept_space(["rotation=-20,-10,0,10,20"]),
    concept_space(["rotation=-10,0,10", "darken=0.1,0.2,0.3"]),
    concept_space(["rotation=-10,0,10", "darken=0.1,0.2", "saturation=0.5,0.7"]),
]
RANDOM = 10


def main(argv: list[str] | None = None) -> int:
    args = parser(__doc__).parse_args(argv)
    distances, barycenters = [], []
    for space in SPACES:
        for name, given in cases(space):
            exact = least_cost(given[0], given[1], costs(space))
            distances.append(abs(wasserstein(given[0], given[1], space) - exact))
            cost = costs(space, power=2)
            found = barycenter(given, space)
            total = float(np.mean([least_cost(row, found, cost) for row in given]))
            barycenters.append(abs(total - least_mean_cost(given, cost)))
            print(f"{space}, {name}: errors {distances[-1]:.1e} and {barycenters[-1]:.1e}")
    rows = [
        Row("Wasserstein distance, largest error [levels]", max(distances), 1e-6, at_most=True),
        Row("barycenter, largest excess of its cost [levels²]", max(barycenters), 1e-6, at_most=True),
    ]
    return finish(args.json, rows, {"n_cases": len(distances), "seeds": RANDOM})


def cases(space: ConceptSpace) -> Iterator[tuple[str, np.ndarray]]:
    """Names and distributions ``(2 or 3, P)``."""
    p = space.n_points
    peak, far = np.eye(p)[0], np.eye(p)[-1]
    yield "identical", np.array([peak, peak])
    yield "shifted", np.array([peak, far])
    yield "two peaks", np.array([(peak + far) / 2, np.eye(p)[p // 2]])
    for seed in range(RANDOM):
        rates = np.random.default_rng(seed).random((3, p)) ** 3
        yield f"random {seed}", rates / rates.sum(axis=1, keepdims=True)


def least_cost(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> float:
    """Optimal transport between ``(P,)`` and ``(P,)``."""
    p = len(a)
    leaves = np.kron(np.eye(p), np.ones(p))
    arrives = np.kron(np.ones(p), np.eye(p))
    solved = linprog(cost.ravel(), A_eq=np.vstack([leaves, arrives]), b_eq=np.concatenate([a, b / b.sum()]))
    return float(solved.fun)


def least_mean_cost(given: np.ndarray, cost: np.ndarray) -> float:
    """Least mean cost from given distributions ``(S, P)`` to any common one."""
    s, p = given.shape
    n = s * p * p + p  # plans, then the common distribution
    objective = np.concatenate([np.tile(cost.ravel() / s, s), np.zeros(p)])
    rows, bounds = [], []
    for k in range(s):
        leaves, arrives = np.zeros((p, n)), np.zeros((p, n))
        plan = slice(k * p * p, (k + 1) * p * p)
        leaves[:, plan] = np.kron(np.eye(p), np.ones(p))
        arrives[:, plan] = np.kron(np.ones(p), np.eye(p))
        arrives[:, -p:] = -np.eye(p)
        rows += [leaves, arrives]
        bounds += [given[k], np.zeros(p)]
    # One row follows from the others; without it rounding cannot make them contradict each other.
    solved = linprog(objective, A_eq=np.vstack(rows)[1:], b_eq=np.concatenate(bounds)[1:])
    return float(solved.fun)


if __name__ == "__main__":
    sys.exit(main())
