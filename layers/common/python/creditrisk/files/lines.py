"""Rows of CSV as they stand in a text: most are plain, and need no csv module to be read and to be written again."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeGuard

from creditrisk.files.pieces import reader

Row = str | list[str]
"""A row's line where that is plain, without quotation marks, so that it would be written as it is; else the row's cells."""


class _Written(list[str]):
    """What a csv.writer writes, row by row."""

    write = list.append


def rows_of(text: str, delimiter: str) -> Iterator[Row]:
    """The rows of a text without its header, as the csv module reads them; empty lines are none."""
    lines = io.StringIO(text, newline="")
    for line in lines:
        if '"' in line:
            yield next(reader(chain([line], lines), delimiter))
        elif plain := line.rstrip("\r\n"):
            yield plain


def cells_of(row: Row, delimiter: str) -> list[str]:
    """The cells of a row."""
    return row.split(delimiter) if isinstance(row, str) else row


def all_plain(rows: Sequence[Row], delimiter: str, width: int) -> TypeGuard[Sequence[str]]:
    """Whether all rows are plain, with so many cells each."""
    return all(isinstance(row, str) and row.count(delimiter) == width - 1 for row in rows)


def columns_of(rows: Sequence[str], delimiter: str, width: int) -> list[list[str]]:
    """The columns of rows that are `all_plain`."""
    cells = delimiter.join(rows).split(delimiter)
    return [cells[place::width] for place in range(width)]


def lines_of(rows: Sequence[Sequence[str]], delimiter: str) -> Iterator[str]:
    """Rows of cells, as many in each, as lines without their ends: what the csv module would write, which looks at each
    character; here a column is looked at as a whole."""
    columns = [_quoted(column, delimiter) for column in zip(*rows, strict=True)]
    return map(delimiter.join, zip(*columns, strict=True))


def _quoted(column: Sequence[str], delimiter: str) -> Sequence[str]:
    """The cells of a column, those in quotation marks that need them."""
    every = "".join(column)
    if "\r" in every:  # whether this one needs them depends on Python's version
        return [line.removesuffix(delimiter) for line in by_csv([[cell, ""] for cell in column], delimiter)]
    if not ('"' in every or delimiter in every or "\n" in every):
        return column
    return [
        '"' + cell.replace('"', '""') + '"' if '"' in cell or delimiter in cell or "\n" in cell else cell
        for cell in column
    ]


def by_csv(rows: Iterable[Sequence[str]], delimiter: str) -> list[str]:
    """Rows of cells as the csv module writes them, without the lines' ends."""
    written = _Written()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return [line[:-1] for line in written]
