"""Lines that are read at once and by column say what each says by itself."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import UnreadableRow
from creditrisk.history.columns import HEADER
from creditrisk.history.parts import Layout, rows_of
from creditrisk.history.records import to_line
from lifecycle.arrays import moments
from lifecycle.arrays.values import Bytes, Moments
from lifecycle.index import entries, pieces
from lifecycle.index.entries import Entry, EntryReader
from lifecycle.index.pieces import read_lines
from tests.helpers import Make

START = 500
"""Where in its file the first line begins."""


@pytest.fixture
def reader() -> EntryReader:
    layout = Layout.of(HEADER)
    assert layout
    return EntryReader(layout)


@pytest.fixture
def lines(make_application: Make) -> list[str]:
    def line(number: int) -> str:
        moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=number)
        decision = Decision(number / 20, int(number >= 10), "declined" if number >= 10 else "approved", 0.5, "lightgbm", "v1",
                            timestamp(moment + timedelta(seconds=1)), [Reason("AGE", 0.25, 34)])  # fmt: skip
        application = make_application(FULL_NAME=f"Inês O'Neil {number}", DNI=f"{number:05}.{number}")
        id_ = f"0193a1b2-0000-7000-8000-{number:012}"
        return to_line(Answer(id_, "decided", timestamp(moment), application, decision))

    return [line(number) for number in range(20)]


def one_by_one(reader: EntryReader, lines: list[str]) -> list[Entry]:
    """As the history's own reader reads each."""
    found, place = [], START
    for line in lines:
        for row in rows_of("history.csv", [line], reader.layout, first=0):
            with suppress(UnreadableRow):
                found.append(reader.from_row(row, place))
        place += len(line.encode("utf-8", "surrogateescape"))
    return found


def test_lines_as_usual_are_read_at_once(reader: EntryReader, lines: list[str]) -> None:
    read = reader.entries([line[:-1] for line in lines], range(len(lines)))
    assert [entry and entry.id for entry in read] == [line[:36] for line in lines]
    assert read_lines(reader, "history.csv", "".join(lines).encode(), START) == (one_by_one(reader, lines), 0)


def test_a_portfolio_without_names_has_its_rows_too(
    reader: EntryReader, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "NAMES", ())
    read, _ = read_lines(reader, "history.csv", "".join(lines).encode(), START)
    assert len(read) == len(lines) and read == one_by_one(reader, lines)
    assert {entry.name for entry in read} == {""}


@pytest.mark.parametrize(
    ("old", "new"), [("T00:00:00.000Z", " o'clock"), (",approved,", ',"approved,'), (",0.5,", ",half,")]
)
def test_only_the_lines_that_are_not_as_usual_are_read_one_by_one(
    old: str, new: str, reader: EntryReader, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are odd, each line is read once by column, and the odd ones once more."""
    by_column, alone = [], []
    read_all, read_row = EntryReader.entries, pieces._read_row

    def watched(reader: EntryReader, lines: Sequence[str], places: Sequence[int]) -> Any:
        by_column.extend(places)
        return read_all(reader, lines, places)

    def watched_row(*read: Any) -> tuple[list[Entry], int]:
        alone.append(read[-1])
        return read_row(*read)

    monkeypatch.setattr(EntryReader, "entries", watched)
    monkeypatch.setattr(pieces, "_read_row", watched_row)
    changed = [line.replace(old, new, 1) if at in (0, 7) else line for at, line in enumerate(lines)]
    places = [START + len("".join(changed[:at]).encode()) for at in range(len(lines))]
    odd = [places[at] for at, line in enumerate(changed) if line != lines[at]]
    read_lines(reader, "history.csv", "".join(changed).encode(), START)
    assert odd and alone == odd
    assert by_column == places


@pytest.mark.parametrize("column", ["RECEIVED_AT", "SCORED_AT"])
@pytest.mark.parametrize(
    "odd",
    [
        "now",
        "NaT",
        "2",
        "2026",
        "2026-11",
        "2026-11-23",
        "2026-11-23T05:18Z",
        "2026-11-23T05:18:32.123999Z",
        "1969-11-23T05:18:32.123999Z",
        "2026-11-23T05:18+02:00",
        "2026-11-23T05:18:32.123+02:00",
        "-026-11-23T05:18:32.123Z",
        "0000-01-01T00:00:00.000Z",
        "0001-01-01T00:00:00.000Z",
        "2026-02-30T00:00:00.000Z",
        "２０２６-11-23T05:18:32.123Z",
    ],
)
@pytest.mark.filterwarnings("error")
def test_an_odd_moment_is_the_same_alone_and_beside_usual_ones(
    odd: str, column: str, reader: EntryReader, lines: list[str]
) -> None:
    cells = lines[3].split(",")
    cells[reader.layout.columns.index(column)] = odd
    changed = ",".join(cells)
    expected = one_by_one(reader, [changed])
    assert len(expected) == 1
    assert read_lines(reader, "history.csv", changed.encode(), START)[0] == expected
    beside, _ = read_lines(reader, "history.csv", (changed + lines[4]).encode(), START)
    assert beside[:1] == expected


def test_a_long_cell_makes_no_array_as_wide(
    reader: EntryReader, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(cells: Bytes) -> Moments:
        assert cells.dtype.itemsize <= len("2026-11-23T05:18:32.123Z")
        return moments(cells)

    monkeypatch.setattr(entries, "moments", never)
    changed = [lines[0], lines[1].replace("2026-03-01T", "x" * 30_000, 1), *lines[2:]]
    assert len(read_lines(reader, "history.csv", "".join(changed).encode(), START)[0]) == len(lines)


@pytest.mark.parametrize("at", [0, 7, 19])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-03-01T", "2026-02-30T"),
        ("2026-03-01T", "2026-03-01 "),
        ("lightgbm", "light\udcffgbm"),
        ("lightgbm", 'light"gbm'),
        (",0,", ",perhaps,"),
        (",0.5,", ",nan,"),
        ("0193a1b2", "0193a1b"),
        ("\n", "\n\n"),
        ("\n", ",\n"),
    ],
)
def test_a_line_that_is_not_as_usual_is_read_by_itself_and_the_others_as_ever(
    at: int, old: str, new: str, reader: EntryReader, lines: list[str]
) -> None:
    changed = lines[at].replace(old, new, 1)
    assert changed != lines[at]
    text = "".join([*lines[:at], changed, *lines[at + 1 :]])
    expected = one_by_one(reader, text.splitlines(keepends=True))
    read, unreadable = read_lines(reader, "history.csv", text.encode("utf-8", "surrogateescape"), START)
    assert repr(read) == repr(expected)  # nan is not equal to itself
    assert len(read) + unreadable == len(lines) and unreadable <= 1
