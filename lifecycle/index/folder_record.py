"""The history in a folder, followed by the bytes of its files."""

import io
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from creditrisk.errors import HistoryUnavailable
from creditrisk.history import files
from creditrisk.history.parts import Layout, finished, header_and_lines, rows_of
from lifecycle.index.entries import EntryReader
from lifecycle.index.errors import RecordReplaced
from lifecycle.index.pieces import PIECE, Known, Piece, read_any, read_lines, rows_in

_HEAD = 1 << 16
"""Bytes that hold the header for certain."""
_MARKED = 1 << 12
"""Bytes of a file's beginning that tell that it is still the same: appending never changes them."""


def pieces_of(folder: Path, known: Callable[[str], Known | None], size: int = PIECE) -> Iterator[Piece]:
    """What was recorded since. Raises RecordReplaced, HistoryUnavailable."""
    try:
        for path in files.every(folder):
            yield from _of_file(path, known(path.name), size)
    except OSError as error:
        raise HistoryUnavailable(f"The history cannot be read: {error.strerror or error}.") from error


def _of_file(path: Path, known: Known | None, size: int) -> Iterator[Piece]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
        layout = files.layout_of(head)
        if layout is None:
            if head:
                yield from _of_foreign(path, file, known)
            return
        if known and not _is_same(file, known):
            raise RecordReplaced(f"{path.name} is not the file that was indexed; the index is made anew.")
        reader = EntryReader(layout)
        position = known.position if known else head.index(b"\n") + 1
        mark = known.mark if known else ""
        file.seek(position)
        while block := file.read(size):
            whole = block[: block.rfind(b"\n") + 1]
            if _lacks_only_its_line_feed(block[len(whole) :], layout):
                whole = block
            if not whole:
                return  # a line that is being written just now
            entries, unreadable = read_lines(reader, path.name, whole, position)
            start, position = position, position + len(whole)
            if not mark.startswith(f"{_MARKED}:"):
                mark = _mark(file, min(position, _MARKED))
            start = start if known else 0
            yield Piece(
                "history", path.name, start, position, mark, entries, layout.columns,
                unreadable=unreadable, written=rows_in(whole),
            )  # fmt: skip
            known = Known(position, mark)
            file.seek(position)


def _lacks_only_its_line_feed(rest: bytes, layout: Layout) -> bool:
    """Whether what follows the last line feed is a whole record: it stays, and gets its line feed with the next one."""
    try:
        return bool(rest) and layout.version > 1 and finished(rest.decode(), layout)
    except UnicodeDecodeError:
        return False


def _of_foreign(path: Path, file: BinaryIO, known: Known | None) -> Iterator[Piece]:
    """A file that a spreadsheet rewrote is read as a whole, whenever it has changed."""
    status = path.stat()
    mark = f"{status.st_size}:{status.st_mtime_ns}"
    if known and known.mark == mark:
        return
    if known:
        raise RecordReplaced(f"{path.name} has been rewritten; the index is made anew.")
    file.seek(0)
    text = io.TextIOWrapper(file, files.encoding_of(file), "surrogateescape", newline="")
    layout, first = header_and_lines(text)
    if layout is None:
        return
    entries, unreadable = read_any(EntryReader(layout), rows_of(path.name, text, layout, first))
    yield Piece("history", path.name, 0, status.st_size, mark, entries, layout.columns, unreadable=unreadable)


def _is_same(file: BinaryIO, known: Known) -> bool:
    count = int(known.mark.partition(":")[0] or 0)
    end = file.seek(0, 2)
    return end >= known.position and _mark(file, count) == known.mark


def _mark(file: BinaryIO, count: int) -> str:
    file.seek(0)
    return f"{count}:{sha256(file.read(count)).hexdigest()[:16]}"


def recorded_bytes(folder: Path) -> dict[str, int]:
    """The history's files → their bytes."""
    return {path.name: path.stat().st_size for path in files.every(folder)}
