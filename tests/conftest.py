"""Fixtures that more than one folder of tests uses."""

import os
from pathlib import Path

import pytest

# The batches of the default tier are small, and threads that wait for each other on busy cores cost more than they
# bring: several times the wall time. Set before anything imports torch, and inherited by subprocesses.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real pictures and weights that lies beside a developer's checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "real"
    place = Path(os.environ.get("FAILSCAPE_REAL_DATA", beside))
    if not place.is_dir():
        pytest.skip(f"no real data in {place}; FAILSCAPE_REAL_DATA names another place")
    return place
