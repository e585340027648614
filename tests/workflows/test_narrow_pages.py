"""Pages on a telephone and on a desk: no table hides a column beyond the edge."""

from pathlib import Path
from typing import Any

import pytest

import failscape as fs
from failscape.workflows.run import Run

HIDDEN = """
const edge = document.documentElement.clientWidth + 1;
const over = [...document.querySelectorAll("td, th")].filter(cell => cell.getBoundingClientRect().right > edge);
return [document.documentElement.scrollWidth > edge, over.map(cell => cell.innerText)];
"""
HEADS = "return [...document.querySelectorAll('thead')].map(head => head.offsetHeight > 0)"


@pytest.mark.parametrize("width", [400, 1280])
def test_no_table_hides_a_column(width: int, faded: tuple[Run, Run], browser: Any, tmp_path: Path) -> None:
    pages = [faded[1].folder / "before-after.html", fs.audit(*faded, out=tmp_path)[0]]
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for page in pages:
            browser.get(page.as_uri())
            assert browser.execute_script("return innerWidth") == width
            assert browser.execute_script(HIDDEN) == [False, []], page.name
            heads = browser.execute_script(
                "return [...document.querySelectorAll('thead')].map(h => h.offsetHeight > 0)"
            )
            assert heads and set(heads) == {width == 1280}, "where columns are stacked, each value names its own"
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
