"""The history as one file, history.csv, in a folder: appended to by any number of scorers on one machine."""

import fcntl
import os
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from creditrisk.application_id import received_at
from creditrisk.decision import Answer, timestamp
from creditrisk.errors import HistoryMismatch, HistoryUnavailable
from creditrisk.history.records import COLUMNS, HEADER, Record, from_line, once, to_line

_CHUNK = 1 << 16
_SEARCHED = 1 << 20
_ALWAYS_READ = 16 << 20
"""Bytes, some 40,000 records: how far back a record is looked for at least, since a scorer's clock may be hours off."""


class FolderHistory:
    """history.csv: append only, one durable write a batch, every application once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "history.csv"

    def append(self, records: Sequence[Record], held: Callable[[], Container[str]]) -> list[Answer]:
        """Append a batch under the file's lock: all of it, on the disk, or nothing.

        What is left of a write that a power cut or a kill tore apart goes first: its applications were never
        answered, so they come again. Only under the lock is it certain what this scorer still holds, and what
        another one has recorded.
        """
        with self._locked() as file:
            end = _whole_lines(file)
            stale = [record.answer.id for record in records if not record.fresh]
            known = _recorded_since(file, end, stale) if stale else {}
            mine = held()
            new = [r.answer for r in records if r.answer.id in mine and r.answer.id not in known]
            if new:
                _write(file, (("" if end else HEADER) + "".join(map(to_line, new))).encode(), end)
            elif known:
                os.fsync(file)  # whoever wrote them may have died before they were on the disk
            return [*known.values(), *new]

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application; reads the file as the system's cache holds it."""
        wanted = b"\n" + application_id.encode() + b","
        overlap = len(wanted) - 1
        with _unavailable():
            if not self.path.exists():
                return None
            # Read, not mapped: a scorer that cuts a torn line off would take the mapping's end away under our feet.
            with self.path.open("rb") as file:
                start = 0
                while len(block := os.pread(file.fileno(), _SEARCHED, start)) > overlap:
                    at = block.find(wanted)
                    if at >= 0:
                        file.seek(start + at + 1)
                        line = file.readline()
                        return from_line(line.decode()) if line.endswith(b"\n") else None
                    start += len(block) - overlap
                    time.sleep(0)  # a long file: whatever else the process has to do comes in between
                return None

    def lines(self) -> Iterator[str]:
        """Every whole record, in order."""
        with _unavailable():
            if not self.path.exists():
                return
            with self.path.open(encoding="utf-8", newline="") as file:
                next(file, None)
                yield from once(line for line in file if line.endswith("\n"))

    def check(self) -> None:
        """Raises HistoryUnavailable when the file cannot be written, HistoryMismatch when its columns are others."""
        with self._locked() as file:
            _whole_lines(file)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, open, and locked against other scorers until the block ends."""
        with _unavailable():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = not self.path.exists()
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o640)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if new:
                    _sync_folder(self.path.parent)
                yield file
            finally:
                os.close(file)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HistoryUnavailable(
            f"The history cannot be written or read: {error.strerror or error}."
        ) from error


def _whole_lines(file: int) -> int:
    """Cut a torn last line off; returns where the next record goes. Raises HistoryMismatch on another header."""
    size = os.fstat(file).st_size
    header = os.pread(file, len(HEADER.encode()), 0).decode(errors="replace")
    if size and not HEADER.startswith(header):
        raise HistoryMismatch(
            f"history.csv has other columns than this version ({len(COLUMNS)}, from {COLUMNS[0]} to {COLUMNS[-1]}); "
            "move it aside, a new one is begun."
        )
    if header != HEADER:
        os.ftruncate(file, 0)
        return 0
    end = size
    while end > 0:
        start = max(0, end - _CHUNK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end != size:
        os.ftruncate(file, end)
    return end


def _recorded_since(file: int, end: int, application_ids: Sequence[str]) -> dict[str, Answer]:
    """Which of the applications stand in the file already, as they were recorded.

    Read from its end backwards, past `_ALWAYS_READ` to the first record scored before the oldest of them came in (with
    an hour's margin for clocks that disagree): what is older cannot be one of them.
    """
    wanted = {application_id.encode() for application_id in application_ids}
    limit = timestamp(min(map(received_at, application_ids)) - timedelta(hours=1)).encode()
    found: dict[str, Answer] = {}
    rest, enough = b"", end - _ALWAYS_READ
    while end > 0 and len(found) < len(wanted):
        start = max(0, end - _CHUNK)
        torn, _, whole = (os.pread(file, end - start, start) + rest).partition(b"\n")
        lines = whole.split(b"\n")[:-1]
        for line in lines:
            if line.partition(b",")[0] in wanted:
                answer = from_line(line.decode())
                found[answer.id] = answer
        if start < enough and lines and lines[0].split(b",", 3)[2] < limit:
            break
        rest, end = torn + b"\n", start
    return found


def _write(file: int, data: bytes, end: int) -> None:
    """Append at `end` and wait until it is on the disk; on failure nothing of it stays."""
    view, offset = memoryview(data), end
    try:
        while view:
            written = os.pwrite(file, view, offset)
            view, offset = view[written:], offset + written
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


def _sync_folder(folder: Path) -> None:
    """A new file survives a power cut only when its folder was written, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
