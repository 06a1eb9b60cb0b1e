"""Where a bulk file is cut, so that AWS' distributed engine can hand out its pieces."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from functions.scorer.bulk_rows import BulkFileError, names_of

MOST_HEADER = 64 * 1024


@dataclass(frozen=True)
class Piece:
    """Whole rows of a file: its bytes from `start` up to `end`."""

    number: int
    start: int
    end: int


def plan(blocks: Iterable[bytes], rows: int) -> tuple[list[str], list[Piece]]:
    """The header, and pieces of `rows` rows each, of a file that comes in blocks. One pass, constant memory.

    A row ends with a line feed outside quotation marks. Raises BulkFileError when it is no file of applications.
    """
    ends = _row_ends(blocks)
    first = next(ends, None)
    if first is None or not first[1].strip():
        raise BulkFileError("The file is empty.")
    start, line = first
    try:
        header = next(csv.reader([line.decode("utf-8-sig")]))
    except UnicodeDecodeError:
        raise BulkFileError("The file is not in UTF-8.") from None
    names_of(header)
    pieces: list[Piece] = []
    count, end = 0, start
    for end, _ in ends:
        count += 1
        if count == rows:
            pieces.append(Piece(len(pieces), start, end))
            start, count = end, 0
    if end > start:
        pieces.append(Piece(len(pieces), start, end))
    return header, pieces


def _row_ends(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The offset past each row; the first one with its text, which is the header."""
    offset, row_start, quoted, head, first = 0, 0, False, b"", True
    for block in blocks:
        position = 0
        while (found := block.find(b"\n", position)) >= 0:
            quoted ^= block.count(b'"', position, found) % 2 == 1
            position = found + 1
            if not quoted:
                yield offset + position, (head + block[:position]) if first else b""
                first, row_start = False, offset + position
        quoted ^= block.count(b'"', position) % 2 == 1
        if first:
            head += block
            if len(head) > MOST_HEADER:
                raise BulkFileError("The file has no header within its first 64 KiB.")
        offset += len(block)
    if offset > row_start:
        yield offset, head if first else b""
