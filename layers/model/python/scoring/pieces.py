"""A CSV file cut into pieces of whole rows, so that several can score it at once."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from creditrisk.errors import UnusableFile

MOST_HEADER = 64 * 1024
"""Bytes that a header may have."""
_EMPTY = "The file is empty; its first line must name the columns."


@dataclass(frozen=True)
class Piece:
    """Whole rows of a file: its bytes from `start` up to `end`."""

    number: int
    start: int
    end: int


def cut(blocks: Iterable[bytes], rows: int) -> tuple[bytes, Iterator[Piece]]:
    """The header's line, and pieces of `rows` rows each, of a file that comes in blocks. One pass, constant memory.

    A row ends with a line feed outside quotation marks. Raises UnusableFile when there is no header.
    """
    rest = iter(blocks)
    head = b""
    while _end_of_first_row(head) < 0 and (block := next(rest, b"")):
        head += block
        if len(head) > MOST_HEADER and not 0 <= _end_of_first_row(head) <= MOST_HEADER:
            raise UnusableFile("The file has no header within its first 64 KiB.")
    end = _end_of_first_row(head)
    header = head if end < 0 else head[:end]
    if not header.strip():
        raise UnusableFile(_EMPTY)
    return header, _pieces(chain([head[len(header) :]], rest), len(header), rows)


def columns_of(header: str) -> tuple[list[str], str]:
    """The names of a header's columns, and what stands between them: a comma or a semicolon. Raises UnusableFile."""
    delimiter = ";" if header.count(";") > header.count(",") else ","
    try:
        columns = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise UnusableFile(f"The file is not CSV: {error}.") from None
    if not columns:
        raise UnusableFile(_EMPTY)
    return columns, delimiter


def _end_of_first_row(head: bytes) -> int:
    """Where the first row ends, its line feed included; -1 when it does not."""
    end = head.find(b"\n") + 1
    while end and head.count(b'"', 0, end) % 2:
        end = head.find(b"\n", end) + 1
    return end or -1


def _pieces(blocks: Iterable[bytes], offset: int, rows: int) -> Iterator[Piece]:
    number, count, start, quoted = 0, 0, offset, False
    for block in blocks:
        position = 0
        while (found := block.find(b"\n", position)) >= 0:
            quoted ^= block.count(b'"', position, found) % 2 == 1
            position = found + 1
            if quoted:
                continue
            count += 1
            if count == rows:
                yield Piece(number, start, offset + position)
                number, count, start = number + 1, 0, offset + position
        quoted ^= block.count(b'"', position) % 2 == 1
        offset += len(block)
    if offset > start:
        yield Piece(number, start, offset)
