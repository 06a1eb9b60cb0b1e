"""history.csv: whole records only, each application once, whatever a crash or a full disk left behind."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from creditrisk.application_id import new_application_id
from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable
from creditrisk.history import Record, files
from creditrisk.history.folder import FolderHistory
from creditrisk.history.records import HEADER, to_line

Decided = Callable[..., Answer]


def record(history: FolderHistory, *answers: Answer, fresh: bool = True) -> list[Answer]:
    held = {answer.id for answer in answers}
    return history.append([Record(answer, fresh) for answer in answers], lambda: held)


def test_a_history_that_is_not_there_yet_is_empty(history: FolderHistory) -> None:
    assert list(history.records()) == []
    assert history.find(new_application_id()) is None
    assert not history.path.exists()


def test_records_stand_in_order_under_one_header(history: FolderHistory, decided: Decided) -> None:
    answers = [decided() for _ in range(5)]
    record(history, *answers[:2])
    record(history, *answers[2:])
    assert history.path.read_text() == HEADER + "".join(map(to_line, answers))
    assert [history.find(answer.id) for answer in answers] == answers


@pytest.mark.parametrize("searched", [50, 51, 333, 4096])
def test_a_record_is_found_wherever_a_block_of_the_file_ends(
    history: FolderHistory, decided: Decided, searched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [decided() for _ in range(7)]
    record(history, *answers)
    monkeypatch.setattr(files, "_SEARCHED", searched)
    assert [history.find(answer.id) for answer in answers] == answers
    assert history.find(new_application_id()) is None


@pytest.mark.parametrize("cut", [2, 3, 50, 10_000])
def test_a_torn_end_is_cut_off_before_the_next_record(
    history: FolderHistory, decided: Decided, cut: int
) -> None:
    whole, torn, after = decided(), decided(), decided()
    record(history, whole)
    line = to_line(torn)
    with history.path.open("a") as file:
        file.write(line[: max(1, len(line) - cut)])
    assert history.find(torn.id) is None
    assert [record.answer for record in history.records()] == [whole]

    record(history, torn, after, fresh=False)

    assert history.path.read_text() == HEADER + "".join(map(to_line, (whole, torn, after)))


def test_what_is_cut_off_is_kept_where_only_owner_and_group_can_read_it(
    history: FolderHistory, decided: Decided
) -> None:
    """It is part of an application, as the history's own files are."""
    record(history, decided())
    with history.path.open("a") as file:
        file.write("torn")
    record(history, decided())
    cut = history.path.with_name("history.csv.cut")
    assert cut.read_text() == "torn\n"
    assert [path.stat().st_mode & 0o777 & ~0o640 for path in (history.path, cut)] == [0, 0]


@pytest.mark.parametrize("length", [0, 1, 100, len(HEADER) - 1])
def test_a_torn_header_is_begun_anew(history: FolderHistory, decided: Decided, length: int) -> None:
    history.path.parent.mkdir(parents=True)
    history.path.write_text(HEADER[:length])
    answer = decided()
    record(history, answer)
    assert history.path.read_text() == HEADER + to_line(answer)


def test_a_record_found_again_is_not_written_and_its_answer_stands(
    history: FolderHistory, decided: Decided
) -> None:
    first, other = decided(), decided()
    record(history, first)
    assert first.decision is not None
    again = Answer(
        first.id,
        "decided",
        first.received_at,
        first.application,
        decided(datetime(2030, 1, 1, tzinfo=UTC)).decision,
    )
    assert record(history, again, other, fresh=False) == [first, other]
    assert history.path.read_text() == HEADER + to_line(first) + to_line(other)


def test_a_record_found_again_is_on_the_disk_before_it_is_answered(
    history: FolderHistory, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = decided()
    record(history, answer)
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", forced.append)
    record(history, answer, fresh=False)
    assert len(forced) == 1


def test_a_record_is_found_again_thousands_of_records_back(history: FolderHistory, decided: Decided) -> None:
    began = datetime.now(UTC)
    first = decided(began)
    record(history, first)
    for hour in range(10):
        record(history, *(decided(began + timedelta(hours=hour)) for _ in range(200)))
    assert record(history, first, fresh=False) == [first]
    assert history.path.read_text().count(first.id) == 1


def test_a_record_dated_by_a_clock_hours_behind_is_found_again(
    history: FolderHistory, decided: Decided
) -> None:
    behind = datetime.now(UTC) - timedelta(hours=5)
    first = decided(behind)
    record(history, first)
    record(history, *(decided(behind) for _ in range(1_000)))
    assert record(history, first, fresh=False) == [first]
    assert history.path.read_text().count(first.id) == 1


def test_the_search_ends_before_records_that_are_too_old(
    history: FolderHistory, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditrisk.history.tail.ALWAYS_READ", 0)
    old = datetime.now(UTC) - timedelta(days=1)
    for _ in range(10):
        record(history, *(decided(old) for _ in range(300)))
    read: list[int] = []
    pread = os.pread

    def counted(file: int, size: int, offset: int) -> bytes:
        read.append(size)
        return pread(file, size, offset)

    monkeypatch.setattr(os, "pread", counted)
    record(history, decided(), fresh=False)
    assert sum(read) < history.path.stat().st_size / 4


def test_what_the_scorer_no_longer_holds_is_not_recorded(history: FolderHistory, decided: Decided) -> None:
    mine, lost = decided(), decided()
    assert history.append([Record(mine), Record(lost)], lambda: {mine.id}) == [mine]
    assert [record.answer for record in history.records()] == [mine]


def test_a_write_that_fails_half_way_leaves_nothing(
    history: FolderHistory, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = decided(), decided()
    record(history, first)
    write = os.pwrite

    def full(file: int, data: Any, offset: int) -> int:
        write(file, bytes(data)[:100], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(HistoryUnavailable, match="No space left"):
        record(history, second)
    assert history.path.read_text() == HEADER + to_line(first)
    monkeypatch.undo()
    assert record(history, second) == [second]


def test_many_writers_at_once_tear_nothing(history: FolderHistory, decided: Decided) -> None:
    batches = [[decided() for _ in range(20)] for _ in range(8)]
    writers = [threading.Thread(target=record, args=(history, *batch)) for batch in batches]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = [to_line(record.answer) for record in history.records()]
    assert sorted(lines) == sorted(to_line(answer) for batch in batches for answer in batch)


def test_reading_while_a_writer_cuts_torn_ends_off_is_safe(history: FolderHistory, decided: Decided) -> None:
    last = decided()
    record(history, *(decided() for _ in range(500)), last)
    size, over = history.path.stat().st_size, threading.Event()

    def tear() -> None:
        while not over.is_set():
            os.truncate(history.path, size + 200_000)
            os.truncate(history.path, size)

    tearing = threading.Thread(target=tear)
    tearing.start()
    try:
        for _ in range(50):
            assert history.find(last.id) == last
            assert history.find(new_application_id()) is None
    finally:
        over.set()
        tearing.join()


def test_a_folder_that_cannot_be_made_is_history_unavailable(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file stands where the folder should be")
    with pytest.raises(HistoryUnavailable):
        FolderHistory(tmp_path / "history").check()


@pytest.mark.parametrize("length", [0, 100])
def test_a_check_finds_nothing_strange_in_a_torn_header(
    history: FolderHistory, length: int, caplog: pytest.LogCaptureFixture
) -> None:
    history.path.parent.mkdir(parents=True)
    history.path.write_text(HEADER[:length])
    history.check()
    assert history.path.read_text() == ""
    assert "no history" not in caplog.text


def test_a_check_repairs_a_torn_end(history: FolderHistory, decided: Decided) -> None:
    answer = decided()
    record(history, answer)
    with history.path.open("a") as file:
        file.write("torn")
    history.check()
    assert history.path.read_text() == HEADER + to_line(answer)


@pytest.mark.parametrize(
    "names", [("history.csv", "history-2.csv"), ("history-2.csv", "history.csv")], ids=str
)
def test_a_damaged_row_in_one_file_hides_no_whole_one_in_another(
    history: FolderHistory, decided: Decided, names: tuple[str, str]
) -> None:
    answer = decided()
    history.folder.mkdir(parents=True, exist_ok=True)
    damaged = to_line(answer).replace("approved", "perhaps").replace("declined", "perhaps")
    for name, line in zip(names, (damaged, to_line(answer)), strict=True):
        (history.folder / name).write_text(HEADER + line)
    assert history.find(answer.id) == answer
