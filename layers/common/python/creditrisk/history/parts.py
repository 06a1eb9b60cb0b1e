"""A part of the history (one file or object) as rows, whichever version wrote it, and also after a spreadsheet rewrote it.

A row that cannot be read is not left out: it comes with what is wrong with it.
"""

import csv
import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, repeat
from typing import NamedTuple

from creditrisk.application import FIELDS
from creditrisk.application.belonging import of_another
from creditrisk.decision import Answer
from creditrisk.errors import UnreadableRow
from creditrisk.history.columns import COLUMNS, HEADERS, TABLE, TYPES, columns_of
from creditrisk.history.records import Record, csv_line, from_line, record_of

log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+(?:[eE]-?\d+)?")
_OF_THE_RECORD = frozenset(column.name for column in TABLE) - FIELDS.keys()
_NUMBERS = frozenset(name for name, type_ in TYPES.items() if type_.name in ("number", "whole number"))


@dataclass(frozen=True)
class Layout:
    """What the first line of a part tells: the columns, and the character between two cells."""

    columns: tuple[str, ...]
    delimiter: str = ","
    version: int = 0
    """The last version that writes such a first line; 0 when a spreadsheet or an unknown, newer version wrote it."""

    @classmethod
    def of(cls, header: str) -> "Layout | None":
        """The layout of a part with this header; None when it is not the header of a history."""
        if version := HEADERS.get(header):
            return cls(columns_of(version), ",", version)
        text = header.removeprefix("\ufeff").rstrip("\r\n")
        delimiter = Counter(sign for sign in text if sign in ",;\t|").most_common(1)
        sign = delimiter[0][0] if delimiter else ","
        try:
            columns = tuple(cell.strip() for cell in next(csv.reader([text], delimiter=sign), []))
        except csv.Error:
            return None
        known = {name.upper(): name for name in COLUMNS}
        columns = tuple(known.get(name.upper(), name) for name in columns)
        while columns and not columns[-1]:  # empty columns that a spreadsheet added at the right
            columns = columns[:-1]
        usable = (
            "APPLICATION_ID" in columns and "PROBABILITY" in columns and len(set(columns)) == len(columns)
        )
        return cls(columns, sign) if usable else None

    @cached_property
    def foreign(self) -> tuple[str, ...]:
        """Its columns that this version does not know."""
        return tuple(name for name in self.columns if name not in TYPES)

    @cached_property
    def of_another_portfolio(self) -> str:
        """What tells that another portfolio's decisions are recorded under it, in words; '' when nothing does."""
        return of_another([name for name in self.columns if name not in _OF_THE_RECORD])

    @cached_property
    def ending(self) -> str | None:
        """What has to be added to a line to make it one of this version; None when that is not enough."""
        if self.version and self.columns == COLUMNS:
            return ""
        if (
            self.version and self.columns == COLUMNS[: len(self.columns)]
        ):  # the first version, which has no RECORD_VERSION
            return "," * (len(COLUMNS) - len(self.columns)) + str(self.version)
        return None

    @cached_property
    def place_of_probability(self) -> int:
        """The place of the column PROBABILITY."""
        return self.columns.index("PROBABILITY")

    @cached_property
    def place_of_id(self) -> int:
        """The place of the column APPLICATION_ID."""
        return self.columns.index("APPLICATION_ID")

    @cached_property
    def place_of_time(self) -> int | None:
        """The place of the column SCORED_AT, if there is one."""
        return self.columns.index("SCORED_AT") if "SCORED_AT" in self.columns else None

    def cells(self, line: str) -> list[str]:
        """The cells of a line. Raises csv.Error."""
        cells = next(csv.reader((line,), delimiter=self.delimiter), [])
        while len(cells) > len(self.columns) and not cells[-1]:
            cells.pop()
        return cells

    def row(self, cells: Sequence[str]) -> dict[str, str]:
        """Column → cell; numbers and reasons as they were before a spreadsheet wrote them its own way."""
        row = dict(zip(self.columns, cells, strict=True))
        if not self.version and self.delimiter != ",":
            for name, cell in row.items():
                if "," in cell and name in _NUMBERS and _DECIMAL_COMMA.fullmatch(cell):
                    row[name] = cell.replace(",", ".")
            if reasons := row.get("REASONS"):
                row["REASONS"] = _with_commas(reasons, self.delimiter)
        return row


def _with_commas(reasons: str, delimiter: str) -> str:
    """The reasons as JSON: with commas again, if only their replacement by the file's delimiter made them no JSON."""
    for text in (reasons, reasons.replace(delimiter, ",")):
        try:
            json.loads(text)
        except ValueError:
            continue
        return text
    return reasons


class Row(NamedTuple):
    """One row of a part. `problem` says why it cannot be read; then it has no cells."""

    part: str
    line: int
    layout: Layout
    text: str
    cells: Sequence[str] = ()
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.part}, line {self.line}" if self.line else self.part

    @property
    def id(self) -> str:
        """The application's id; '' for a row that cannot be read."""
        return self.cells[self.layout.place_of_id] if self.cells else ""

    def record(self) -> Record:
        """The record that it holds. Raises UnreadableRow."""
        if self.problem:
            raise UnreadableRow(f"{self}: {self.problem}")
        try:
            return record_of(self.by_column)
        except UnreadableRow as error:
            raise UnreadableRow(f"{self}: {error}") from None

    def answer(self, application_id: str) -> Answer | None:
        """The answer that it records, or None when it is another application's. Raises UnreadableRow."""
        return None if self.cells and self.id != application_id else self.record().answer

    def before(self, moment: str) -> bool:
        """Whether the row says that it was scored before a moment (ISO 8601, UTC). A moment that a spreadsheet rewrote does
        not count."""
        place = self.layout.place_of_time
        scored = self.cells[place] if place is not None and self.cells else ""
        return scored[10:11] == "T" and scored < moment

    @property
    def by_column(self) -> dict[str, str]:
        """Column → cell."""
        return self.layout.row(self.cells)

    @property
    def as_line(self) -> str:
        """The row as a line under this version's columns; columns that only a newer version has are left out."""
        ending = self.layout.ending
        if ending is not None:
            return self.text if not ending else f"{self.text[:-1]}{ending}\n"
        return csv_line(self.under(COLUMNS))

    def under(self, columns: Sequence[str]) -> list[str]:
        """Its cells under these columns."""
        row: Mapping[str, str] = {"RECORD_VERSION": "1", **self.by_column}
        return [row.get(name, "") for name in columns]


def rows_of(part: str, lines: Iterable[str], layout: Layout | None, first: int = 2) -> Iterator[Row]:
    """Every row of a part without its header. `first` is the number of the first of these lines, 0 when that is unknown.
    Empty lines are no rows.

    Each line is read by itself: no cell holds a line break, and so a quotation mark that is never closed spoils only its
    own row.
    """
    nothing = Layout(())
    for number, line in zip(count(first) if first else repeat(0), lines, strict=False):
        if len(line) < 200 and not line.strip(",;\t \r\n"):
            continue
        text = line if line[-1:] == "\n" and line[-2:-1] != "\r" else line.rstrip("\r\n") + "\n"
        if layout is None:
            yield Row(part, number, nothing, text, problem="the file has no header of a history")
            continue
        try:
            if not text.isascii():
                text.encode()
            cells = layout.cells(text)
        except UnicodeEncodeError:
            yield Row(part, number, layout, text, problem="it is damaged: it holds bytes that are no UTF-8")
            continue
        except csv.Error as error:
            yield Row(part, number, layout, text, problem=f"it is no CSV ({error})")
            continue
        problem = _problem(cells, layout)
        if not problem and layout.version and not line.endswith("\n") and not finished(text, layout):
            problem = "it was never finished, or is being written just now"
        yield Row(part, number, layout, text, () if problem else cells, problem)


def _problem(cells: Sequence[str], layout: Layout) -> str:
    if len(cells) != len(layout.columns):
        return f"it has {len(cells)} cells, and the header {len(layout.columns)}"
    if not _ID.fullmatch(cells[layout.place_of_id]):
        return "its APPLICATION_ID is no id"
    if probability := cells[layout.place_of_probability]:
        try:
            float(probability.replace(",", "."))
        except ValueError:
            return "its PROBABILITY is no number"
    return ""


def finished(text: str, layout: Layout) -> bool:
    """Whether a last line without its line feed is a whole record. From version 2 on, its last cell, RECORD_VERSION, tells
    for certain."""
    try:
        cells = layout.cells(text)
        from_line(text, layout.columns)
    except (csv.Error, UnreadableRow):
        return False
    return not _problem(cells, layout) and (layout.version == 1 or cells[-1] in _ENDINGS[layout.columns])


_ENDINGS = {
    columns_of(last): {
        str(version) for version in range(2, last + 1) if columns_of(version) == columns_of(last)
    }
    for last in HEADERS.values()
}
"""Columns → what the last cell of a row may be: the numbers of the versions that have exactly these columns."""


@dataclass(frozen=True)
class Part:
    """One file or object of a history, with its rows, which are read while the caller iterates."""

    name: str
    rows: Iterable[Row]


def records_of(parts: Iterable[Part]) -> Iterator[Record]:
    """The records of the parts. Of each application, the first row that can be read counts; rows that cannot be read are
    logged."""
    seen: set[str] = set()
    for part in parts:
        for row in part.rows:
            if row.cells and row.id in seen:
                continue
            try:
                record = row.record()
            except UnreadableRow as error:
                log.warning("a row of the history cannot be read: %s", error)
            else:
                seen.add(record.answer.id)
                yield record


def header_and_lines(lines: Iterator[str]) -> tuple[Layout | None, int]:
    """Takes the header off the lines; returns its layout, and the number of the line after it. Empty lines and Excel's
    line `sep=;` may come before it."""
    number = 1
    for number, line in enumerate(lines, 1):
        if line.strip("\ufeff \r\n") and not _SEP.fullmatch(line.removeprefix("\ufeff")):
            return Layout.of(line), number + 1
    return None, number + 1
