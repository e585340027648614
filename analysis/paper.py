"""A4 for documents: headings, paragraphs, tables, and what presenters of examples draw by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from matplotlib.font_manager import get_font

from failscape.common.visible import visible_text

INK, QUIET, RULE = (31, 41, 51), (82, 96, 109), (217, 222, 228)


class Paper(FPDF):
    """A4 with numbered pages; the font is DejaVu, which comes with matplotlib and knows every sign used here."""

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
        self.write_in(8, QUIET)
        self.cell(0, 6, f"{self.page_no()}", align="R")

    def keep_together(self, height: float) -> None:
        """Go on at a new page where this one has no room for what is so high [mm]; nothing else begins a page."""
        if self.get_y() + height > self.page_break_trigger and self.get_y() > self.t_margin:
            self.add_page()

    def height_of(self, text: str, size: float, line: float, *, bold: bool = False) -> float:
        """Height [mm] of a text over the whole width, in lines of height ``line``."""
        self.write_in(size, INK, bold=bold)
        height: Any = self.multi_cell(0, line, text, align="L", dry_run=True, output="HEIGHT")
        return float(height)

    def heading_height(self, text: str, size: float) -> float:
        """Of :meth:`heading` [mm]."""
        return self.height_of(text, size, size * 0.5, bold=True) + 4.5

    def paragraph_height(self, text: str) -> float:
        """Of :meth:`paragraph` [mm]."""
        return self.height_of(text, 9.5, 5) + 1.2

    def heading(self, text: str, size: float) -> None:
        """A heading that does not stand alone at the foot of a page."""
        self.keep_together(30)
        self.ln(3)
        self.write_in(size, INK, bold=True)
        self.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1.5)

    def paragraph(self, text: str, *, indent: float = 0, quiet: bool = False) -> None:
        """Running text."""
        self.write_in(9.5, QUIET if quiet else INK)
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1.2)

    def rows(self, rows: Sequence[Sequence[str]]) -> None:
        """A table; its first row is the head."""
        self.write_in(8.5, INK)
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

    def write_in(self, size: float, colour: tuple[int, int, int], *, style: str = "", bold: bool = False) -> None:
        """Go on in a size [pt] and colour; ``style`` is fpdf's, of letters ``B``, ``U``, ``S``."""
        self.set_font("text", "B" if bold else style, size)
        self.set_text_color(*colour)
