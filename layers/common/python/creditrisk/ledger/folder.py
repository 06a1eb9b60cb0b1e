"""A ledger as a file in the history's folder, which any number of processes on one machine append to: NAME.csv, and a new
file (NAME-2.csv and so on) once the last one has other columns than this version writes."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from creditrisk import append_only
from creditrisk.errors import HistoryUnavailable
from creditrisk.ledger.lines import columns_in, header_of, placed, to_lines
from creditrisk.ledger.places import Places
from creditrisk.ledger.table import Part, Placed, Table

_READ = 4 << 20
"""Bytes that are read at once."""


class FolderLedger:
    """Append only, with one durable write for each call."""

    def __init__(self, table: Table, folder: Path) -> None:
        self.table = table
        self.folder = folder
        self._first = folder / f"{table.name}.csv"

    def append(self, rows: Sequence[Sequence[str]]) -> None:
        """Add rows: when this returns they are on the disk; when it raises, nothing of them stays."""
        lines = to_lines(self.table, rows)
        if not lines:
            return
        with self._available(), append_only.locked(self._first) as lock, self._last(lock) as (file, path):
            end = append_only.whole_lines(file, path)
            append_only.write(file, (("" if end else header_of(self.table)) + lines).encode(), end)

    @contextmanager
    def _last(self, lock: int) -> Iterator[tuple[int, Path]]:
        """The file that rows are appended to, open. Writers of every version lock the first one, whichever they write to."""
        paths = self._paths()
        if paths == [self._first] and self._may_be_appended_to(lock):
            yield lock, self._first
            return
        path = paths[-1]
        with append_only.opened(path) as file:
            if self._may_be_appended_to(file):
                yield file, path
                return
        path = self.folder / f"{self.table.name}-{_number(path) + 1}.csv"
        with append_only.opened(path) as file:
            append_only.sync_folder(self.folder)
            yield file, path

    def _may_be_appended_to(self, file: int) -> bool:
        """Whether a file is empty, or begins with this version's header, or with the first part of it."""
        header = header_of(self.table).encode()
        return header.startswith(os.pread(file, len(header), 0))

    def rows(self) -> Iterator[dict[str, str]]:
        """Every row, in the order of writing."""
        for part in self.parts():
            for found in self.read(part.name):
                yield found.row

    def of(self, key: str) -> Iterator[dict[str, str]]:
        """The rows whose first cell is `key`."""
        with self._available():
            yield from self._places.of(key)

    @cached_property
    def _places(self) -> Places:
        return Places(self.folder, self.parts, self.read, self.table.columns[0])

    def parts(self) -> Iterator[Part]:
        """The files, in the order in which they were begun."""
        for path in self._paths():
            with self._available(), path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                yield Part(path.name, append_only.after_last_line_feed(file.fileno(), size))

    def streams(self) -> Iterator[tuple[str, BinaryIO]]:
        """The files, each open while the caller looks at it."""
        for path in self._paths():
            with self._available(), path.open("rb") as file:
                yield path.name, file

    def read(self, part: str, offset: int = 0) -> Iterator[Placed]:
        """The rows of one file from a byte on; a line that is being written just now is none yet."""
        path = self.folder / part
        if path not in self._paths():
            return
        with self._available(), path.open("rb") as file:
            first = file.readline()
            columns = columns_in(first, self.table)
            if columns is None:
                if first.endswith(b"\n"):
                    raise HistoryUnavailable(
                        f"{path} has no header of {self.table.name}: move it to another folder, or restore it."
                    )
                return
            at = max(offset, len(first))
            file.seek(at)
            while block := file.read(_READ):
                while not block.endswith(b"\n") and (more := file.readline()):
                    block += more
                whole = block[: block.rfind(b"\n") + 1]
                yield from placed(self.table, part, columns, whole, at)
                at += len(whole)

    def _paths(self) -> list[Path]:
        name = re.compile(rf"{re.escape(self.table.name)}(-\d{{1,6}})?\.csv")
        try:
            found = [self.folder / entry for entry in os.listdir(self.folder) if name.fullmatch(entry)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unavailable(error) from error
        return sorted(found, key=_number)

    @contextmanager
    def _available(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> HistoryUnavailable:
        return HistoryUnavailable(
            f"The {self.table.name} beside the history cannot be written or read: {error.strerror or error}."
        )


def _number(path: Path) -> int:
    """The number of a file: 1 for NAME.csv, 2 for NAME-2.csv."""
    return int(path.stem.rpartition("-")[2]) if re.search(r"-\d+$", path.stem) else 1
