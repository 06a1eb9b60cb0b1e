"""From a file, as somebody exported it, to a header and rows of equally many cells."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from creditrisk.errors import UnusableFile
from creditrisk.files import plain, reader
from creditrisk.files.encoding import Encoding
from models.table.errors import UnusableData

DELIMITERS = ",;\t|"
_SAID = re.compile(r"\"?sep=(\t|[ !#-~])\"?[\s,;|\"]*", re.IGNORECASE)
"""A spreadsheet's own first line, which says what stands between the cells."""
_LOOKED_AT = 200
"""Rows that tell what stands between the cells."""
_NUMBER = re.compile(r"[+-]?[\d.,\s]*\d[\d.,\s]*(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Table:
    """`header`: the columns' names, trimmed. `rows`: their cells as they are written, as many in each row as the header
    has. `lines`: the line of the file that each row begins in. `fingerprint`: the SHA-256 of the file's text."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    fingerprint: str
    lines: Sequence[int] = field(repr=False, default=())

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, place: int) -> list[str]:
        """The cells of one column."""
        return [row[place] for row in self.rows]

    @property
    def has_names(self) -> bool:
        """Whether the first line can be a header: where most of its cells are numbers, it is a row."""
        named = [name for name in self.header if name]
        return sum(_NUMBER.fullmatch(name) is not None for name in named) <= len(named) / 2

    @property
    def numbered(self) -> bool:
        """Whether any name in the header is a number, as in the first row of a file without one."""
        return any(_NUMBER.fullmatch(name) for name in self.header)


def read_table(path: Path) -> Table:
    """Read a table in CSV: separated by commas, semicolons, tabs or bars, in UTF-8, UTF-16 or Windows-1252, gzipped or not.

    Raises UnusableData, in one sentence, when it is empty, has no header, or rows of different length.
    """
    return table_of(path, bytes_of(path))


def table_of(path: Path, raw: bytes) -> Table:
    """The table in a file whose text is known already (see `bytes_of`). Raises UnusableData as `read_table` does."""
    header, lines, rows = _parsed(path, text_of(path, raw))
    table = Table(path, header, rows, hashlib.sha256(raw).hexdigest(), lines)
    if not table.has_names:
        raise UnusableData(f"{path} has no header; its first line must name the columns.")
    if not rows:
        raise UnusableData(f"{path} has a header and no row.")
    twice = [name for name, count in Counter(map(str.casefold, filter(None, header))).items() if count > 1]
    if twice:
        same = [name for name in header if name.casefold() == twice[0]]
        raise UnusableData(f"{path} has the column {same[0]} twice (letter case aside); rename one.")
    return table


def bytes_of(path: Path) -> bytes:
    """The file's text, unpacked, UTF-16 as UTF-8. Raises UnusableData when it is empty or no text."""
    try:
        with path.open("rb") as file:
            raw = b"".join(plain(file)[0])
    except OSError as error:
        raise UnusableData(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnusableFile as error:
        raise UnusableData(f"{path} cannot be read: {error}") from None
    if not raw.strip():
        raise UnusableData(f"{path} is empty.")
    return raw


def text_of(path: Path, raw: bytes) -> str:
    """UTF-8 where all of it is, else Windows-1252 (ISO-8859-1). Raises UnusableData when neither is right for all of it."""
    encoding = Encoding()
    encoding.feed(raw)
    try:
        return raw.decode(encoding.name()).removeprefix("\ufeff")
    except UnusableFile as error:
        raise UnusableData(f"{path} cannot be read: {error}") from None


def _parsed(path: Path, text: str) -> tuple[list[str], list[int], list[list[str]]]:
    body = text.lstrip("\r\n")
    said = _SAID.fullmatch(body.partition("\n")[0].rstrip("\r"))
    start = text.count("\n", 0, len(text) - len(body))
    if said:
        body, start = body.partition("\n")[2], start + 1
    delimiter = said[1] if said else _delimiter(body)
    lines, rows = [], []
    try:
        for line, row in _rows(body, delimiter):
            lines.append(start + line)
            rows.append(row)
    except csv.Error as error:
        raise UnusableData(f"{path} is not CSV: {error}.") from None
    if not rows:
        raise UnusableData(f"{path} is empty.")
    if "\n" in rows[-1][-1] and not body.rstrip().endswith('"'):
        raise UnusableData(
            f"{path}, line {lines[-1]}: a quotation mark is not closed, up to the end of the file."
        )
    header = [" ".join(name.split()) for name in rows[0]]
    if len(header) < 2:
        raise UnusableData(
            f"{path} has one column only; its cells must be separated by commas, semicolons, tabs or bars."
        )
    _check_widths(path, len(header), lines[1:], rows[1:])
    return header, lines[1:], rows[1:]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line that it begins in."""
    rows = reader(io.StringIO(text, newline=""), delimiter)
    before = 0
    for row in rows:
        if len(row) > 1 or (row and row[0].strip()):
            yield before + 1, row
        before = rows.line_num


def _delimiter(text: str) -> str:
    """What cuts most rows into as many cells as the header; among several, what makes most columns."""

    def worth(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for _, row in islice(_rows(text, delimiter), _LOOKED_AT)]
        except csv.Error:
            return 0.0, 0
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        alike = sum(len(row) == width for row in rows) / len(rows)
        return round(alike, 1), width

    return max(DELIMITERS, key=worth)


def _check_widths(path: Path, width: int, lines: Sequence[int], rows: Sequence[list[str]]) -> None:
    wrong = [number for number, row in enumerate(rows) if len(row) != width]
    if not wrong:
        return
    first = wrong[0]
    if len(wrong) == len(rows) and all(len(row) == width + 1 for row in rows):
        raise UnusableData(
            f"{path} has one cell more in every row than in its header: write it without row names."
        )
    others = f", and {len(wrong) - 1:,} further rows are like it" if len(wrong) > 1 else ""
    over = rows[first][0].count("\n") or any("\n" in cell for cell in rows[first])
    advice = " Perhaps a quotation mark is not closed." if over else ""
    raise UnusableData(
        f"{path}, line {lines[first]}: the row has {len(rows[first])} cells and the header {width}{others}.{advice}"
    )
