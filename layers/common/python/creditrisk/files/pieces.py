"""A CSV file cut into pieces of whole rows, so that several can score it at once."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from creditrisk.errors import UnusableFile
from creditrisk.files.encoding import Encoding
from creditrisk.files.header import MOST_HEADER, Header, opening

MOST_ROW = 16 << 20
"""Most bytes that a row may have, with all its cells. Without a limit, a quotation mark that is never closed would make all
the rest of the file one row."""
MOST_PIECE = 8 << 20
"""Bytes at which a piece is full, however few rows it has."""


@dataclass(frozen=True)
class Piece:
    """Some whole rows of a file: its bytes from `start` up to, not including, `end`."""

    number: int
    start: int
    end: int


@dataclass(frozen=True)
class Plan:
    """How a file is to be read: its encoding, its header, and the pieces that its rows are cut into."""

    encoding: str
    header: Header
    pieces: list[Piece]

    @property
    def end(self) -> int:
        """How many bytes there are up to the end of the last row."""
        return self.pieces[-1].end if self.pieces else 0


def plan(blocks: Iterable[bytes], rows: int, encoding: Encoding | None = None) -> Plan:
    """Read all of a text (see `plain`) once, in constant memory, and cut it into pieces of `rows` rows. `encoding` is given
    all lines, to find out the encoding.

    Raises UnusableFile when it has no header, a row that does not end, or more than one encoding.
    """
    encoding = encoding or Encoding()
    lines = _lines(blocks, encoding)
    begun = opening(lines)
    every = iter(_Rows(chain([begun.line], lines), begun.number, begun.delimiter))
    header = next(every)
    if len(header) > MOST_HEADER:
        raise UnusableFile("The file has no header within its first 64 KiB.")
    pieces = list(_pieces(every, begun.before + len(header), rows))
    name = encoding.name()
    return Plan(name, Header(header.decode(name).rstrip("\r\n"), begun.delimiter), pieces)


def read(blocks: Iterator[bytes], pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The bytes of each piece. The pieces follow each other; `blocks` is the text that they were planned with, from its
    beginning."""
    at, block = 0, b""
    for piece in pieces:
        parts: list[bytes] = []
        for end in (piece.start, piece.end):  # what comes before the first piece is thrown away
            parts, wanted = [], end - at
            while wanted > len(block):
                parts.append(block)
                wanted -= len(block)
                block = next(blocks, b"")
                if not block:
                    raise UnusableFile("The file became shorter while it was read; score it once more.")
            parts.append(block[:wanted])
            block, at = block[wanted:], end
        yield b"".join(parts)


def reader(lines: Iterable[str], delimiter: str) -> Any:
    """A csv.reader for cells up to MOST_ROW long: by default, it refuses a file with one of more than 128 KiB."""
    csv.field_size_limit(MOST_ROW)
    return csv.reader(lines, delimiter=delimiter)


def _pieces(every: Iterable[bytes], start: int, rows: int) -> Iterator[Piece]:
    number, count, end = 0, 0, start
    for row in every:
        end += len(row)
        count += 1
        if count == rows or end - start >= MOST_PIECE:
            yield Piece(number, start, end)
            number, count, start = number + 1, 0, end
    if end > start:
        yield Piece(number, start, end)


def _lines(blocks: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """The text line by line, each with its line feed; the last one may have none. All lines are fed to `encoding`."""
    waiting: list[bytes] = []
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end:
            whole = b"".join((*waiting, block[:end]))
            encoding.feed(whole)
            yield from io.BytesIO(whole)
            waiting = []
        waiting.append(block[end:])
        if sum(map(len, waiting)) > MOST_ROW:
            raise _endless(encoding.lines + 1)
    last = b"".join(waiting)
    if last:
        encoding.feed(last)
        yield last


class _Rows:
    """The rows that lines make up: a row ends with the line where the csv module ends it, not with a line feed inside a
    quoted cell."""

    def __init__(self, lines: Iterator[bytes], number: int, delimiter: str) -> None:
        self._lines = lines
        self._number = number  # of the row's first line
        self._row: list[bytes] = []
        self._all_read = True  # whether the csv module was given all of the row's lines, to their ends
        self._reader = reader(self._text(), delimiter)

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            if b'"' not in line:
                yield line
                self._number += 1
                continue
            row = self._row = [line]
            next(self._reader)
            while not self._all_read:  # for the csv module, a carriage return alone ends a row, too
                next(self._reader)
            yield line if len(row) == 1 else b"".join(row)
            self._number += len(row)

    def _text(self) -> Iterator[str]:
        """What the csv module reads: the row's first line, and then one more line for as long as the row does not end."""
        row: list[bytes] = []
        size = 0
        while True:
            if row is self._row:
                row.append(next(self._lines, b""))
            else:
                row, size = self._row, 0
            line = row[-1]
            size += len(line)
            if not line or size > MOST_ROW:
                raise UnusableFile(
                    f"A quotation mark in line {self._number} opens a cell that is never closed; mend that line."
                )
            text = line.decode("iso-8859-1")
            if "\r" in text.removesuffix("\r\n"):
                *parts, text = io.StringIO(text, newline="")
                for part in parts:
                    self._all_read = False
                    yield part
            self._all_read = True
            yield text


def _endless(number: int) -> UnusableFile:
    return UnusableFile(
        f"Line {number} is longer than {MOST_ROW >> 20} MiB; a table's rows end with line feeds."
    )
