"""The distance of twins: against independent tokens, a change of basis, and what a linear probe can read."""

import math

import torch

from zoo.erasure import Apart, TwinDistance

NONE = torch.zeros(2000, 0)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def seen(one: torch.Tensor, twin: torch.Tensor, signs: torch.Tensor = NONE, times: int = 3) -> Apart:
    distance = TwinDistance(one.shape[1], one.shape[2], signs.shape[1])
    return [distance(torch.cat([one, twin]), signs) for _ in range(times)][-1]


def test_equal_twins_are_at_no_distance_and_unrelated_ones_at_one() -> None:
    tokens = normal(2000, 3, 8)
    assert seen(tokens, tokens) == (0, 0)
    assert abs(seen(tokens, normal(2000, 3, 9)[..., :8]).twins - 1) < 0.05


def test_a_direction_that_hardly_varies_weighs_as_much_as_the_others() -> None:
    tokens, change = normal(2000, 2, 8), torch.zeros(2000, 2, 8)
    change[..., 0] = normal(2000, 2)
    scale = torch.ones(8)
    scale[0] = 0.1
    even, small = seen(tokens, tokens + change).twins, seen(tokens * scale, (tokens + change) * scale).twins
    assert even > 0.01 and abs(small - even) < 0.02 * even
    turn = torch.linalg.qr(normal(8, 8))[0]
    assert abs(seen(tokens @ turn, (tokens + change) @ turn).twins - even) < 0.02 * even


def test_class_means_are_compared_as_a_linear_probe_would() -> None:
    signs = normal(2000, 2).sign()
    tokens, along = 3 * normal(2000, 1, 8), torch.zeros(8)
    along[2] = 0.6  # a fifth of a standard deviation, from -1 to 1 twice that
    twins = tokens + signs[:, :1, None] * along
    told = seen(tokens, twins, signs, times=1).means
    d_squared = 0.6**2 / (9 + 0.6**2 / 4)  # of one factor; the other one tells nothing
    assert abs(told - math.log1p(d_squared) / 2) < 0.01
    alike = seen(tokens, tokens + normal(2000, 1, 8) / 10, signs, times=1).means
    assert alike < 0.001, "twins that differ, but not by a factor"


def test_a_factor_that_never_changes_is_no_error() -> None:
    tokens = normal(50, 1, 4)
    assert seen(tokens, tokens + 1, torch.zeros(50, 2)).means == 0


def test_tokens_that_never_vary_are_no_error() -> None:
    assert seen(torch.ones(50, 2, 4), torch.ones(50, 2, 4), torch.ones(50, 1)) == (0, 0)


def test_a_feature_that_varies_very_much_hides_no_other_where_ridges_are_their_own() -> None:
    tokens, signs = normal(2000, 1, 8), normal(2000, 1).sign()
    tokens[..., 0] *= 1000
    twins = tokens.clone()
    twins[..., 3] += signs
    hidden, told = (
        TwinDistance(1, 8, 1, own_ridge=own)(torch.cat([tokens, twins]), signs).means for own in (False, True)
    )
    assert hidden < 0.2 < 0.5 < told


def test_what_it_saw_is_kept_with_the_weights() -> None:
    tokens, signs = normal(100, 2, 4), torch.ones(50, 1)
    one, other = TwinDistance(2, 4, 1), TwinDistance(2, 4, 1)
    one(tokens, signs)
    other.load_state_dict(one.state_dict())
    assert one(tokens * 2, signs) == other(tokens * 2, signs)


def test_what_is_trained_with_it_no_longer_tells_the_factor() -> None:
    x = normal(400, 6)
    signs = -x[:, :1].sign()
    twins = x.clone()
    twins[:, 0] *= -1
    weights = torch.eye(6, requires_grad=True)
    distance, optimizer = TwinDistance(1, 6, 1), torch.optim.Adam([weights], lr=0.03)
    for _ in range(120):
        optimizer.zero_grad()
        apart = distance((torch.cat([x, twins]) @ weights)[:, None], signs)
        kept = ((x @ weights)[:, 1:] - x[:, 1:]).square().mean()
        (apart.twins + apart.means + 10 * kept).backward()
        optimizer.step()
    assert weights[0].norm() < 0.05 < 0.9 < weights[1:, 1:].norm(dim=0).min()
