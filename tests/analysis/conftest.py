"""Landscapes made from a known rate."""

from collections.abc import Callable

import pytest

from tests.support.made_run import Made, make


@pytest.fixture(scope="session")
def made() -> Callable[..., Made]:
    return make
