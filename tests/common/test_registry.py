"""The registry: unknown names are met with the closest one, taken ones with their owner."""

import pytest

from failscape.common.registry import Registry, address
from failscape.errors import UsageError


class Rook:
    def __call__(self) -> str:
        return "castles"


def king() -> None: ...


def test_a_name_that_is_unknown_is_met_with_the_closest() -> None:
    pieces = Registry({"rook": Rook, "king": king}, unknown="no piece {name!r}")
    assert pieces.find("king") is king and list(pieces) == ["rook", "king"]
    with pytest.raises(UsageError, match=r"no piece 'rok'; did you mean rook\?"):
        pieces.find("rok")


def test_the_same_again_replaces_itself_and_another_is_refused() -> None:
    pieces = Registry[object](taken="{name} is {owner}'s")
    pieces.add("rook", Rook)
    pieces.add("rook", Rook)
    with pytest.raises(UsageError, match=r"rook is .*test_registry:Rook's"):
        pieces.add("rook", king)
    assert pieces["rook"] is Rook


def test_an_object_that_is_called_has_the_address_of_its_class() -> None:
    assert address(Rook()) == address(Rook) and address(king).endswith(":king")
