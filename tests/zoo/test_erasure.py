"""The distance of twins: against independent tokens, a change of basis, and what a linear probe can read."""

import torch

from zoo.erasure import TwinDistance


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def seen(one: torch.Tensor, twin: torch.Tensor, times: int = 3) -> float:
    distance = TwinDistance(one.shape[1], one.shape[2])
    return [float(distance(torch.cat([one, twin]))) for _ in range(times)][-1]


def test_equal_twins_are_at_no_distance_and_unrelated_ones_at_one() -> None:
    tokens = normal(2000, 3, 8)
    assert seen(tokens, tokens) == 0
    assert abs(seen(tokens, normal(2000, 3, 9)[..., :8]) - 1) < 0.05


def test_a_direction_that_hardly_varies_weighs_as_much_as_the_others() -> None:
    tokens, change = normal(2000, 2, 8), torch.zeros(2000, 2, 8)
    change[..., 0] = normal(2000, 2)
    scale = torch.ones(8)
    scale[0] = 0.3
    even, small = seen(tokens, tokens + change), seen(tokens * scale, (tokens + change) * scale)
    assert even > 0.01 and abs(small - even) < 0.02 * even
    turn = torch.linalg.qr(normal(8, 8))[0]
    assert abs(seen(tokens @ turn, (tokens + change) @ turn) - even) < 0.02 * even


def test_tokens_that_never_vary_are_no_error() -> None:
    assert seen(torch.ones(50, 2, 4), torch.ones(50, 2, 4)) == 0


def test_what_it_saw_is_kept_with_the_weights() -> None:
    tokens = normal(100, 2, 4)
    one, other = TwinDistance(2, 4), TwinDistance(2, 4)
    one(tokens)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(tokens + 1), other(tokens + 1))
