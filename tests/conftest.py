"""Fixtures that more than one folder of tests uses."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

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


def start_chromium(profile: Path) -> Any:
    """Chromium without a window, with WebGL in software."""
    from selenium import webdriver

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    quiet = ["quic", "background-networking", "component-update", "sync", "dev-shm-usage"]
    switches = ["headless=new", "enable-unsafe-swiftshader", "no-sandbox", "no-first-run", "window-size=1280,1000"]
    for switch in [*switches, *(f"disable-{name}" for name in quiet), f"user-data-dir={profile}"]:
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Opens a browser of the test's own at each call."""
    opened: list[Any] = []

    def start() -> Any:
        opened.append(start_chromium(tmp_path / f"profile-{len(opened)}"))
        return opened[-1]

    yield start
    for browser in opened:
        browser.quit()


@pytest.fixture(scope="session")
def shared_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests of a process."""
    browser = start_chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.quit()


@pytest.fixture
def browser(shared_browser: Any) -> Any:
    """That browser, at an empty page and with empty logs."""
    shared_browser.switch_to.default_content()
    shared_browser.delete_all_cookies()
    shared_browser.get("about:blank")
    for log in ("browser", "performance"):
        shared_browser.get_log(log)
    return shared_browser


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., Path]:
    """``made_once(name, make)``: a folder that ``make`` fills once, though pytest runs in several processes.

    The first process that asks for it makes it, and the others wait; tests must not change it.
    """
    own = tmp_path_factory.getbasetemp()
    root = own if worker_id == "master" else own.parent  # where those of all workers lie side by side

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        path, made = root / name, root / f"{name}.made"
        with FileLock(root / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(path, ignore_errors=True)  # left by a process that failed
                path.mkdir()
                make(path)
                made.touch()
        return path

    return folder


@pytest.fixture(scope="session")
def found_run(made_once: Callable[..., Path]) -> Path:
    """A finished run of the embedded target with failure modes; tests must not change it."""
    from failscape.cli import main

    grid = ["--concepts", "rotation=-20,-10,0,10,20", "darken=0,0.2,0.4", "--max-items", "240"]
    command = ["train", "--algo", "random", "--budget", "1500", *grid, "--no-report", "--quiet", "--out"]

    def make(out: Path) -> None:
        assert main([*command, str(out)]) == 0

    return made_once("found", make) / "random-classifier-street-signs-0"


@pytest.fixture
def own_run(found_run: Path, tmp_path: Path) -> Path:
    """A copy of it that may be changed."""
    return Path(shutil.copytree(found_run, tmp_path / "runs" / found_run.name))


@pytest.fixture(scope="session")
def mined_pairs(made_once: Callable[..., Path]) -> Path:
    """The table of thirty pairs of pictures that a toy encoder is blind for; tests must not change it."""
    from PIL import Image

    from failscape.cli import main
    from tests.support import pair_encoders

    def make(out: Path) -> None:
        for index, pixels in enumerate(pair_encoders.pictures()):
            path = out / "pictures" / ("one" if index % 2 == 0 else "other") / f"{index:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
        command = ["pairs", "--target", "seesred:", "--reference", "seesall:", "--quiet"]
        assert main([*command, "--data", str(out / "pictures"), "--out", str(out / "pairs.parquet")]) == 0

    return made_once("pairs", make) / "pairs.parquet"


@pytest.fixture
def own_pairs(mined_pairs: Path, tmp_path: Path) -> Path:
    """A copy of it that may be asked about."""
    shutil.copytree(mined_pairs.parent, tmp_path / "mined")
    return tmp_path / "mined" / "pairs.parquet"
