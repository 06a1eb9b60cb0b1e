"""A history written as one CSV file, whatever it consists of."""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from creditrisk.errors import ExportNotWritten
from creditrisk.formulas import SIGNS, as_text
from creditrisk.history import COLUMNS, Part, Row
from creditrisk.history.columns import TYPES
from creditrisk.history.records import csv_line

_SUSPECT = re.compile(f"(?:^|,)\"?'*[{SIGNS}]")
"""Finds at least every line that holds a cell to be written as text; most lines hold none, and go out as they are."""


class Export:
    """Gathers rows in a file of its own until all are there: only then is it certain which columns there are, and that
    the history could be read to its end.

    Rows are copied as they are written, and not made into records and back: that is twice as fast, and loses nothing of
    what a newer version wrote.
    """

    def __init__(self) -> None:
        self.parts = self.count = 0
        self.unreadable: list[str] = []
        self._extra: list[str] = []  # columns that a newer version wrote
        self._known_from: list[int] = []  # the row from which on each of them is there
        self._seen: set[str] = set()
        self._rows = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115

    def add(self, part: Part) -> None:
        """Take the rows of a part, without a second one of an application."""
        self.parts += 1
        for row in part.rows:
            if row.problem:
                self.unreadable.append(f"{row}: {row.problem}")
                continue
            if row.id not in self._seen:
                self._seen.add(row.id)
                self._rows.write(self._line(row))
                self.count += 1

    def _line(self, row: Row) -> str:
        for name in row.layout.foreign:
            if name not in self._extra:
                self._extra.append(name)
                self._known_from.append(self.count)
        if not self._extra and row.layout.ending is not None:
            line = row.as_line
            if not _SUSPECT.search(line):
                return line
        columns = (*COLUMNS, *self._extra)
        return csv_line([_safe(name, cell) for name, cell in zip(columns, row.under(columns), strict=True)])

    def write(self, out: Path) -> None:
        """Write it all to a file, or to standard output when it is called `-`. Raises ExportNotWritten."""
        try:
            if str(out) == "-":
                self._write(sys.stdout)
                return
            partial = out.with_name(out.name + ".partial")
            try:
                with partial.open("w", encoding="utf-8", newline="") as file:
                    self._write(file)
                partial.replace(out)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise ExportNotWritten(
                f"{out} cannot be written ({error.strerror or error}); name another place for the export."
            ) from error
        finally:
            self._rows.close()

    def _write(self, file: TextIO) -> None:
        self._rows.seek(0)
        file.write(csv_line([*COLUMNS, *map(as_text, self._extra)]))
        if self._extra:
            file.writelines(self._widened())
        else:
            shutil.copyfileobj(self._rows, file, 1 << 20)
        file.flush()

    def _widened(self) -> Iterator[str]:
        """The rows, those from before a column was known with an empty cell under it."""
        for number, line in enumerate(self._rows):
            lacking = sum(1 for known_from in self._known_from if number < known_from)
            yield f"{line[:-1]}{',' * lacking}\n" if lacking else line


def _safe(name: str, cell: str) -> str:
    if name in TYPES and TYPES[name].name in ("number", "whole number"):
        try:
            float(cell)
        except ValueError:
            return as_text(cell)
        return cell
    return as_text(cell)
