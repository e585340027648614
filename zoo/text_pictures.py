"""Takes the README's pictures of texts from a finished run of a summarizer: ``python -m zoo.text_pictures RUN``."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from failscape.analysis.plots.landscape import landscape_picture
from failscape.analysis.plots.still import pixels
from failscape.workflows.run import Run
from zoo.readme_pictures import PICTURES, browser

PAGE = (1000, 1400)  # [px]
FAILURE = "article.told"  # the first failure in the report


def main() -> None:
    """Writes ``text-landscape.png`` and ``text-failure.png``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("run", type=Path)
    run = Run(parser.parse_args().run)
    picture = pixels(landscape_picture(run.landscape()), dpi=90)
    Image.fromarray(picture).save(PICTURES / "text-landscape.png", optimize=True)
    with browser(*PAGE) as page:
        page.get((run.folder.path / "report.html").resolve().as_uri())
        page.find_element("css selector", FAILURE).screenshot(str(PICTURES / "text-failure.png"))


if __name__ == "__main__":
    main()
