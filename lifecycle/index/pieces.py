"""The record in pieces: what was recorded since a look before, each piece small enough for one transaction."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from creditrisk.errors import UnreadableRow
from creditrisk.history.parts import Row, rows_of
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

    `moved` says that these rows may stand elsewhere as well, and that this is where they will stay. `written` counts its
    rows by its lines alone, where each line is one row: so many are `entries` or `unreadable`, however they are read.
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
    written: int = 0

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.entries) + len(self.later)


def read_lines(reader: EntryReader, name: str, data: bytes, start: int) -> tuple[list[Entry], int]:
    """What whole lines, which begin at byte `start` of a part, say; and how many of them cannot be read."""
    with uncollected():
        return _read_lines(reader, name, data, start)


def rows_in(data: bytes) -> int:
    """How many rows whole lines are, without reading them: each but an empty one."""
    return sum(line.rstrip(b"\r") != b"" for line in data.split(b"\n"))


def _read_lines(reader: EntryReader, name: str, data: bytes, start: int) -> tuple[list[Entry], int]:
    lines = data.removesuffix(b"\n").split(b"\n")
    texts = data.removesuffix(b"\n").decode("utf-8", "surrogateescape").split("\n")
    places = list(accumulate((len(line) + 1 for line in lines), initial=start))[:-1]
    entries: list[Entry] = []
    unreadable = 0
    for text, place, entry in zip(texts, places, reader.entries(texts, places), strict=True):
        if entry is not None:
            entries.append(entry)
            continue
        found, more = _read_row(reader, name, text, place)
        entries += found
        unreadable += more
    return entries, unreadable


def _read_row(reader: EntryReader, name: str, text: str, place: int) -> tuple[list[Entry], int]:
    """As the history's own reader reads it; an empty line is no row."""
    for row in rows_of(name, [f"{text}\n"], reader.layout, first=0):
        try:
            return [reader.from_row(row, place)], 0
        except UnreadableRow:
            return [], 1
    return [], 0


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
