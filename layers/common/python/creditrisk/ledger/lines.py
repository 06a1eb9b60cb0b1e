"""Rows of a ledger as lines of CSV and back: a row is a line, whatever is in its cells."""

import csv
import io
import logging
import re
from collections.abc import Iterator, Sequence

from creditrisk.ledger.table import Placed, Table

log = logging.getLogger(__name__)

_BREAKS = re.compile(r"[\r\n\0]")


def to_lines(table: Table, rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines. Raises ValueError for one with another number of cells than the table has columns."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        if len(row) != len(table.columns):
            raise ValueError(f"a row of {table.name} has {len(table.columns)} cells, not {len(row)}")
        writer.writerow([_BREAKS.sub(" ", cell) for cell in row])
    return buffer.getvalue()


def header_of(table: Table) -> str:
    """The first line of each part that this version writes."""
    return ",".join(table.columns) + "\n"


def columns_in(line: bytes, table: Table) -> tuple[str, ...] | None:
    """The columns that a part's first line names; None when it is no header of this table."""
    columns = tuple(line.decode("utf-8", "replace").rstrip("\r\n").split(","))
    return columns if columns[:1] == table.columns[:1] and line.endswith(b"\n") else None


def placed(table: Table, part: str, columns: Sequence[str], data: bytes, start: int) -> Iterator[Placed]:
    """The rows on whole lines of `data`, which begins at byte `start` of its part. A damaged one is logged, never quoted."""
    missing = {name: "" for name in table.columns if name not in columns}
    end = start
    for line in data.split(b"\n")[:-1]:
        end += len(line) + 1
        if not line.strip():
            continue
        cells = _cells(line)
        if len(cells) != len(columns):
            log.warning("%s: the row that ends at byte %d cannot be read, and is left out", part, end)
            continue
        yield Placed(dict(zip(columns, cells, strict=True), **missing), end)


def _cells(line: bytes) -> list[str]:
    try:
        text = line.decode()
        if '"' not in text:
            return text.rstrip("\r").split(",")
        return next(csv.reader([text], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return []
