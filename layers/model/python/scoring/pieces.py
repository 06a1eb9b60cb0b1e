"""A CSV file cut into pieces of whole rows, so that several can score it at once."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from creditrisk.errors import UnusableFile

MOST_HEADER = 64 * 1024
"""Bytes that a header may have."""
MOST_ROW = 1024 * 1024
"""Bytes that a row may have: a quotation mark that is never closed would make one of all the rest."""
_EMPTY = "The file is empty; its first line must name the columns."


@dataclass(frozen=True)
class Piece:
    """Whole rows of a file: its bytes from `start` up to `end`."""

    number: int
    start: int
    end: int


def cut(blocks: Iterable[bytes], rows: int) -> tuple[bytes, Iterator[Piece]]:
    """The header's line, and pieces of `rows` rows each, of a file that comes in blocks. One pass, constant memory.

    A row ends with a line feed outside a quoted cell. Raises UnusableFile, also from the iterator, when there is no
    header or no end of a row.
    """
    every = _rows(blocks)
    header = next(every, b"")
    if not header.strip():
        raise UnusableFile(_EMPTY)
    if len(header) > MOST_HEADER:
        raise UnusableFile("The file has no header within its first 64 KiB.")
    return header, _pieces(every, len(header), rows)


def columns_of(header: str) -> tuple[list[str], str]:
    """The names of a header's columns, and what stands between them: a comma or a semicolon. Raises UnusableFile."""
    delimiter = _delimiter(header.encode()).decode()
    try:
        lines = [line for line in csv.reader(io.StringIO(header, newline=""), delimiter=delimiter) if line]
    except csv.Error as error:
        raise UnusableFile(f"The file is not CSV: {error}.") from None
    if not lines:
        raise UnusableFile(_EMPTY)
    if len(lines) > 1:
        raise UnusableFile("The file's lines end with carriage returns alone; save it with line feeds.")
    return lines[0], delimiter


def _delimiter(header: bytes) -> bytes:
    line, _, _ = header.partition(b"\n")
    return b";" if line.count(b";") > line.count(b",") else b","


def _pieces(every: Iterator[bytes], start: int, rows: int) -> Iterator[Piece]:
    number, count, end = 0, 0, start
    for row in every:
        end += len(row)
        count += 1
        if count == rows:
            yield Piece(number, start, end)
            number, count, start = number + 1, 0, end
    if end > start:
        yield Piece(number, start, end)


def _rows(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Row by row, each with its line feed; the last one may have none."""
    row, rest, quoted, delimiter = b"", b"", False, b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            delimiter = delimiter or _delimiter(line)
            if quoted or b'"' in line:
                quoted = _quoted_after(line, quoted, delimiter)
            row += line + b"\n"
            if not quoted:
                yield row
                row = b""
        if len(row) + len(rest) > MOST_ROW:
            raise UnusableFile("A row is longer than 1 MiB; perhaps a quotation mark is never closed.")
    if row or rest:
        yield row + rest


def _quoted_after(line: bytes, quoted: bool, delimiter: bytes) -> bool:
    """Whether a quoted cell goes on past this line: as the csv module reads it, for which a quotation mark opens a cell
    only as the cell's first sign."""
    position = 0
    while True:
        if not quoted:
            if line.startswith(b'"', position):
                quoted, position = True, position + 1
            else:
                position = line.find(delimiter, position) + 1
                if not position:
                    return False
                continue
        closing = line.find(b'"', position)
        if closing < 0:
            return True
        position = closing + 1
        if line.startswith(b'"', position):  # a doubled one stands for itself
            position += 1
            continue
        quoted = False
        position = line.find(delimiter, position) + 1
        if not position:
            return False
