"""A history that a spreadsheet or an editor saved again: read as it is, found in, and never written to."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from creditrisk.decision import Answer
from creditrisk.history import Record
from creditrisk.history.columns import HEADER, VERSION
from creditrisk.history.folder import FolderHistory
from creditrisk.history.records import to_line

HISTORIES = Path(__file__).parent / "histories"
Decided = Callable[..., Answer]


@pytest.mark.parametrize("blank", [1, 2, 3])
def test_empty_columns_at_the_right_are_none_of_the_historys(
    history: FolderHistory, decided: Decided, blank: int
) -> None:
    answer = decided()
    history.folder.mkdir(parents=True)
    lines = [line + "," * blank + "\n" for line in (HEADER + to_line(answer)).splitlines()]
    history.path.write_text("".join(lines))
    (found,) = history.records()
    assert (found.answer, found.version, found.more) == (answer, VERSION, {})
    assert history.find(answer.id) == answer


def rewritten(text: str, **options: object) -> str:
    """The same table, written with other options of the csv module."""
    buffer = io.StringIO()
    csv.writer(buffer, **options).writerows(csv.reader(io.StringIO(text)))  # type: ignore[arg-type]
    return buffer.getvalue()


def decimal_commas(text: str) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    places = [rows[0].index(name) for name in ("PROBABILITY", "THRESHOLD", "PERSONAL_MONTHLY_INCOME")]
    for row in rows[1:]:
        for place in places:
            row[place] = row[place].replace(".", ",")
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows(rows)
    return buffer.getvalue()


def reordered(text: str) -> str:
    rows = [list(reversed(row)) for row in csv.reader(io.StringIO(text))]
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


SAVED: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "carriage returns alone": lambda text: text.replace("\n", "\r").encode(),
    "semicolons": lambda text: rewritten(text, delimiter=";").encode(),
    "tabs, UTF-16": lambda text: rewritten(text, delimiter="\t").encode("utf-16"),
    "Windows-1252": lambda text: rewritten(text, delimiter=";").encode("cp1252"),
    "quotation marks everywhere": lambda text: rewritten(text, quoting=csv.QUOTE_ALL).encode(),
    "decimal commas": lambda text: decimal_commas(text).encode("utf-8-sig"),
    "a sep= line": lambda text: b"sep=;\r\n" + rewritten(text, delimiter=";").encode(),
    "empty lines": lambda text: ("\n" + text.replace("\n", "\n\n")).encode(),
    "empty columns at the right": lambda text: text.replace("\n", ",,\n").encode(),
    "another order of columns": lambda text: reordered(text).encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_however_it_was_saved_it_is_read_and_recording_goes_on(
    history: FolderHistory, decided: Decided, how: str
) -> None:
    answers = [decided(FULL_NAME="Zoë Gonçalves", PERSONAL_MONTHLY_INCOME=1200.5) for _ in range(3)]
    saved = SAVED[how](HEADER + "".join(map(to_line, answers)))
    history.folder.mkdir(parents=True)
    history.path.write_bytes(saved)

    assert [history.find(answer.id) for answer in answers] == answers
    assert [record.answer for record in history.records()] == answers
    assert history.find(decided().id) is None

    new = decided()
    assert history.append([Record(new), Record(answers[0], fresh=False)], lambda: {new.id, answers[0].id}) == [answers[0], new]  # fmt: skip
    assert history.path.read_bytes() == saved
    assert [record.answer for record in history.records()] == [*answers, new]


def test_zeros_that_a_spreadsheet_lost_break_no_look_up(history: FolderHistory, decided: Decided) -> None:
    answer = decided(DNI="000123")
    history.folder.mkdir(parents=True)
    history.path.write_text(HEADER + to_line(answer).replace(",000123,", ",123,"))
    found = history.find(answer.id)
    assert found is not None and found.decision == answer.decision
    assert found.application["DNI"] == "123"
    assert len(list(history.records())) == 1


@pytest.mark.parametrize("name", ["no-last-line-feed.csv", "semicolons.csv"])
def test_histories_that_went_wrong_are_read_to_their_last_row(
    history: FolderHistory, decided: Decided, name: str
) -> None:
    history.folder.mkdir(parents=True)
    history.path.write_bytes((HISTORIES / name).read_bytes())
    answers = [record.answer for record in history.records()]
    assert [history.find(answer.id) for answer in answers] == answers
    assert len(answers) == 5
    assert [answer.application["DNI"] for answer in answers] == ["012345678"] * 5
    assert [len(answer.decision.reasons) for answer in answers if answer.decision] == [4] * 5
    history.append([Record(new := decided())], lambda: {new.id})
    assert len(list(history.records())) == 6
