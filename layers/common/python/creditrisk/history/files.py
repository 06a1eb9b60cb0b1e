"""The files of a history in a folder: which there are, how to read one, and how to find one application in them."""

import codecs
import io
import os
import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from creditrisk.clock import timestamp
from creditrisk.decision import Answer
from creditrisk.errors import HistoryOfAnotherPortfolio, UnreadableRow
from creditrisk.history import tail
from creditrisk.history.columns import HEADERS
from creditrisk.history.parts import Layout, Row, header_and_lines, rows_of

_SEARCHED = 1 << 20
_MOST_HEADER = max(map(len, HEADERS))
_NAME = re.compile(r"history(?:-(\d{1,6}))?\.csv")
_IMPORTED = re.compile(r"imported-[0-9a-f]{12}\.csv")
_BEYOND_ASCII = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def numbered(folder: Path) -> list[Path]:
    """history.csv, history-2.csv and so on, in the order in which they were begun."""
    names = [name for name in _names(folder) if name.startswith("history")]
    if names == ["history.csv"]:
        return [folder / "history.csv"]
    found = [(int(match[1] or 1), name) for name in names if (match := _NAME.fullmatch(name))]
    return [folder / name for _, name in sorted(found)]


def every(folder: Path) -> list[Path]:
    """All files: first what was brought along from another system, then what was recorded here."""
    return [folder / name for name in sorted(filter(_IMPORTED.fullmatch, _names(folder)))] + numbered(folder)


def foreign(folder: Path) -> list[Path]:
    """The files that are named like a history's, but have no header of one."""
    found = []
    for path in numbered(folder):
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _MOST_HEADER and layout_of(file.read(_MOST_HEADER)):
                continue
            file.seek(0)
            text = io.TextIOWrapper(file, encoding_of(file), "replace", newline="")
            if os.fstat(file.fileno()).st_size and header_and_lines(text)[0] is None:
                found.append(path)
    return found


def refuse_another_portfolio(folder: Path) -> None:
    """Raises HistoryOfAnotherPortfolio when a file of this history holds another portfolio's decisions."""
    for path in every(folder):
        with path.open("rb") as file:
            text = io.TextIOWrapper(file, encoding_of(file), "replace", newline="")
            layout = header_and_lines(text)[0]
        if layout and layout.of_another_portfolio:
            raise of_another_portfolio(str(path), layout)


def of_another_portfolio(place: str, layout: Layout) -> HistoryOfAnotherPortfolio:
    """The error that says so."""
    return HistoryOfAnotherPortfolio(
        f"{place} records the decisions of another portfolio ({layout.of_another_portfolio}): name another place with "
        "HISTORY_URL, or serve that portfolio (PORTFOLIO_DIR)."
    )


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def rows(name: str, raw: BinaryIO, since: str = "") -> Iterator[Row]:
    """Every row of a file or object of this name. With `since` (ISO 8601), rows that say that they were scored earlier are
    left out."""
    start = _place_of(raw, since) if since else 0
    text = io.TextIOWrapper(raw, encoding_of(raw), "surrogateescape", newline="")
    layout, first = header_and_lines(text)
    if start:
        text.seek(
            start
        )  # works with a byte position only since such a file is UTF-8 without a byte-order mark: see _place_of
        first = 0
    found = rows_of(name, text, layout, first)
    return (row for row in found if not row.before(since)) if since else found


def _place_of(file: BinaryIO, since: str) -> int:
    """The byte at which to begin reading what was scored since a moment. Records stand in the order of scoring, so the
    first part of a long file need not be read; an hour's margin is for clocks that disagree. It is 0 for a short file, and
    for one that this system did not write. Leaves the file at its beginning."""
    start = file.seek(0, os.SEEK_END) - tail.ALWAYS_READ
    file.seek(0)
    if start <= 0 or layout_of(file.read(_MOST_HEADER)) is None:
        file.seek(0)
        return 0
    limit = timestamp(datetime.fromisoformat(since) - timedelta(hours=1)).encode()
    while start > 0:
        file.seek(start)
        start += len(file.readline())
        if tail.scored_before(file.readline(), limit):
            break
        start -= _SEARCHED
    file.seek(0)
    return max(0, start)


def search(path: Path, application_id: str) -> Answer | None:
    """The answer of the application in the file, or None. Raises OSError; UnreadableRow when it is there, but cannot be
    read.
    """
    # Not with mmap: when a scorer cuts a torn line off, reading beyond the new end of a mapping kills the process.
    with path.open("rb") as file:
        head = os.pread(file.fileno(), _MOST_HEADER, 0)
        layout = layout_of(head)
        if layout is None:
            return _search_any(path, head, application_id)
        return _first_readable(path.name, _lines_with(file, application_id), layout, application_id)


def search_at(path: Path, offset: int, application_id: str) -> Answer | None:
    """The answer of the application, if its row begins at this byte of a file that this system wrote. Raises OSError;
    UnreadableRow when it cannot be read."""
    with path.open("rb") as file:
        layout = layout_of(file.read(_MOST_HEADER))
        file.seek(offset)
        line = file.readline()
    if layout is None or not line.startswith(application_id.encode() + b","):
        return None
    return _first_readable(path.name, [line], layout, application_id)


def search_body(name: str, body: bytes, application_id: str) -> Answer | None:
    """The answer of the application in an object with this content, or None. Raises UnreadableRow when it is there, but
    cannot be read."""
    layout = layout_of(body[:_MOST_HEADER])
    if layout is None:
        return _search_rows(rows(name, io.BytesIO(body)), application_id)
    wanted = b"\n" + application_id.encode() + b","
    at, lines = body.find(wanted), []
    while at >= 0:
        lines.append(body[at + 1 : body.find(b"\n", at + 1) + 1 or len(body)])
        at = body.find(wanted, at + 1)
    return _first_readable(name, lines, layout, application_id)


def _lines_with(file: BinaryIO, application_id: str) -> Iterator[bytes]:
    for at in _places(file.fileno(), b"\n" + application_id.encode() + b","):
        file.seek(at + 1)
        yield file.readline()


def _first_readable(name: str, lines: Iterable[bytes], layout: Layout, application_id: str) -> Answer | None:
    """The answer on the first of these lines that can be read; None without lines. Raises UnreadableRow when none of them
    can be read."""
    failure: UnreadableRow | None = None
    for line in lines:
        for row in rows_of(name, [line.decode("utf-8", "surrogateescape")], layout, first=0):
            try:
                return row.answer(application_id)
            except UnreadableRow as error:
                if line.endswith(b"\n"):  # else it was never finished: its application is scored again
                    failure = error
    if failure:
        raise failure
    return None


def _places(file: int, wanted: bytes) -> Iterator[int]:
    """Every position of these bytes in a file, in order."""
    start, overlap = 0, len(wanted) - 1
    while len(block := os.pread(file, _SEARCHED, start)) > overlap:
        at = block.find(wanted)
        while at >= 0:
            yield start + at
            at = block.find(wanted, at + 1)
        start += len(block) - overlap
        time.sleep(0)  # lets other threads run in between: the file may be long


def _search_any(path: Path, head: bytes, application_id: str) -> Answer | None:
    """The same in a file that a spreadsheet rewrote. Reading it row by row is slow, so the id is searched for first."""
    with path.open("rb") as file:
        if next(_places(file.fileno(), application_id.encode(_utf_16(head) or "ascii")), None) is None:
            return None
        file.seek(0)
        return _search_rows(rows(path.name, file), application_id)


def _search_rows(found: Iterable[Row], application_id: str) -> Answer | None:
    failure: UnreadableRow | None = None
    for row in found:
        if application_id in row.text:
            try:
                if answer := row.answer(application_id):
                    return answer
            except UnreadableRow as error:
                failure = error
    if failure:
        raise failure
    return None


def layout_of(head: bytes) -> Layout | None:
    """The layout of a file that begins with this, if this system wrote it; None for any other file."""
    line = head[: head.find(b"\n") + 1].decode(errors="replace")
    return Layout.of(line) if line in HEADERS else None


def _utf_16(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    return "utf-16-be" if head.startswith(codecs.BOM_UTF16_BE) else None


def encoding_of(file: BinaryIO) -> str:
    """A file's encoding: UTF-8, unless a spreadsheet saved it in another one. UTF-16 is told by its byte-order mark. A file
    that is not valid UTF-8 is Windows-1252 if no character beyond ASCII in it is UTF-8; else it is UTF-8, and damaged.
    Leaves the file at its beginning."""
    head = file.read(_MOST_HEADER)
    file.seek(0)
    if layout_of(head):
        return "utf-8"
    if _utf_16(head):
        return "utf-16"
    decode, damaged, beyond_ascii = codecs.getincrementaldecoder("utf-8")().decode, False, False
    for block in iter(partial(file.read, _SEARCHED), b""):
        beyond_ascii = beyond_ascii or bool(_BEYOND_ASCII.search(block))
        try:
            damaged or decode(block)
        except UnicodeDecodeError:
            damaged = True
    file.seek(0)
    return "cp1252" if damaged and not beyond_ascii else "utf-8-sig"
