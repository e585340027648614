"""Fixtures that more than one folder of tests uses."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The batches of the default tier are small, and threads that wait for each other on busy cores cost more than they
# bring: several times the wall time. Set before anything imports torch, and inherited by subprocesses.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_finish() -> None:
    """Take all modules out of the garbage collector's sight: statsmodels collects at each of Holm's corrections."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Show them to it again."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real pictures and weights that lies beside a developer's checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "real"
    place = Path(os.environ.get("FAILSCAPE_REAL_DATA", beside))
    if not place.is_dir():
        pytest.skip(f"no real data in {place}; FAILSCAPE_REAL_DATA names another place")
    return place


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Opens Chromium without a window, with WebGL in software; each call opens another one."""
    from selenium import webdriver

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    opened: list[Any] = []

    def start() -> Any:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        quiet = ["quic", "background-networking", "component-update", "sync", "dev-shm-usage"]
        switches = ["headless=new", "enable-unsafe-swiftshader", "no-sandbox", "no-first-run", "window-size=1280,1000"]
        profile = f"user-data-dir={tmp_path / f'profile-{len(opened)}'}"
        for switch in [*switches, *(f"disable-{name}" for name in quiet), profile]:
            options.add_argument(f"--{switch}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        opened.append(webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)))
        return opened[-1]

    yield start
    for browser in opened:
        browser.quit()


@pytest.fixture
def browser(open_browser: Callable[[], Any]) -> Any:
    """One browser."""
    return open_browser()


@pytest.fixture(scope="session")
def found_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the embedded target with failure modes; tests must not change it."""
    from failscape.cli import main

    out = tmp_path_factory.mktemp("found")
    grid = ["--concepts", "rotation=-20,-10,0,10,20", "darken=0,0.2,0.4", "--max-items", "400"]
    assert (
        main(["train", "--algo", "random", "--budget", "2000", *grid, "--no-report", "--quiet", "--out", str(out)]) == 0
    )
    return out / "random-classifier-street-signs-0"


@pytest.fixture
def own_run(found_run: Path, tmp_path: Path) -> Path:
    """A copy of it that may be changed."""
    return Path(shutil.copytree(found_run, tmp_path / "runs" / found_run.name))
