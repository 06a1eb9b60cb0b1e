"""The record in pieces: what was recorded since a look before, each piece small enough for one transaction."""

import csv
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from creditrisk.errors import UnreadableRow
from creditrisk.history.parts import Layout, Row, rows_of
from lifecycle.index.entries import Entry, EntryReader
from lifecycle.index.writing import Later

PIECE = 8 << 20
"""Bytes of a file that are read at once, some 20,000 rows."""


class Known(NamedTuple):
    """How far a part is in the index, and what tells that it is still the same."""

    position: int
    mark: str


@dataclass
class Piece:
    """Rows of one part of the record, from byte `start` of it (0 when nothing of it was read before) to byte `position`.

    `moved` says that these rows may stand elsewhere as well, and that this is where they will stay.
    """

    source: str
    name: str
    start: int
    position: int
    mark: str = ""
    entries: list[Entry] = field(default_factory=list)
    columns: Sequence[str] = ()
    later: list[Later] = field(default_factory=list)
    unreadable: int = 0
    moved: bool = False

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.entries) + len(self.later)


def read_lines(reader: EntryReader, name: str, data: bytes, start: int) -> tuple[list[Entry], int]:
    """What whole lines, which begin at byte `start` of a part, say; and how many of them cannot be read."""
    with uncollected():
        return _read_lines(reader, name, data, start)


def _read_lines(reader: EntryReader, name: str, data: bytes, start: int) -> tuple[list[Entry], int]:
    lines = data.removesuffix(b"\n").split(b"\n")
    texts = [line.decode("utf-8", "surrogateescape") for line in lines]
    cells = _cells(texts, reader.layout)
    entries: list[Entry] = []
    unreadable = 0
    place = start
    for at, line in enumerate(lines):
        entry = reader.entry(cells[at], place) if cells else None
        if entry is None:
            for row in rows_of(name, [f"{texts[at]}\n"], reader.layout, first=0):
                try:
                    entries.append(reader.from_row(row, place))
                except UnreadableRow:
                    unreadable += 1
        else:
            entries.append(entry)
        place += len(line) + 1
    return entries, unreadable


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing that is made within holds itself: looking through many new lists for such ones takes as long as making them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _cells(texts: list[str], layout: Layout) -> list[list[str]]:
    """The cells of many lines at once, when each line is one row of plain text with as many cells as there are columns;
    nothing when they must be looked at one by one."""
    if not layout.version:
        return []
    try:
        "".join(texts).encode()
        cells = list(csv.reader(texts))
    except (csv.Error, UnicodeEncodeError):
        return []
    # A quotation mark that is never closed makes one row of several lines.
    width = len(layout.columns)
    return cells if len(cells) == len(texts) and all(len(row) == width for row in cells) else []


def read_any(reader: EntryReader, rows: Iterator[Row]) -> tuple[list[Entry], int]:
    """The same of a file that a spreadsheet rewrote. The place of such a row is minus the number of its line."""
    entries: list[Entry] = []
    unreadable = 0
    for row in rows:
        try:
            entries.append(reader.from_row(row, -row.line))
        except UnreadableRow:
            unreadable += 1
    return entries, unreadable
