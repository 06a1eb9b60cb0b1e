"""The end of a file that records are appended to: only whole ones stay, and what is cut off is kept beside the file."""

import logging
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from creditrisk import append_only
from creditrisk.application_id import received_at
from creditrisk.clock import timestamp
from creditrisk.decision import Answer
from creditrisk.errors import UnreadableRow
from creditrisk.history.columns import COLUMNS, HEADER
from creditrisk.history.parts import Layout, finished
from creditrisk.history.records import from_line

log = logging.getLogger(__name__)

_CHUNK = 1 << 16
ALWAYS_READ = 16 << 20
"""Bytes, some 40,000 records, that are searched for a record at least, since a scorer's clock may be hours off."""
_HEADER = HEADER.encode()
_SCORED = COLUMNS.index("SCORED_AT")  # the cells before it are ids and moments, which hold no comma
_LAYOUT = Layout.of(HEADER)


def may_be_appended_to(file: int) -> bool:
    """Whether the file is empty, or begins with this version's header, or with the first part of it."""
    return _HEADER.startswith(os.pread(file, len(_HEADER), 0))


def whole_lines(file: int, path: Path) -> int:
    """Make the file end with a whole record; returns where the next one goes. See `append_only.whole_lines`."""
    return append_only.whole_lines(file, path, _is_record)


def _is_record(rest: bytes) -> bool:
    try:
        return _LAYOUT is not None and finished(rest.decode(), _LAYOUT)
    except UnicodeDecodeError:
        return False


def recorded_since(file: int, end: int, application_ids: Sequence[str]) -> dict[str, Answer]:
    """The answers of those applications that are in the file already.

    The file is read from its end backwards: ALWAYS_READ bytes, and then on to the first record that was scored before the
    oldest of the applications came in, with an hour's margin for clocks that disagree. What is older cannot be one of them.
    """
    wanted = {application_id.encode() for application_id in application_ids}
    limit = timestamp(min(map(received_at, application_ids)) - timedelta(hours=1)).encode()
    found: dict[str, Answer] = {}
    rest, enough = b"", end - ALWAYS_READ
    while end > 0 and len(found) < len(wanted):
        start = max(0, end - _CHUNK)
        torn, _, whole = (os.pread(file, end - start, start) + rest).partition(b"\n")
        lines = whole.split(b"\n")[:-1]
        for line in lines:
            if line.partition(b",")[0] in wanted:
                _add(found, line)
        if start < enough and lines and scored_before(lines[0], limit):
            break
        rest, end = torn + b"\n", start
    return found


def _add(found: dict[str, Answer], line: bytes) -> None:
    try:
        answer = from_line(line.decode())
    except (UnreadableRow, UnicodeDecodeError) as error:
        log.warning("a row of the history cannot be read, and is recorded anew: %s", type(error).__name__)
    else:
        found[answer.id] = answer


def scored_before(line: bytes, limit: bytes) -> bool:
    """Whether a line of this version says that it was scored before a moment (ISO 8601, UTC)."""
    cells = line.split(b",", _SCORED + 1)
    return len(cells) > _SCORED + 1 and b"2" < cells[_SCORED] < limit  # a damaged row may hold no year
