"""The record in blocks of a few thousand rows, each column an array: the history, and the ledgers beside it."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

import numpy as np

from creditrisk.history import COLUMNS, History, Row, files
from creditrisk.history.parts import Layout, rows_of
from creditrisk.history.records import csv_line
from creditrisk.ledger import Ledger
from creditrisk.ledger.lines import columns_in, placed
from lifecycle.arrays.cells import Bytes, Cells, Splitter
from lifecycle.arrays.values import Floats, Moments, moments, numbers

log = logging.getLogger(__name__)

_READ = 1 << 19
"""Bytes that are split at once: few enough to stay in the processor's cache."""
_ROWS = 5_000
_ID = 36
"""Characters of an application's id."""
_OF_IDS = np.isin(np.arange(256), list(b"0123456789abcdef-"))
"""Which bytes stand in an id."""


class Block:
    """Some rows. Their cells come by column; each is read once."""

    def __init__(self, columns: Sequence[str], cells: Cells) -> None:
        self.columns = columns
        self.cells = cells
        self._read: dict[str, Bytes] = {}
        self._numbers: dict[str, Floats] = {}

    def __len__(self) -> int:
        return len(self.cells)

    def column(self, name: str) -> Bytes:
        """The cells under a column, as UTF-8; empty ones when the rows were written without it."""
        if name not in self._read:
            there = name in self.columns
            self._read[name] = (
                self.cells.column(self.columns.index(name)) if there else np.zeros(len(self), "S1")
            )
        return self._read[name]

    def numbers(self, name: str) -> Floats:
        """The cells under a column as numbers, nan for empty ones. Raises ValueError for one that is no number."""
        if name not in self._numbers:
            self._numbers[name] = numbers(self.column(name))
        return self._numbers[name]

    def moments(self, name: str) -> Moments:
        """The cells under a column as datetime64[ms] in UTC, NaT for those that are none."""
        return moments(self.column(name))


def history_blocks(history: History, numbers: Sequence[str] = ()) -> Iterator[Block]:
    """Every row of the history that can be read, in its order; an application may come twice. What cannot be read is
    logged, and so is a row without a number under one of `numbers`, which is not empty: to read a million of them takes as
    long as to split their rows. Raises HistoryUnavailable."""
    for part, stream in history.streams():
        layout = files.layout_of(stream.readline())
        if layout is None:  # a spreadsheet or a newer version wrote it
            stream.seek(0)
            yield from _rewritten(files.rows(part, stream))
            continue
        splitter = Splitter(len(layout.columns))
        for lines in _whole_lines(stream):
            cells = splitter.cells(lines)
            block = Block(layout.columns, cells) if cells else None
            if block and _readable(block, lines, numbers):
                yield block
            else:
                yield from _rewritten(_row_by_row(part, lines, layout))


def ledger_blocks(ledger: Ledger) -> Iterator[Block]:
    """Every row of a ledger that can be read, in the order of writing."""
    for part, stream in ledger.streams():
        head = stream.readline()
        columns = columns_in(head, ledger.table)
        if columns is None:
            continue
        splitter = Splitter(len(columns))
        start = len(head)
        for lines in _whole_lines(stream):
            cells = splitter.cells(lines)
            if cells is None:
                rows = [found.row for found in placed(ledger.table, part, columns, lines, start)]
                text = "".join(csv_line([row[name] for name in columns]) for row in rows)
                cells = splitter.cells(text.encode()) if rows else None
            if cells is not None:
                yield Block(columns, cells)
            start += len(lines)


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """What comes after the last line feed was never finished, and is no row."""
    while block := stream.read(_READ):
        if not block.endswith(b"\n"):
            block += stream.readline()
        if whole := block[: block.rfind(b"\n") + 1]:
            yield whole


def _readable(block: Block, lines: bytes, numbers: Sequence[str]) -> bool:
    """Whether each row is UTF-8, and begins with an id, and what is to be a number is one."""
    ids = block.column("APPLICATION_ID")
    if ids.dtype.itemsize != _ID or not _OF_IDS.take(ids.view(np.uint8)).all():
        return False
    try:
        for name in numbers:
            block.numbers(name)
        lines.decode()
    except ValueError:
        return False
    return True


def _row_by_row(part: str, lines: bytes, layout: Layout) -> Iterator[Row]:
    texts = lines.decode("utf-8", "surrogateescape").split("\n")[:-1]
    return rows_of(part, (f"{text}\n" for text in texts), layout, first=0)


def _rewritten(rows: Iterable[Row]) -> Iterator[Block]:
    """Rows of any layout as blocks of this version's columns."""
    splitter = Splitter(len(COLUMNS))
    lines = _lines(iter(rows))
    while text := "".join(islice(lines, _ROWS)):
        cells = splitter.cells(text.encode())
        if cells is None:
            raise AssertionError("a row that was written anew has another number of cells")
        yield Block(COLUMNS, cells)


def _lines(rows: Iterator[Row]) -> Iterator[str]:
    for row in rows:
        if row.problem:
            log.warning("a row of the history cannot be read: %s: %s", row, row.problem)
        else:
            yield csv_line(row.under(COLUMNS))
