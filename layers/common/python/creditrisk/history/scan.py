"""A few columns of every row, as text: a third of the time of parsing whole rows, for questions about all of a history."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import itemgetter
from typing import BinaryIO

from creditrisk.history import History, files
from creditrisk.history.columns import TYPES
from creditrisk.history.parts import Layout, Row, rows_of

log = logging.getLogger(__name__)

_READ = 4 << 20
"""Bytes that are read at once."""
_ID = 36
"""Characters of an application's id."""
_NEVER_QUOTED = frozenset(
    name for name, type_ in TYPES.items() if type_.name in ("number", "whole number", "moment")
) | {"APPLICATION_ID", "DECISION"}
"""Columns in which this system writes no quotation marks: an empty cell there is empty indeed."""

Cells = tuple[str, ...]


def scan(
    history: History, names: Sequence[str], days: Collection[str] | None = None
) -> Iterator[list[Cells]]:
    """The cells under these columns, in blocks of rows, in the order of the record.

    With `days` (2026-11-23), what came in on others may be left out: in S3 each object is one day's. A cell under a column
    that the row was written without is ''. An application may come twice: the first row counts. Rows
    that cannot be read are logged, and left out. Raises HistoryUnavailable.
    """
    for part, stream in history.streams(days):
        head = stream.readline()
        layout = files.layout_of(head)
        if layout is None:  # a spreadsheet or a newer version wrote it
            stream.seek(0)
            yield from _slowly(files.rows(part, stream), names)
        else:
            yield from _quickly(part, stream, layout, names)


def _quickly(part: str, stream: BinaryIO, layout: Layout, names: Sequence[str]) -> Iterator[list[Cells]]:
    pick = _picker(layout, names)
    for block in _blocks(stream):
        found: list[Cells] = []
        try:
            lines = block.decode().split("\n")
        except UnicodeDecodeError:
            lines = block.decode("utf-8", "surrogateescape").split("\n")
        for line in lines[:-1]:
            cells = pick(line)
            if cells is None:
                for rows in _slowly(rows_of(part, [f"{line}\n"], layout, first=0), names):
                    found += rows
            else:
                found.append(cells)
        yield found


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines; what comes after the last line feed was never finished, and is no row."""
    while block := stream.read(_READ):
        if not block.endswith(b"\n"):
            block += stream.readline()
        yield block[: block.rfind(b"\n") + 1]


def _slowly(rows: Iterator[Row], names: Sequence[str]) -> Iterator[list[Cells]]:
    for row in rows:
        if row.problem:
            log.warning("a row of the history cannot be read: %s: %s", row, row.problem)
        else:
            yield [tuple(row.under(names))]


def _picker(layout: Layout, names: Sequence[str]) -> Callable[[str], Cells | None]:
    """What takes the cells out of a line of this layout, or tells by None that the line must be parsed."""
    width = len(layout.columns)
    commas = width - 1
    places = [layout.columns.index(name) if name in layout.columns else -1 for name in names]
    middle = width // 3
    left = 1 + max((place for place in places if place <= middle), default=0)
    right = width - min((place for place in places if place > middle), default=width)
    # The cells of the beginning, then those of the end, then '' for a column that the layout lacks.
    wanted = [
        left + right if place < 0 else place if place <= middle else left + place - (width - right)
        for place in places
    ]
    checked = [
        at for at, name in zip(wanted, names, strict=True) if name not in _NEVER_QUOTED and at < left + right
    ]
    take: Callable[[Sequence[str]], Cells] = (
        itemgetter(*wanted) if len(wanted) > 1 else lambda cells: (cells[wanted[0]],)
    )

    def pick(line: str) -> Cells | None:
        quoted = '"' in line
        # Without what stands between quotation marks, every comma that is left stands between two cells.
        bare = "".join(line.split('"')[::2]) if quoted else line
        if bare.count(",") != commas:
            return None
        cells = bare.split(",", left)[:left]
        if right:
            cells += bare.rsplit(",", right)[1:]
        cells.append("")
        if len(cells[0]) != _ID or (quoted and not all(map(cells.__getitem__, checked))):
            return None
        return take(cells)

    return pick
