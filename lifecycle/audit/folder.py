"""The audit log as a file beside the history, which any number of processes of one machine append to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from creditrisk import append_only
from lifecycle.audit.chain import Entry, Head, follows, hash_of, next_line
from lifecycle.audit.errors import AuditBroken, AuditUnavailable

AUDIT: Final = "audit.jsonl"
_CHUNK: Final = 1 << 14
_READ: Final = 1 << 20


class FolderAudit:
    """`audit.jsonl`: one line an entry. The file is locked while an entry is added."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / AUDIT

    def record(self, event: str, by: str, **facts: Any) -> Entry:
        """Append one entry, on the disk when this returns; see AuditLog.record."""
        with _unavailable(), append_only.locked(self.path) as file:
            end = append_only.whole_lines(file, self.path, partial(_follows_the_last, file))
            line = next_line(_head(file, end), event, by, facts)
            append_only.write(file, line + b"\n", end)
        return Entry.of(line)

    def lines(self) -> Iterator[bytes]:
        """Every line of the file, as it is now."""
        with _unavailable():
            if not self.path.exists():
                return
            with self.path.open("rb", buffering=_READ) as file:
                for line in file:
                    yield line[:-1] if line.endswith(b"\n") else line

    def entries(self) -> Iterator[Entry]:
        """Every entry that can be read, the oldest first."""
        for line in self.lines():
            with suppress(ValueError):
                yield Entry.of(line)


def _follows_the_last(file: int, rest: bytes) -> bool:
    """Whether `rest`, at the file's end and without a line end, is all of the entry that follows the last whole one."""
    *before, _ = _last_lines(file, os.fstat(file).st_size, 2)
    return follows(rest, hash_of(before[-1]) if before else Head().hash)


def _last_lines(file: int, end: int, count: int) -> list[bytes]:
    """The last `count` lines before `end`, or fewer; the last is empty where a line ends there."""
    found, start = b"", end
    while start > 0 and found.count(b"\n") < count:
        start = max(0, start - _CHUNK)
        found = os.pread(file, end - start, start)
    lines = found.split(b"\n")
    return lines[-count:] if start == 0 or len(lines) > count else lines[1:]


def _head(file: int, end: int) -> Head:
    """The head of a file of whole lines, once its last entry is seen to follow the one before it."""
    *before, last = _last_lines(file, end, 3)[:-1] or [b""]
    if not last:
        return Head()
    try:
        number = Entry.of(last).number
    except ValueError:
        number = -1
    if number < 1 or not follows(last, hash_of(before[-1]) if before else Head().hash):
        raise AuditBroken(
            "The last entry of the audit log is not what was written: nothing is added to it, and nothing done that "
            "it would have to tell. See `creditrisk audit verify`, and restore the log from a copy."
        )
    return Head(number, hash_of(last))


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AuditUnavailable(
            f"The audit log cannot be written or read: {error.strerror or error}. What it was to tell is not done."
        ) from error
