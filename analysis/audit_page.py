"""An audit as a page (HTML) and as paper (PDF), from the same sections."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from matplotlib.font_manager import get_font

from failscape.analysis.audit import Section
from failscape.analysis.diffs import ADDED, MISSING, REMOVED, Piece
from failscape.analysis.exemplars import PictureExemplar, TextExemplar
from failscape.analysis.plots.style import percent
from failscape.analysis.report import page_environment
from failscape.analysis.thumbnails import thumbnail
from failscape.common.visible import visible, visible_text
from failscape.records.folder import write_whole

SIZES = {2: 15, 3: 12}  # of headings [pt]
INK, QUIET, RULE = (31, 41, 51), (82, 96, 109), (217, 222, 228)
PICTURE = 26.0  # [mm] a side
TOGETHER = 75.0  # [mm] of a heading, a paragraph and pictures
STYLES = {REMOVED: "S", ADDED: "UB", MISSING: "U"}


def write_html(path: Path, title: str, sections: Sequence[Section]) -> None:
    """The document as a page: self-contained, offline."""
    write_whole(path, page_environment().get_template("audit.html").render(title=title, sections=sections))


def write_pdf(path: Path, title: str, sections: Sequence[Section]) -> None:
    """The document on A4, by fpdf2; the font is DejaVu, which comes with matplotlib and knows every sign used here."""
    paper = _Paper()
    paper.set_title(visible(title))
    paper.add_page()
    paper.heading("Audit", 20)
    paper.paragraph(title, quiet=True)
    for section in sections:
        paper.section(section)
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


class _Paper(FPDF):
    """A4 with headings, paragraphs, lists, tables and pairs of pictures."""

    def __init__(self) -> None:
        super().__init__(format="A4", unit="mm")
        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self.lacks_letters = False
        self.add_font("text", "", fonts / "DejaVuSans.ttf")
        self.add_font("text", "B", fonts / "DejaVuSans-Bold.ttf")
        self._known = get_font(fonts / "DejaVuSans.ttf").get_charmap()
        self.set_margins(22, 20)
        self.set_auto_page_break(True, 20)

    def normalize_text(self, text: str) -> str:
        """Every text on its way to the paper."""
        text = visible_text(text)
        self.lacks_letters |= any(ord(letter) not in self._known for letter in text if not letter.isspace())
        return super().normalize_text(text)

    def footer(self) -> None:
        """Number the page."""
        self.set_y(-14)
        self._font(8, QUIET)
        self.cell(0, 6, f"{self.page_no()}", align="R")

    def section(self, section: Section) -> None:
        """A heading and what stands under it."""
        if section.exemplars and self.get_y() + TOGETHER > self.h - 20:
            self.add_page()  # a pattern and its pictures stay together
        self.heading(section.title, SIZES[section.level])
        for text in section.paragraphs:
            self.paragraph(text)
        for point in section.points:
            self.paragraph(f"•  {point}", indent=4)
        if section.rows:
            self.rows([section.head, *section.rows])
        pictures = [e for e in section.exemplars if isinstance(e, PictureExemplar)]
        if pictures:
            self.pictures(pictures)
        for exemplar in section.exemplars:
            if isinstance(exemplar, TextExemplar):
                self.article(exemplar)

    def heading(self, text: str, size: float) -> None:
        """A heading that does not stand alone at the foot of a page."""
        if self.get_y() > self.h - 50:
            self.add_page()
        self.ln(3)
        self._font(size, INK, bold=True)
        self.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1.5)

    def paragraph(self, text: str, *, indent: float = 0, quiet: bool = False) -> None:
        """Running text."""
        self._font(9.5, QUIET if quiet else INK)
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1.2)

    def rows(self, rows: Sequence[Sequence[str]]) -> None:
        """A table; its first row is the head."""
        self._font(8.5, INK)
        self.set_draw_color(*RULE)
        widths = [max(3, min(36, max(2 + len(row[k]) for row in rows))) for k in range(len(rows[0]))]
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=widths,
            line_height=5,
            text_align="LEFT",
            headings_style=FontFace(emphasis="BOLD"),
            padding=1,
        ) as table:
            for row in rows:
                table.row(row)
        self.ln(3)

    def pictures(self, exemplars: Sequence[PictureExemplar]) -> None:
        """Pairs of before and after, side by side, with what was said of them."""
        if self.get_y() + PICTURE + 14 > self.h - 20:
            self.add_page()
        top = self.get_y()
        for i, exemplar in enumerate(exemplars):
            left = self.l_margin + i * (2 * PICTURE + 4)
            for picture, x in ((exemplar.before, left), (exemplar.after, left + PICTURE + 1)):
                self.image(_png(picture), x=x, y=top, w=PICTURE, h=PICTURE)
            self._font(7, QUIET)
            self.set_xy(left, top + PICTURE + 0.5)
            said = f"{exemplar.edit}\n“{exemplar.said_before}” → “{exemplar.said}”, truth: {exemplar.truth}"
            self.multi_cell(2 * PICTURE + 1, 3.4, said, align="L")
        self.set_xy(self.l_margin, top + PICTURE + 12)

    def article(self, exemplar: TextExemplar) -> None:
        """An article with its marks, its summaries and what they are compared with."""
        if self.get_y() > self.h - 70:
            self.add_page()
        self.paragraph(f"{exemplar.edit} ({exemplar.truth}, {exemplar.name})", quiet=True)
        self.marked("", exemplar.told.excerpt)
        for line in exemplar.told.lines:
            score = "" if line.score is None else f" ({percent(line.score)})"
            self.marked(f"{line.what}{score}: ", line.pieces)
        facts = f": it {exemplar.told.facts}" if exemplar.told.facts else ""
        self.paragraph(f"Wrong: {exemplar.kind}{facts}.")
        self.ln(2)

    def marked(self, what: str, pieces: Sequence[Piece]) -> None:
        """A text with words struck that were taken out, and bold and underlined that were put in or are missing."""
        self._font(8.5, QUIET)
        self.write(4.4, what)
        for piece in pieces:
            self.set_font("text", STYLES.get(piece.kind, ""), 8.5)
            self.set_text_color(*INK)
            for i, word in enumerate(piece.bare.split()):
                self.word(" " * (i > 0) + word)
            self.set_font("text", "", 8.5)
            self.write(4.4, " " if piece.space else "")
        self.ln(5.4)

    def word(self, text: str) -> None:
        """A word, on the next line where this one has no room for it."""
        if self.get_x() + self.get_string_width(text) > self.w - self.r_margin - 1:
            self.ln(4.4)
        self.write(4.4, text.lstrip() if self.get_x() <= self.l_margin else text)

    def _font(self, size: float, colour: tuple[int, int, int], *, bold: bool = False) -> None:
        self.set_font("text", "B" if bold else "", size)
        self.set_text_color(*colour)


def _png(picture: Any) -> io.BytesIO:
    buffer = io.BytesIO()
    thumbnail(picture).save(buffer, "PNG")
    buffer.seek(0)
    return buffer
