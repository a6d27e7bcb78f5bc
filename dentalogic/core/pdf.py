"""Documents to print and to hand over: headings, facts, paragraphs, tables, on A4.

The letters come along (DejaVu Sans: Latin, Greek, Cyrillic, signs), so that a document reads the
same everywhere. What the font lacks is written as its code point, `[U+1F600]`: in a clinical
record nothing may vanish silently.

    document = Document(title="Historia clínica", made_at=now, footer="Clínica del Sol")
    document.heading("Datos")
    document.facts([("Paciente", "Ana Pérez")])
    document.table(["Pieza", "Hallazgo"], [["16", "Caries"]], widths=[1, 3])
    body = document.body()
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

CONTENT_TYPE = "application/pdf"
_FONTS = Path(__file__).parent / "fonts"
_FAMILY = "DejaVu"
_MARGIN = 18.0
# What a cell takes at most: in the narrowest column, still less than a page.
_CELL_WIDTH, _CELL_LINES = 100, 4
_INK, _MUTED, _LINE, _SHADE = (20, 28, 36), (92, 104, 116), (200, 208, 214), (240, 244, 246)


@cache
def _letters() -> frozenset[int]:
    with TTFont(_FONTS / "DejaVuSans.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def writable(text: str) -> str:
    """Return the text as the font can write it; other characters as `[U+XXXX]`."""
    known = _letters()
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", "    ")
    return "".join(char if _shows(char, known) else f"[U+{ord(char):04X}]" for char in composed)


def _shows(char: str, known: frozenset[int]) -> bool:
    # What turns the direction of a text round would make it read otherwise than it was typed.
    return char == "\n" or (ord(char) in known and unicodedata.category(char) != "Cf")


def _parts(row: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield a row as one, or as several where a cell is long."""
    yield from zip_longest(*map(_pieces, row), fillvalue="")


def _pieces(cell: str) -> list[str]:
    if len(cell) <= _CELL_WIDTH:
        return [cell]
    lines = [part for line in cell.split("\n") for part in textwrap.wrap(line, _CELL_WIDTH) or [""]]
    return [
        "\n".join(lines[first : first + _CELL_LINES]) for first in range(0, len(lines), _CELL_LINES)
    ]


class _Sheet(FPDF):
    """A4 with a footer: what it is, and page n of m."""

    footer_text = ""

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(_FAMILY, size=7.5)
        self.set_text_color(*_MUTED)
        width = self.epw * 0.75
        self.cell(width, 5, self.footer_text)
        self.cell(self.epw - width, 5, f"{self.page_no()} / {{nb}}", align="R")


class Document:
    """Collect the parts of a document from top to bottom; `body()` ends it.

    `made_at` is aware and printed as it is; the file carries it as its date.
    """

    def __init__(
        self, *, title: str, made_at: datetime, footer: str = "", language: str = "es-AR"
    ) -> None:
        sheet = self._sheet = _Sheet(format="A4")
        sheet.footer_text = writable(footer)
        sheet.set_margins(_MARGIN, _MARGIN)
        sheet.set_auto_page_break(auto=True, margin=20)
        sheet.add_font(_FAMILY, "", _FONTS / "DejaVuSans.ttf")
        sheet.add_font(_FAMILY, "B", _FONTS / "DejaVuSans-Bold.ttf")
        sheet.set_title(writable(title))
        sheet.set_lang(language)
        sheet.set_creator("Dentalogic")
        sheet.set_creation_date(made_at)
        sheet.add_page()
        sheet.set_draw_color(*_LINE)
        sheet.start_section(writable(title), level=0)
        self._write(title, size=17, bold=True, height=9)

    def heading(self, text: str) -> None:
        """Begin a section. It is never left alone at the foot of a page."""
        sheet = self._sheet
        if sheet.will_page_break(24):
            sheet.add_page()
        sheet.ln(4)
        sheet.start_section(writable(text), level=1)
        self._write(text, size=12, bold=True, height=7)
        sheet.line(sheet.l_margin, sheet.get_y(), sheet.l_margin + sheet.epw, sheet.get_y())
        sheet.ln(2)

    def subheading(self, text: str) -> None:
        """Name one item of a section."""
        if self._sheet.will_page_break(18):
            self._sheet.add_page()
        self._sheet.ln(2)
        self._write(text, size=9.5, bold=True, height=5.5)

    def paragraph(self, text: str) -> None:
        """Write text as it was typed, line breaks included."""
        self._write(text, size=9.5, height=5.2)

    def note(self, text: str) -> None:
        """Write what stands beside the matter: dates, digests, sources."""
        self._write(text, size=7.5, height=4.2, muted=True)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """List names with their values, a line each; a value may take several lines."""
        sheet = self._sheet
        for name, value in pairs:
            sheet.set_font(_FAMILY, size=9.5)
            lines: Any = sheet.multi_cell(
                sheet.epw - 48, 5.2, writable(value) or "—", dry_run=True, output="LINES"
            )
            if sheet.will_page_break(5.2 * min(len(lines), 4)):
                sheet.add_page()
            sheet.set_text_color(*_MUTED)
            sheet.cell(48, 5.2, writable(name))
            sheet.set_text_color(*_INK)
            sheet.multi_cell(
                sheet.epw - 48,
                5.2,
                writable(value) or "—",
                align="L",
                new_x=XPos.LMARGIN,
                new_y=YPos.NEXT,
            )

    def table(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        widths: Sequence[int] | None = None,
    ) -> None:
        """Draw a table whose head is repeated on each page. `widths` are proportions.

        A cell that would not fit on a page goes on in the next row.
        """
        sheet = self._sheet
        sheet.set_font(_FAMILY, size=8.5)
        sheet.set_text_color(*_INK)
        with sheet.table(
            col_widths=None if widths is None else tuple(widths),
            headings_style=FontFace(emphasis="BOLD", fill_color=_SHADE),
            line_height=5,
            padding=1,
            text_align="LEFT",
        ) as drawn:
            for cells in (headers, *(part for row in rows for part in _parts(row))):
                row = drawn.row()
                for cell in cells:
                    row.cell(writable(cell))
        sheet.ln(2)

    def space(self) -> None:
        """Leave a line empty."""
        self._sheet.ln(4)

    def body(self) -> bytes:
        """Return the finished PDF."""
        return bytes(self._sheet.output())

    def _write(
        self, text: str, *, size: float, height: float, bold: bool = False, muted: bool = False
    ) -> None:
        sheet = self._sheet
        sheet.set_font(_FAMILY, "B" if bold else "", size)
        sheet.set_text_color(*(_MUTED if muted else _INK))
        sheet.multi_cell(
            sheet.epw, height, writable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
