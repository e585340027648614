"""The last part of an audit: what engineers need to check or repeat it, in their own terms."""

from __future__ import annotations

from failscape.analysis.report.audit_wording import Examined, Section


def for_engineers(examined: Examined) -> Section:
    """Exact rules, how edits are made, how intervals and tests are, and the command."""
    counted = examined.landscape.population is not None
    beside = "the rest of the table" if counted else "the same items unedited (exact McNemar test) and with other edits"
    return Section(
        "For engineers",
        [
            "Intervals are of 95 % and count items, not probes. A pattern is confirmed where a one-sided test on "
            f"held-out items, beside {beside}, is below 0.05 after Holm's correction for the number of patterns. "
            "In this document rates are rounded to whole hundredths, below one hundredth to thousandths, and the ends "
            "of intervals outwards; report.html and summary.json hold more digits.",
            f"To repeat it: {examined.command}",
        ],
        points=[
            *(f"Pattern {view.rank}: {view.mode.name}" for view in examined.views),
            *(() if counted else examined.alterations),
        ],
    )
