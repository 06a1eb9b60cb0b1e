"""Rows of CSV as they stand in a text: most are plain, and need no csv module to be read and to be written again."""

import io
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from creditrisk.files.pieces import reader


class Row(NamedTuple):
    """A row's cells, and its line where that is plain: without quotation marks. What is plain would be written as it is."""

    cells: list[str]
    plain: str = ""


class Written(list[str]):
    """What a csv.writer writes, row by row."""

    write = list.append


def rows_of(text: str, delimiter: str) -> Iterator[Row]:
    """The rows of a text without its header, as the csv module reads them; empty lines are none."""
    lines = io.StringIO(text, newline="")
    for line in lines:
        if '"' in line:
            yield Row(next(reader(chain([line], lines), delimiter)))
        elif plain := line.rstrip("\r\n"):
            yield Row(plain.split(delimiter), plain)
