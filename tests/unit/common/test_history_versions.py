"""Files of every version are read for ever, and none of them stops what is recorded now."""

import csv
import io
import json
import logging
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from creditrisk.application import FIELDS
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Change, Reason
from creditrisk.errors import HistoryUnavailable
from creditrisk.history import COLUMNS, Record
from creditrisk.history.columns import HEADER, TABLE, VERSION, columns_of
from creditrisk.history.folder import FolderHistory
from creditrisk.history.records import csv_line, to_line
from creditrisk.portfolio.kinds import Whole

Decided = Callable[..., Answer]
FIRST = ",".join(columns_of(1)) + "\n"
NEWER = HEADER.replace("RECORD_VERSION", "BUREAU_SCORE,RECORD_VERSION")


def record(history: FolderHistory, *answers: Answer, fresh: bool = True) -> list[Answer]:
    held = {answer.id for answer in answers}
    return history.append([Record(answer, fresh) for answer in answers], lambda: held)


def write(history: FolderHistory, text: str | bytes, name: str = "history.csv") -> Path:
    history.folder.mkdir(parents=True, exist_ok=True)
    path = history.folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def first(answer: Answer) -> str:
    """A line as the first version wrote it."""
    row = dict(zip(COLUMNS, next(csv.reader([to_line(answer)])), strict=True))
    return csv_line([row[name] for name in columns_of(1)])


def newer(answer: Answer) -> str:
    """A line of a version to come."""
    return to_line(answer).removesuffix(f",{VERSION}\n") + f",711,{VERSION + 1}\n"


def contract(answer: Answer) -> str:
    """A line with the columns that stand in the contract and no other, and its header."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(
        [COLUMNS[:63], next(csv.reader([to_line(answer)]))[:63]]
    )
    return buffer.getvalue()


def test_the_first_version_had_the_columns_that_its_files_have() -> None:
    committed = Path(__file__).parent / "histories" / "no-last-line-feed.csv"
    assert committed.read_text(encoding="utf-8").startswith(FIRST)


def test_the_last_column_tells_the_version_and_every_version_kept_the_order_of_the_one_before() -> None:
    assert COLUMNS[-1] == "RECORD_VERSION"
    for version in range(1, VERSION):
        assert [name for name in columns_of(version + 1) if name in columns_of(version)] == list(
            columns_of(version)
        )
    assert len({column.name for column in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda answer: FIRST + first(answer), id="the first version"),
        pytest.param(lambda answer: NEWER + newer(answer), id="a newer version"),
        pytest.param(contract, id="fewer columns"),
        pytest.param(lambda answer: FIRST + first(answer).rstrip("\n"), id="the first version, without its last line feed"),
        pytest.param(lambda answer: NEWER + newer(answer).rstrip("\n"), id="a newer version, without its last line feed"),
    ],
)  # fmt: skip
def test_a_file_of_another_version_is_read_and_never_written_to_and_recording_goes_on_in_a_new_part(
    history: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture, text: Callable[[Answer], str]
) -> None:
    old, new, later = decided(), decided(), decided()
    path = write(history, before := text(old))

    history.check()
    with caplog.at_level(logging.WARNING):
        assert record(history, new) == [new]
    assert record(history, later) == [later]

    assert path.read_text() == before
    assert (history.folder / "history-2.csv").read_text() == HEADER + to_line(new) + to_line(later)
    assert [history.find(answer.id) for answer in (old, new, later)] == [old, new, later]
    assert [record.answer for record in history.records()] == [old, new, later]


def test_a_new_part_is_in_its_folder_on_the_disk_before_anything_is_recorded_in_it(
    history: FolderHistory, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could take the part away, with all that was recorded in it."""
    write(history, FIRST + first(decided()))
    steps: list[str] = []
    fsync, pwrite = os.fsync, os.pwrite

    def noted_fsync(file: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
        fsync(file)

    def noted_pwrite(file: int, data: bytes, offset: int) -> int:
        steps.append("write")
        return pwrite(file, data, offset)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "pwrite", noted_pwrite)
    record(history, decided())
    assert steps == ["folder", "write", "file"]


def test_what_stands_in_a_part_of_another_version_is_not_recorded_again(
    history: FolderHistory, decided: Decided
) -> None:
    old, new = decided(), decided()
    write(history, FIRST + first(old))
    assert old.decision is not None
    again = replace(old, decision=replace(old.decision, scored_at=timestamp()))
    assert record(history, again, new, fresh=False) == [old, new]
    assert [record.answer for record in history.records()] == [old, new]


def test_a_scorer_of_the_first_version_may_go_on_beside_this_one(
    history: FolderHistory, decided: Decided
) -> None:
    answers = [decided() for _ in range(4)]
    path = write(history, FIRST + first(answers[0]))
    record(history, answers[1])
    with path.open("a") as file:
        file.write(first(answers[2]))
    record(history, answers[3])
    assert {record.answer.id for record in history.records()} == {answer.id for answer in answers}
    assert len(list(history.folder.glob("*.csv"))) == 2


def test_after_a_newer_part_there_is_room_for_another(history: FolderHistory, decided: Decided) -> None:
    write(history, FIRST + first(decided()))
    write(history, NEWER + newer(decided()), "history-2.csv")
    answer = decided()
    record(history, answer)
    assert (history.folder / "history-3.csv").read_text() == HEADER + to_line(answer)
    assert len(list(history.records())) == 3


@pytest.mark.parametrize("content", [b"ID,AGE\n1,30\n", b"PK\x03\x04\x00\x00\n\xff\xfe", b"hello", b"\n\n\n"])
def test_a_file_that_is_no_history_stops_nothing_and_is_left_alone(
    history: FolderHistory, decided: Decided, content: bytes
) -> None:
    path = write(history, content)
    answer = decided()
    history.check()
    assert record(history, answer) == [answer]
    assert path.read_bytes() == content
    assert history.find(answer.id) == answer
    assert history.find(decided().id) is None
    assert [record.answer for record in history.records()] == [answer]


def test_files_that_are_no_part_are_no_part(history: FolderHistory, decided: Decided) -> None:
    answer, other = decided(), decided()
    record(history, answer)
    for name in ("history-old.csv", "history.csv.bak", "Copy of history.csv", "history-2.csv.cut"):
        write(history, HEADER + to_line(other), name)
    assert len(list(history.records())) == 1


def test_a_last_record_that_only_lacks_its_line_feed_stays(
    history: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture
) -> None:
    whole, last, after = decided(), decided(), decided()
    path = write(history, HEADER + to_line(whole) + to_line(last).rstrip("\n"))
    assert history.find(last.id) == last
    assert len(list(history.records())) == 2
    record(history, after)
    assert path.read_text() == HEADER + "".join(map(to_line, (whole, last, after)))
    assert "line feed" in caplog.text
    assert not list(history.folder.glob("*.cut"))


@pytest.mark.parametrize("length", range(1, 12))
def test_what_is_cut_off_is_kept_beside_the_file_and_told(
    history: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture, length: int
) -> None:
    whole, torn = decided(), decided()
    rest = to_line(torn)[: -1 - length]
    path = write(history, HEADER + to_line(whole) + rest)
    record(history, decided())
    assert (history.folder / "history.csv.cut").read_text() == rest + "\n"
    assert "history.csv.cut" in caplog.text and str(len(rest.encode())) in caplog.text
    assert "Ana" not in caplog.text
    assert path.read_text().startswith(HEADER + to_line(whole))
    assert len(list(history.records())) == 2


def test_a_second_cut_is_kept_behind_the_first(history: FolderHistory, decided: Decided) -> None:
    record(history, decided())
    for rest in ("one", "two"):
        with history.path.open("a") as file:
            file.write(rest)
        history.check()
    assert (history.folder / "history.csv.cut").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("damage", ["x,y,z\n", '"never closed,1,2\n', "\x00\x00\n", "01a2,,\n"])
def test_a_damaged_row_in_the_middle_is_named_and_costs_no_other(
    history: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    before, after, later = decided(), decided(), decided()
    write(history, HEADER + to_line(before) + damage + to_line(after))
    record(history, later, fresh=False)
    assert [record.answer for record in history.records()] == [before, after, later]
    assert "history.csv, line 3" in caplog.text


def test_an_application_whose_row_is_damaged_is_no_stranger_and_no_crash(
    history: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture
) -> None:
    answer = decided()
    write(history, HEADER + to_line(answer).replace(",0.25,", ",a quarter,"))
    with pytest.raises(HistoryUnavailable, match="restore"):
        history.find(answer.id)
    assert "its PROBABILITY is no number" in caplog.text
    record(history, answer, fresh=False)
    assert history.find(answer.id) == answer
    assert [record.answer for record in history.records()] == [answer]


def test_a_row_that_is_no_utf_8_is_named(
    history: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture
) -> None:
    answer, other = decided(FULL_NAME="Zoë"), decided()
    write(history, (HEADER + to_line(answer)).encode("cp1252") + to_line(other).encode())
    assert [record.answer.id for record in history.records()] == [other.id]
    assert "no UTF-8" in caplog.text


def test_a_rule_that_was_tightened_since_breaks_no_look_up(
    history: FolderHistory, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = decided(
        AGE=34, DNI="012345678", SEX="N", RESIDENCIAL_STATE="XX", PRODUCT="9", PERSONAL_MONTHLY_INCOME=12.34
    )
    record(history, answer)
    tightened: dict[str, Any] = {**FIELDS, "AGE": replace(FIELDS["AGE"], kind=Whole(40, 50))}
    monkeypatch.setattr("creditrisk.history.records.FIELDS", tightened)
    assert history.find(answer.id) == answer


def test_numbers_come_back_as_numbers_and_codes_as_text(history: FolderHistory, decided: Decided) -> None:
    answer = decided(
        PROFESSION_CODE="9", PERSONAL_MONTHLY_INCOME=1200.5, OTHER_INCOMES=3, AGE=34, DNI="000123"
    )
    record(history, answer)
    found = history.find(answer.id)
    assert found is not None
    values = {name: found.application[name] for name in ("PROFESSION_CODE", "PERSONAL_MONTHLY_INCOME", "OTHER_INCOMES", "AGE", "DNI")}  # fmt: skip
    assert values == {"PROFESSION_CODE": "9", "PERSONAL_MONTHLY_INCOME": 1200.5, "OTHER_INCOMES": 3, "AGE": 34, "DNI": "000123"}  # fmt: skip
    assert isinstance(values["OTHER_INCOMES"], int)


def test_a_history_replaced_while_a_scorer_waits_for_its_lock_is_written_where_it_is(
    history: FolderHistory, decided: Decided
) -> None:
    """As an editor saves: a new file under the old name."""
    record(history, decided())
    answer = decided()
    copy = history.folder / "saved"
    import fcntl
    import threading

    with history.path.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        writer = threading.Thread(target=record, args=(history, answer))
        writer.start()
        copy.write_text(history.path.read_text())
        copy.replace(history.path)
    writer.join()
    assert history.path.read_text().endswith(to_line(answer))


SENTENCES = [["AGE", -0.25, "Age (34 years) lowers the risk"], ["RESIDENCIAL_CITY", -0.125, "City (new to the model) lowers the risk"], ["SEX", -0.1, "Sex (not given) lowers the risk"]]  # fmt: skip
REASONS = [Reason("AGE", -0.25, 34), Reason("RESIDENCIAL_CITY", -0.125, None), Reason("SEX", -0.1, None)]


def of_version(answer: Answer, version: int) -> str:
    """Its line as that version wrote it."""
    row = dict(zip(COLUMNS, next(csv.reader([to_line(answer)])), strict=True))
    if version < 3:
        row["REASONS"] = json.dumps(SENTENCES)
    row["RECORD_VERSION"] = str(version)
    return csv_line([row[name] for name in columns_of(version)])


@pytest.fixture
def explained(decided: Decided) -> Callable[[], Answer]:
    def make() -> Answer:
        answer = decided(SEX=None, RESIDENCIAL_CITY="Atlantis")
        assert answer.decision
        decision = replace(answer.decision, reasons=list(REASONS), unknown=["RESIDENCIAL_CITY"])
        return replace(answer, decision=decision)

    return make


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_reasons_are_read_as_data_whichever_version_wrote_them(
    history: FolderHistory, explained: Callable[[], Answer], version: int
) -> None:
    answer, last = explained(), explained()
    header = ",".join(columns_of(version)) + "\n"
    path = write(history, header + of_version(answer, version) + of_version(last, version).rstrip("\n"))
    assert history.find(answer.id) == answer
    assert [record.answer for record in history.records()] == [answer, last]
    assert ("lowers the risk" in path.read_text()) == (version < 3), "what was told stays as it was"


def test_rows_of_two_versions_of_the_same_columns_may_stand_in_one_file(
    history: FolderHistory, explained: Callable[[], Answer]
) -> None:
    assert columns_of(2) == columns_of(3)
    before, after, torn = explained(), explained(), explained()
    text = ",".join(columns_of(2)) + "\n" + of_version(before, 2) + of_version(after, 3)
    write(history, text + of_version(torn, 2).rstrip("\n"))  # whole, but for its line feed
    later = explained()
    assert record(history, later) == [later]
    assert (history.folder / "history-2.csv").read_text() == HEADER + to_line(later)
    assert [record.answer for record in history.records()] == [before, after, torn, later]
    assert [history.find(answer.id) for answer in (before, after, torn, later)] == [
        before,
        after,
        torn,
        later,
    ]


CHANGES = [Change("PAYMENT_DAY", "25"), Change("PERSONAL_MONTHLY_INCOME", 1200.5)]


def test_what_would_have_changed_a_decision_is_recorded_since_version_4(
    history: FolderHistory, explained: Callable[[], Answer]
) -> None:
    answer = explained()
    assert answer.decision
    changed = replace(answer, decision=replace(answer.decision, counterfactual=list(CHANGES)))
    record(history, changed)
    assert history.find(answer.id) == changed
    (row,) = csv.DictReader(io.StringIO(history.path.read_text()))
    assert json.loads(row["COUNTERFACTUAL"]) == [["PAYMENT_DAY", "25"], ["PERSONAL_MONTHLY_INCOME", 1200.5]]
    assert "COUNTERFACTUAL" not in columns_of(3)


def test_scorers_of_version_3_and_of_version_4_write_beside_each_other_and_both_are_read(
    history: FolderHistory, explained: Callable[[], Answer]
) -> None:
    first, second, third = explained(), explained(), explained()
    path = write(history, ",".join(columns_of(3)) + "\n" + of_version(first, 3))
    assert record(history, second) == [second]
    with path.open("a") as file:
        file.write(of_version(third, 3))
    assert {record.answer.id for record in history.records()} == {first.id, second.id, third.id}
    assert [history.find(answer.id) for answer in (first, second, third)] == [first, second, third]


def test_a_record_is_data_without_words(explained: Callable[[], Answer]) -> None:
    (row,) = csv.DictReader(io.StringIO(HEADER + to_line(explained())))
    assert json.loads(row["REASONS"]) == [["AGE", -0.25, 34], ["RESIDENCIAL_CITY", -0.125, None], ["SEX", -0.1, None]]  # fmt: skip
    assert (row["COUNTERFACTUAL"], row["RECORD_VERSION"]) == ("", str(VERSION))
