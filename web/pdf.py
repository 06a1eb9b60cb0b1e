"""A letter as PDF, A4, on one page as a rule: text in Helvetica, which every reader of PDFs has.

pydyf writes the file; how long a line may be follows from the widths of Helvetica's characters (Adobe's metrics of the 14
standard fonts). What names of the whole world are drawn with is in `web.lettering`.
"""

import io
import re
from collections.abc import Iterator

import pydyf

from web.helvetica import BOLD, REGULAR
from web.language import current
from web.language import gettext as _
from web.letter import Letter
from web.lettering import DIFFERENCES, glyphs, spelt, width_of

WIDTH, HEIGHT = 595.28, 841.89
"""Of A4, in points."""
LEFT, RIGHT, TOP, BOTTOM = 71.0, 62.0, 56.0, 64.0
"""Margins, in points: 25, 22, 20 and 22 mm."""
INK, SOFT, ACCENT = (0.09, 0.13, 0.17), (0.33, 0.38, 0.43), (0.11, 0.29, 0.36)
LINE = 1.38
"""Height of a line, in sizes of its font."""


def pdf(letter: Letter) -> bytes:
    """The letter as a file. It has no moment of making in it: the same letter is the same bytes."""
    sheet = _Sheet(letter.reference)
    _head(sheet, letter)
    _body(sheet, letter)
    return sheet.finish(letter.subject, letter.sender)


def _head(sheet: "_Sheet", letter: Letter) -> None:
    sheet.write(letter.sender, 15, bold=True, color=ACCENT)
    sheet.skip(3)
    for line in (*letter.lender.address.splitlines(), *letter.lender.contact.splitlines()):
        sheet.write(line, 8.5, color=SOFT)
    sheet.rule(6)
    sheet.skip(30)
    top = sheet.y
    column = WIDTH - RIGHT - 190
    sheet.pair(_("Date"), letter.day, column)
    sheet.pair(_("Reference"), letter.reference, column)
    below, sheet.y = sheet.y, top
    for line in letter.addressee:
        sheet.write(line, 10.5, until=column - 18)
    sheet.y = min(sheet.y, below)
    sheet.skip(30)


def _body(sheet: "_Sheet", letter: Letter) -> None:
    sheet.write(letter.subject, 12.5, bold=True)
    sheet.skip(10)
    sheet.write(letter.greeting)
    for part in letter.parts:
        sheet.skip(8)
        if part.heading:
            sheet.keep(40)
            sheet.skip(3)
            sheet.write(part.heading, bold=True)
            sheet.skip(2)
        for number, paragraph in enumerate(part.paragraphs):
            sheet.skip(6 if number else 0)
            sheet.write(paragraph)
        for point in part.points:
            sheet.skip(2.5)
            sheet.bullet(point)
    sheet.keep(90)
    sheet.skip(18)
    sheet.write(letter.closing)
    sheet.skip(16)
    sheet.write(letter.sender, bold=True)
    sheet.skip(14)
    sheet.write(letter.note, 8.5, color=SOFT)


class _Sheet:
    """The page that is being written, from top to bottom; a new one when it is full."""

    def __init__(self, foot: str) -> None:
        self._foot = foot
        self._pages: list[pydyf.Stream] = []
        self.y = 0.0
        self._turn()

    def _turn(self) -> None:
        self._page = pydyf.Stream(compress=True)
        self._pages.append(self._page)
        self.y = HEIGHT - TOP

    def keep(self, height: float) -> None:
        """Turn the page unless so much of it is left."""
        if self.y - height < BOTTOM:
            self._turn()

    def skip(self, height: float) -> None:
        self.y -= height

    def write(
        self,
        text: str,
        size: float = 10.0,
        *,
        bold: bool = False,
        color: tuple[float, float, float] = INK,
        x: float = LEFT,
        until: float = WIDTH - RIGHT,
    ) -> None:
        """A paragraph, broken into lines between `x` and `until`."""
        for line in _lines(spelt(text), size, until - x, BOLD if bold else REGULAR):
            self.keep(size * LINE)
            self.y -= size * LINE
            self._text(line, x, size, bold, color)

    def bullet(self, text: str) -> None:
        """One point of a list."""
        self.keep(10 * LINE)
        self.y -= 10 * LINE
        self._text("•", LEFT + 4, 10, False, ACCENT)
        self.y += 10 * LINE
        self.write(text, x=LEFT + 15)

    def pair(self, name: str, value: str, x: float) -> None:
        """A name, and its value below."""
        self.write(name, 8, color=SOFT, x=x)
        self.write(value, 9, x=x)
        self.skip(4)

    def rule(self, gap: float) -> None:
        self.y -= gap
        self._page.set_color_rgb(*ACCENT, stroke=True)
        self._page.set_line_width(1.2)
        self._page.move_to(LEFT, self.y)
        self._page.line_to(WIDTH - RIGHT, self.y)
        self._page.stroke()

    def _text(self, text: str, x: float, size: float, bold: bool, color: tuple[float, float, float]) -> None:
        page = self._page
        parts = list(_drawn(text, BOLD if bold else REGULAR))
        if len(parts) > 1:  # who copies it, or has it read aloud, gets letters and not accents by themselves
            page.begin_marked_content("Span", pydyf.Dictionary({"ActualText": pydyf.String(text)}).data)
        page.begin_text()
        page.set_color_rgb(*color)
        page.set_font_size("B" if bold else "R", size)
        page.set_text_matrix(1, 0, 0, 1, x, self.y)
        for part in parts:
            if isinstance(part, bytes):
                page.show_text_string(part)
            else:
                before, accent, after, raised = part
                page.set_text_rise(raised * size / 1000)
                page.show_text(b"%d %s %d" % (before, pydyf.String(bytes([accent])).data, after))
                page.set_text_rise(0)
        page.end_text()
        if len(parts) > 1:
            page.end_marked_content()

    def finish(self, title: str, author: str) -> bytes:
        """The file, each page with its number where there are several."""
        file = pydyf.PDF()
        fonts = pydyf.Dictionary({"R": _font(file, "Helvetica"), "B": _font(file, "Helvetica-Bold")})
        for number, page in enumerate(self._pages, 1):
            if len(self._pages) > 1:
                self._page, self.y = page, BOTTOM - 30
                self._text(f"{self._foot}  ·  {number}/{len(self._pages)}", LEFT, 8, False, SOFT)
            file.add_object(page)
            file.add_page(
                pydyf.Dictionary(
                    {
                        "Type": "/Page",
                        "Parent": file.pages.reference,
                        "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
                        "Contents": page.reference,
                        "Resources": pydyf.Dictionary({"Font": fonts}),
                    }
                )
            )
        file.catalog["Lang"] = pydyf.String(current())
        file.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
        file.info["Title"] = pydyf.String(title)
        file.info["Author"] = pydyf.String(author)
        out = io.BytesIO()
        file.write(out)
        return out.getvalue()


def _font(file: pydyf.PDF, name: str) -> bytes:
    encoding = pydyf.Dictionary(
        {
            "Type": "/Encoding",
            "BaseEncoding": "/WinAnsiEncoding",
            "Differences": pydyf.Array(
                each for code, glyph in DIFFERENCES.items() for each in (code, f"/{glyph}")
            ),
        }
    )
    font = pydyf.Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type1",
            "BaseFont": f"/{name}",
            "Encoding": encoding,
        }
    )
    file.add_object(font)
    reference: bytes = font.reference
    return reference


def _lines(text: str, size: float, room: float, widths: tuple[int, ...]) -> Iterator[str]:
    """The text in lines that are no longer than `room` points; a longer word is broken. What a no-break space joins is one
    word."""
    line = ""
    for word in filter(None, re.split(r"[ \t\r\n]+", text)):
        while _width(word, size, widths) > room:
            fits = next(n for n in range(len(word), 0, -1) if _width(word[:n], size, widths) <= room)
            yield from filter(None, (line, word[:fits]))
            line, word = "", word[fits:]
        longer = f"{line} {word}" if line else word
        if _width(longer, size, widths) > room:
            yield line
            longer = word
        line = longer
    yield line


def _width(text: str, size: float, widths: tuple[int, ...]) -> float:
    return sum(glyph.width(widths) for glyph in glyphs(text)) * size / 1000


def _drawn(text: str, widths: tuple[int, ...]) -> Iterator[bytes | tuple[float, int, float, float]]:
    """A line as codes that are shown one after another, and as accents: how far to go back for one (in thousandths of the
    size), its code, how far back after it (less than nothing is on), and how much it is raised."""
    run = bytearray()
    for code, accent in glyphs(text):
        run.append(code)
        if accent:
            yield bytes(run)
            run.clear()
            wide, own = width_of(code, widths), width_of(accent.code, widths)
            before = wide - (accent.middle * wide - own / 2)
            yield before, accent.code, own - before - accent.wider, accent.raised
    if run:
        yield bytes(run)
