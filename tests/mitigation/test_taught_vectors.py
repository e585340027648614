"""What a target has to learn: what it said before, and what the reference says of blind pairs."""

import pytest
import torch
from torch.nn.functional import normalize

from failscape.mitigation.taught_vectors import TaughtVectors, principal, taught_vectors

N, SEEN, FEATURES = 400, 3, 12


@pytest.fixture(scope="module")
def seen() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A target that sees three numbers; a reference that sees a sign, too; the sign; the reference's differences."""
    rng = torch.Generator().manual_seed(0)
    numbers = torch.randn(N, SEEN, generator=rng)
    sign = torch.randn(N, generator=rng).sign()
    spread = torch.linalg.qr(torch.randn(FEATURES, SEEN + 1, generator=rng)).Q
    target = normalize(numbers @ spread[:, :SEEN].T, dim=1)
    reference = normalize(torch.cat([numbers, 0.5 * sign[:, None]], dim=1) @ spread.T, dim=1)
    turned = normalize(torch.cat([numbers, -0.5 * sign[:, None]], dim=1) @ spread.T, dim=1)
    return target, reference, sign, turned


@pytest.fixture(scope="module")
def directions(seen: tuple[torch.Tensor, ...]) -> TaughtVectors:
    target, reference, _, turned = seen
    return taught_vectors(target, reference, turned - reference, 0.5)


def test_what_a_target_hardly_uses_says_what_the_reference_tells_apart(
    seen: tuple[torch.Tensor, ...], directions: TaughtVectors
) -> None:
    target, reference, sign, turned = seen
    assert directions.held.shape == (FEATURES, SEEN) and directions.told.shape == (FEATURES, 1)
    wanted = directions.wanted(target, reference)
    said = (wanted @ directions.taught)[:, 0]
    said = said * (said @ sign).sign()
    assert torch.equal(said.sign(), sign)
    apart = (wanted * directions.wanted(target, turned)).sum(dim=1)
    assert apart.max() < 0.95, "blind pairs are to be told apart"
    torch.testing.assert_close(wanted.norm(dim=1), torch.ones(N))


def test_what_a_target_says_is_held(seen: tuple[torch.Tensor, ...], directions: TaughtVectors) -> None:
    target, reference, *_ = seen
    kept = directions.kept(target)
    torch.testing.assert_close(kept @ kept.T, target @ target.T)
    torch.testing.assert_close(directions.kept(directions.wanted(target, reference)), kept)


def test_what_both_take_for_alike_stays_alike(seen: tuple[torch.Tensor, ...], directions: TaughtVectors) -> None:
    target, reference, *_ = seen
    once, again = directions.wanted(target[:5], reference[:5]), directions.wanted(target[:5], reference[:5])
    torch.testing.assert_close((once * again).sum(dim=1), torch.ones(5))


@pytest.mark.parametrize("n_pictures", [3, 40])
def test_a_target_that_uses_all_its_directions_gives_some_up(n_pictures: int) -> None:
    rng = torch.Generator().manual_seed(1)
    target, reference = (normalize(torch.randn(n_pictures, 8, generator=rng), dim=1) for _ in range(2))
    directions = taught_vectors(target, reference, torch.randn(30, 8, generator=rng), 0.5)
    both = torch.cat([directions.held, directions.taught], dim=1)
    assert directions.taught.shape == (8, 2), "a quarter at most"
    torch.testing.assert_close(both.T @ both, torch.eye(both.shape[1]), atol=1e-5, rtol=0)


def test_principal_directions_are_those_of_the_singular_values() -> None:
    vectors = torch.randn(50, 6, generator=torch.Generator().manual_seed(2)) * torch.tensor([9, 4, 2, 1, 0.1, 0])
    directions, n = principal(vectors, 0.99)
    sizes = torch.linalg.svdvals(vectors).square()
    torch.testing.assert_close((vectors @ directions).square().sum(dim=0), sizes, rtol=1e-4, atol=1e-4)
    assert sizes[:n].sum() >= 0.99 * sizes.sum() > sizes[: n - 1].sum()
