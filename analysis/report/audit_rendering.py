"""An audit as a page (HTML) and as paper (PDF), from the same sections."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from failscape.analysis.pages import page_environment
from failscape.analysis.paper import Paper
from failscape.analysis.report.audit_wording import Section
from failscape.common.visible import visible
from failscape.records.folder import write_whole

SIZES = {2: 15, 3: 12}  # of headings [pt]


def write_html(path: Path, title: str, sections: Sequence[Section]) -> None:
    """The document as a page: self-contained, offline."""
    write_whole(path, page_environment().get_template("audit.html").render(title=title, sections=sections))


def write_pdf(path: Path, title: str, sections: Sequence[Section]) -> None:
    """The document on A4, by fpdf2."""
    paper = Paper()
    paper.set_title(visible(title))
    paper.add_page()
    paper.heading("Audit", 20)
    paper.paragraph(title, quiet=True)
    for section in sections:
        _print(paper, section)
    if paper.lacks_letters:
        paper.paragraph("□ stands for letters that the font of this document lacks; audit.html shows them.", quiet=True)
    partial = path.with_suffix(".partial")
    logger = logging.getLogger("fpdf.output")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it would list those letters on the screen
    try:
        paper.output(str(partial))
    finally:
        logger.setLevel(level)
    partial.replace(path)


def _print(paper: Paper, section: Section) -> None:
    """A heading and what stands under it."""
    if section.examples:  # a pattern does not part from its first examples
        told = paper.heading_height(section.title, SIZES[section.level]) + sum(
            map(paper.paragraph_height, section.paragraphs)
        )
        paper.keep_together(told + section.examples.presenter.height_on(paper, section.examples))
    paper.heading(section.title, SIZES[section.level])
    for text in section.paragraphs:
        paper.paragraph(text)
    for point in section.points:
        paper.paragraph(f"•  {point}", indent=4)
    if section.rows:
        paper.rows([section.head, *section.rows])
    if section.examples:
        section.examples.presenter.print_on(paper, section.examples)
