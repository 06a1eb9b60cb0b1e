"""The first lines of a table: where the header begins, which delimiter separates cells, and the names of the columns."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from creditrisk.application import canonical_name
from creditrisk.errors import UnusableFile

MOST_HEADER = 64 * 1024
"""Most bytes that a header may have."""
_BOM = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(rb'"?sep=(\t|[ !#-~])"?[\s,;|"]*', re.IGNORECASE)
"""A first line that Excel understands, which names the delimiter: `sep=;`."""
_BLANK = re.compile(rb'[\s,;|"]*')
_EMPTY = "The file is empty; its first line must name the columns."


@dataclass(frozen=True)
class Header:
    """A header as it is written in the file, and the delimiter between the cells of a row."""

    text: str
    delimiter: str

    @property
    def columns(self) -> list[str]:
        """The columns' names, as they are written. Raises UnusableFile when the header is not one row."""
        try:
            rows = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
            lines = [row for row in rows if row]
        except csv.Error as error:
            raise UnusableFile(f"The file is not CSV: {error}.") from None
        if not lines:
            raise UnusableFile(_EMPTY)
        if len(lines) > 1:
            raise UnusableFile("The file's lines end with carriage returns alone; save it with line feeds.")
        return lines[0]

    def line(self, *more: str) -> str:
        """The header as a line, with more columns after its own."""
        return self.delimiter.join((self.text, *more)) + "\n"


class Opening(NamedTuple):
    """The header's first line, its number in the file, how many bytes come before it, and the delimiter."""

    line: bytes
    number: int
    before: int
    delimiter: str


def opening(lines: Iterator[bytes]) -> Opening:
    """Find the header. A byte-order mark, blank lines and a line `sep=;` may come before it.

    Raises UnusableFile when there is none.
    """
    before, said = 0, ""
    for number, line in enumerate(lines, 1):
        if not before and line.startswith(_BOM):
            before, line = len(_BOM), line[len(_BOM) :]
        if separator := _SEPARATOR.fullmatch(line):
            said = separator[1].decode()
        elif not _BLANK.fullmatch(line):
            return Opening(line, number, before, said or _delimiter(line))
        before += len(line)
    raise UnusableFile(_EMPTY)


def _delimiter(line: bytes) -> str:
    """The delimiter that yields most names of fields in the header, and among equals, most columns."""
    text = line[:MOST_HEADER].decode("iso-8859-1").rstrip("\r\n").replace("\r", " ")

    def worth(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([text], delimiter=delimiter), [])
        return sum(canonical_name(cell) is not None for cell in cells), len(cells)

    return max(_DELIMITERS, key=worth)
