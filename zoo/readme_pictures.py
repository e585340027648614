"""Takes the README's pictures from a finished run and one of its fine-tuned target, in headless Chromium.

``python -m zoo.readme_pictures runs/classifier-street-signs-0 runs/classifier-street-signs-1``
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from selenium import webdriver

from failscape.analysis.plots.landscape import landscape_picture
from failscape.analysis.plots.still import pixels
from failscape.workflows.run import Run

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
REPORT, BOARD, PAGE, RATE = (1180, 1560), (1280, 1000), (1180, 1500), (1200, 880)  # [px]
PORT = 6996
WAIT = 90.0  # [s] for a page


def main() -> None:
    """Writes ``landscape``, ``report``, ``tensorboard``, ``feedback`` and ``before-after``, all ``.png``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("run", type=Path)
    parser.add_argument("after", type=Path)
    args = parser.parse_args()
    folder = args.run
    picture = pixels(landscape_picture(Run(folder).landscape()), dpi=100)
    Image.fromarray(picture).save(PICTURES / "landscape.png", optimize=True)
    for name, path, size in (
        ("report", folder / "report", REPORT),
        ("before-after", args.after / "before-after", PAGE),
    ):
        with browser(*size) as page:
            page.get(path.with_suffix(".html").resolve().as_uri())
            page.save_screenshot(str(PICTURES / f"{name}.png"))
    rate = ["-m", "failscape.cli", "feedback", str(folder), "--no-report", "--rater", "Ada", "--port", str(PORT)]
    with served(rate, "") as address, browser(*RATE) as page:
        page.get(address)
        page.save_screenshot(str(PICTURES / "feedback.png"))
    command = ["-m", "tensorboard.main", "--logdir", str(folder.parent), "--host", "127.0.0.1", "--port", str(PORT)]
    with served(command, "data/runs") as address, browser(*BOARD) as page:
        page.get(f"{address}?tab=images#images")
        wait(lambda: loaded(page) >= 3)
        page.save_screenshot(str(PICTURES / "tensorboard.png"))
    for name in ("report", "tensorboard", "feedback", "before-after"):
        path = PICTURES / f"{name}.png"
        Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(path, optimize=True)


@contextmanager
def browser(width: int, height: int) -> Iterator[webdriver.Chrome]:
    """Debian's Chromium, headless."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--enable-unsafe-swiftshader"):
        options.add_argument(argument)
    options.add_argument(f"--window-size={width},{height}")
    page = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield page
    finally:
        page.quit()


@contextmanager
def served(command: list[str], path: str) -> Iterator[str]:
    """A server that answers at ``path`` with something; its address."""
    server = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{PORT}/"
    try:
        wait(lambda: urllib.request.urlopen(f"{address}{path}", timeout=5).read() not in (b"", b"[]"))
        yield address
    finally:
        server.terminate()
        server.wait()


def loaded(page: webdriver.Chrome) -> int:
    """Pictures that a page shows, shadow roots included."""
    code = """const all = root => [...root.querySelectorAll('img'), ...[...root.querySelectorAll('*')]
        .filter(e => e.shadowRoot).flatMap(e => all(e.shadowRoot))];
        return all(document).filter(i => i.naturalWidth > 400).length"""
    return int(page.execute_script(code))


def wait(condition: Any) -> None:
    """Until ``condition()`` holds; errors of a server that is not up yet count as no."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise SystemExit("waited in vain")


if __name__ == "__main__":
    main()
