"""The history as files in a folder, which any number of scorers on one machine append to: history.csv, and a new file
(history-2.csv and so on) whenever the last one has other columns than this version writes."""

import logging
import os
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from creditrisk import append_only
from creditrisk.application_id import received_at, reference
from creditrisk.clock import timestamp
from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable, UnreadableRow
from creditrisk.history import files, tail
from creditrisk.history.columns import HEADER
from creditrisk.history.index_place import Place
from creditrisk.history.parts import Part, Row, records_of
from creditrisk.history.records import Record, to_lines

log = logging.getLogger(__name__)

_CLOCKS_DISAGREE = timedelta(hours=1)
"""How far the clocks of the scorers and of the file system may differ."""


class FolderHistory:
    """Append only: one durable write for each batch, and each application once. A file that another version or a
    spreadsheet wrote is read, and never written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "history.csv"

    def append(self, records: Sequence[Record], held: Callable[[], Container[str]]) -> list[Answer]:
        """Append a batch: when this returns all of it is on the disk; when it raises, nothing of it stays.

        What a power cut or a kill left of an earlier write is removed first: its applications were never answered, so
        they are scored again. All of this is done under the history's lock, since only then is it certain what this
        scorer still holds, and what another one has recorded.
        """
        with self._locked() as lock, self._last_part(lock) as (file, path):
            end = tail.whole_lines(file, path)
            stale = [record.answer.id for record in records if not record.fresh]
            known = self._recorded(file, path, end, stale) if stale else {}
            mine = held()
            new = [r.answer for r in records if r.answer.id in mine and r.answer.id not in known]
            if new:
                append_only.write(file, (("" if end else HEADER) + to_lines(new)).encode(), end)
            elif known:
                os.fsync(file)  # the scorer that wrote them may have died before they were on the disk
            return [*known.values(), *new]

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application."""
        failure = None
        with _unavailable():
            for path in files.every(self.folder):
                try:
                    answer = files.search(path, application_id)
                except UnreadableRow as error:
                    failure = error
                    continue
                if answer:
                    return answer
        if failure:
            log.error("the record of application %s cannot be read: %s", reference(application_id), failure)
            raise HistoryUnavailable("The record of this application cannot be read; restore its file.")
        return None

    def find_at(self, place: Place, application_id: str) -> Answer | None:
        """The recorded answer of one application, if its row begins at this byte of a file."""
        if place.offset < 0:  # a file that a spreadsheet rewrote
            return None
        with _unavailable():
            if (path := self.folder / place.part) not in files.every(self.folder):
                return None
            try:
                return files.search_at(path, place.offset, application_id)
            except UnreadableRow:
                return None

    def parts(self) -> Iterator[Part]:
        """Every file of the history; what was brought along from another system comes first."""
        return self._parts(None)

    def records(self, since: datetime | None = None) -> Iterator[Record]:
        """Every record once, in the order of the files; see History.records."""
        return records_of(self._parts(since))

    def streams(self, days: Collection[str] | None = None) -> Iterator[tuple[str, BinaryIO]]:
        """Every file (each holds many days), open while the caller looks at it; what was brought along comes first."""
        for path in self._paths(None):
            with _unavailable(), path.open("rb") as file:
                yield path.name, file

    def _parts(self, since: datetime | None) -> Iterator[Part]:
        for path in self._paths(since):
            brought = path.name.startswith("imported-")  # its rows do not tell when they were brought along
            yield Part(path.name, self._rows(path, timestamp(since) if since and not brought else ""))

    def _paths(self, since: datetime | None) -> Iterator[Path]:
        """The files in which something may have been recorded since a moment."""
        with _unavailable():
            paths = files.every(self.folder)
        for path in paths:
            margin = timedelta(0) if path.name.startswith("imported-") else _CLOCKS_DISAGREE
            with _unavailable():
                if since and path.stat().st_mtime < (since - margin).timestamp():
                    continue
            yield path

    def _rows(self, path: Path, since: str) -> Iterator[Row]:
        with _unavailable(), path.open("rb") as file:
            yield from files.rows(path.name, file, since)

    def add_part(self, name: str, lines: Sequence[str]) -> bool:
        """Add what was brought along from another system as imported-NAME.csv: all of it or nothing."""
        path = self.folder / f"imported-{name}.csv"
        with self._locked():
            files.refuse_another_portfolio(self.folder)
            if path.exists():
                return False
            partial = path.with_name(f"{path.name}.partial")
            with partial.open("w", encoding="utf-8", newline="") as file:
                file.write(HEADER)
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            append_only.sync_folder(self.folder)
            return True

    def check(self) -> None:
        """Raises HistoryUnavailable when nothing can be appended."""
        with self._locked() as lock, self._last_part(lock) as (file, path):
            tail.whole_lines(file, path)
            for strange in files.foreign(self.folder):
                log.warning("%s is no history: nothing in it is read; move it to another folder", strange)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Lock the history until the block ends; gives history.csv, open. Scorers of every version lock this file, whichever
        file they write to."""
        with _unavailable(), append_only.locked(self.path) as lock:
            yield lock

    @contextmanager
    def _last_part(self, first: int) -> Iterator[tuple[int, Path]]:
        """The file that records are appended to, open: the last one with this version's columns, or a new one. `first` is
        history.csv, open."""
        parts = files.numbered(self.folder)
        if not os.fstat(first).st_size:  # the first record of all, or of this file
            files.refuse_another_portfolio(self.folder)
        if parts == [self.path] and tail.may_be_appended_to(first):
            yield first, self.path
            return
        for path in reversed(parts):
            with append_only.opened(path) as file:
                if tail.may_be_appended_to(file):
                    yield file, path
                    return
        files.refuse_another_portfolio(self.folder)
        path = self._next_part(parts[-1])
        with append_only.opened(path) as file:
            append_only.sync_folder(self.folder)
            yield file, path

    def _next_part(self, last: Path) -> Path:
        number = int(last.stem.partition("-")[2] or 1) + 1
        path = self.folder / f"history-{number}.csv"
        log.warning(
            "%s was not written by this version, and stays as it is: records go to %s from now on. "
            "Both are the history; `creditrisk history export` makes one file of them.",
            last,
            path.name,
        )
        return path

    def _recorded(self, file: int, own: Path, end: int, application_ids: Sequence[str]) -> dict[str, Answer]:
        """The answers of those applications that are recorded: in the file that is written to, or in another one."""
        found = tail.recorded_since(file, end, application_ids)
        since = (min(map(received_at, application_ids)) - _CLOCKS_DISAGREE).timestamp()
        for path in files.numbered(self.folder):
            if path == own or path.stat().st_mtime < since:
                continue
            for application_id in application_ids:
                if application_id not in found and (answer := _readable(path, application_id)):
                    found[application_id] = answer
        return found


def _readable(path: Path, application_id: str) -> Answer | None:
    try:
        return files.search(path, application_id)
    except UnreadableRow:
        return None  # it is recorded once more, and whoever reads takes the row that can be read


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HistoryUnavailable(
            f"The history cannot be written or read: {error.strerror or error}."
        ) from error
