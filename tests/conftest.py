"""Fixtures that more than one folder of tests uses."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real pictures and weights that lies beside a developer's checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "real"
    place = Path(os.environ.get("FAILSCAPE_REAL_DATA", beside))
    if not place.is_dir():
        pytest.skip(f"no real data in {place}; FAILSCAPE_REAL_DATA names another place")
    return place
