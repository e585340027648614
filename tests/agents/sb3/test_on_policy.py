"""PPO and A2C as explorers: the uniform share belongs to the policy, and propensities are what was drawn from."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from stable_baselines3 import PPO

from failscape.agents.registry import explore, load_hyperparameters
from failscape.agents.sb3.on_policy import SharingPolicy, draw, mix
from failscape.agents.sb3.propensity import Propensity, chances
from failscape.agents.sb3.vec_env import Sb3VecEnv
from failscape.agents.session import Session
from failscape.concepts import ConceptSpace
from failscape.envs.actions.factored import Factored
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.state import Outcome, State
from failscape.envs.tasks.toy import Shift, ShiftUp, ToyTarget, make_mdp, toy_items
from failscape.errors import UsageError
from failscape.rewards import CLASSIFICATION_REWARDS

SHARE = 0.2


def uneven() -> ConceptMDP:
    """Axis by axis over two levels and then three, so that actions wrap around."""
    space = ConceptSpace([Shift([-2, 2]), ShiftUp([-2, 0, 2])])
    return ConceptMDP(ToyTarget(), space, toy_items(), CLASSIFICATION_REWARDS["margin"], scheme=Factored(space))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.9])
def test_the_share_is_mixed_into_the_policy(share: float) -> None:
    logits = torch.tensor([[3.0, -1.0, 0.5], [40.0, -40.0, 0.0]])
    expected = (1 - share) * logits.softmax(dim=1) + share / 3
    torch.testing.assert_close(mix(logits, share).exp(), expected)


def test_draws_are_distributed_as_claimed_and_slots_leave_each_other_alone() -> None:
    probabilities = np.array([[0.1, 0.0, 0.6, 0.3], [0.0, 1.0, 0.0, 0.0]])

    def drawn(seeds: list[int]) -> np.ndarray:
        rngs = [np.random.default_rng(seed) for seed in seeds]
        return np.array([draw(probabilities, rngs) for _ in range(3000)])

    found = drawn([0, 1])
    counts = np.bincount(found[:, 0], minlength=4)
    assert counts[1] == 0 and (found[:, 1] == 1).all()
    assert chisquare(counts[[0, 2, 3]], 3000 * probabilities[0, [0, 2, 3]]).pvalue > 1e-3
    np.testing.assert_array_equal(drawn([0, 7])[:, 0], found[:, 0])


def test_actions_that_do_the_same_share_a_chance() -> None:
    probabilities = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]])
    np.testing.assert_allclose(chances(probabilities, np.array([0, 3]), 4), [0.1, 0.1])
    np.testing.assert_allclose(chances(probabilities, np.array([0, 3]), 3), [0.5, 0.5])
    np.testing.assert_allclose(chances(probabilities, np.array([2, 1]), 1), [1, 1])


def test_a_points_propensity_is_the_product_over_its_axes() -> None:
    mdp = uneven()
    recorder = Recorder(None, mdp.space)
    propensity = Propensity(mdp, recorder)
    for _ in range(2):  # the second episode begins afresh
        assert propensity.n_choices == 2
        propensity.claim(np.array([0.5, 0.25]))
        assert recorder.propensity is None and propensity.n_choices == 3
        propensity.claim(np.array([0.1, 1.0]))
        np.testing.assert_allclose(recorder.propensity, [0.05, 0.25])
        recorder.propensity = None


def test_what_is_recorded_is_the_chance_of_what_was_drawn_and_what_gradients_are_taken_of() -> None:
    envs = ConceptVectorEnv(make_mdp(), 4)
    session = Session(Recorder(None, envs.mdp.space), 100)
    kwargs = {"uniform_share": SHARE, "net_arch": [16]}
    agent = PPO(SharingPolicy, Sb3VecEnv(envs), seed=0, device="cpu", n_steps=4, batch_size=16, policy_kwargs=kwargs)
    policy = agent.policy
    assert isinstance(policy, SharingPolicy)
    policy.attach(envs.mdp, session, 0, 4)
    observations = torch.from_numpy(envs.reset(seed=0)[0])
    actions, values, log_probabilities = policy(observations)
    recorded = session.recorder.propensity
    assert recorded is not None and (recorded >= SHARE / 25 - 1e-6).all()
    np.testing.assert_allclose(recorded, log_probabilities.exp().detach().numpy(), rtol=1e-5)
    again, same, _ = policy.evaluate_actions(observations, actions)
    torch.testing.assert_close(same, log_probabilities)
    torch.testing.assert_close(again, values)


class Kept(Recorder):
    """Keeps items, points and propensities."""

    def __init__(self, space: ConceptSpace) -> None:
        super().__init__(None, space)
        self.rows: list[tuple[int, int, float]] = []

    def record(self, state: State, outcome: Outcome, cached: np.ndarray) -> None:
        """Take in one step."""
        assert self.propensity is not None
        self.rows += zip(state.items, self.space.index(state.points), self.propensity, strict=True)
        super().record(state, outcome, cached)


@pytest.mark.parametrize("name", ["dqn", "qrdqn", "ppo", "a2c"])
@pytest.mark.parametrize("moves", ["macro", "factored"])
def test_inverse_propensities_undo_what_was_preferred(name: str, moves: str) -> None:
    """Each probe's inverse propensity counts a point once per probe in the mean, whatever was learned meanwhile."""
    mdp: Any = make_mdp() if moves == "macro" else uneven()
    values = load_hyperparameters(name, "none", scheme=moves)
    own = {key: value for key, value in values.items() if key not in {"num_envs", "budget", "memory"}}
    own |= {"uniform_share": 0.5} if "uniform_share" in own else {"learning_starts": 64}
    envs = ConceptVectorEnv(mdp, 8)
    envs.recorder = recorder = Kept(mdp.space)
    explore(name, envs, Session(recorder, 1200), 0, own)
    _, points, propensities = (np.array(column) for column in zip(*recorder.rows, strict=True))
    visits = np.bincount(points, minlength=mdp.space.n_points)
    assert visits.max() > 1.3 * visits.mean()  # some are preferred, ...
    for point in range(mdp.space.n_points):
        weights = np.where(points == point, 1 / propensities, 0)
        error = weights.std() / np.sqrt(len(weights))
        assert abs(weights.mean() - 1) < 4 * error, point  # ... and the weights take it back
    assert propensities.min() > 0 and propensities.max() <= 1 + 1e-9


def test_a_budget_that_ends_within_the_first_rollout_is_refused() -> None:
    envs = ConceptVectorEnv(make_mdp(), 8)
    own = load_hyperparameters("ppo", "none")
    own = {key: value for key, value in own.items() if key not in {"num_envs", "budget", "memory"}}
    with pytest.raises(UsageError, match=r"a budget of 32 ends within the first rollout of 32 steps; raise --budget"):
        explore("ppo", envs, Session(Recorder(None, envs.mdp.space), 32), 0, own)
    with pytest.raises(UsageError, match=r"uniform_share must lie in \[0, 1\), got 1"):
        explore("ppo", envs, Session(Recorder(None, envs.mdp.space), 99), 0, {**own, "uniform_share": 1})
