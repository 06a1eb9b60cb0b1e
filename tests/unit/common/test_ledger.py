"""A ledger in a folder: rows in order, whole ones only, whatever was killed in the middle of a write, and every version's."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from creditrisk.errors import HistoryUnavailable
from creditrisk.history import open_history
from creditrisk.ledger import Ledger, Table, open_ledger
from creditrisk.ledger.folder import FolderLedger

NOTES = Table("notes", ("ID", "WORDS"))
WIDER = Table("notes", ("ID", "WORDS", "BY"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(str(tmp_path / "history"), NOTES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


def told(ledger: Ledger) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in ledger.rows()]


def test_a_ledger_that_is_not_there_yet_is_empty(ledger: Ledger, folder: Path) -> None:
    assert list(ledger.rows()) == list(ledger.parts()) == list(ledger.read("notes.csv")) == []
    ledger.append([])
    assert not folder.exists()


def test_rows_come_back_as_they_were_in_the_order_of_writing(ledger: Ledger, folder: Path) -> None:
    rows = [("1", 'she said "no", and left'), ("2", ""), ("3", "São João\u2028de; Meriti"), ("4", "a\tb")]
    ledger.append(rows[:1])
    ledger.append(rows[1:])
    assert told(ledger) == rows
    assert (folder / "notes.csv").read_text().startswith("ID,WORDS\n")


def test_a_row_is_a_line_whatever_is_in_its_cells(ledger: Ledger, folder: Path) -> None:
    ledger.append([("1", "one\r\ntwo\nthree\0")])
    assert told(ledger) == [("1", "one  two three ")]
    assert (folder / "notes.csv").read_bytes().count(b"\n") == 2


def test_a_row_of_another_width_adds_nothing(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="has 2 cells, not 1"):
        ledger.append([("1", "one"), ("2",)])
    assert told(ledger) == []


def test_a_torn_end_is_no_row_and_is_kept_beside_the_file(ledger: Ledger, folder: Path) -> None:
    ledger.append([("1", "whole")])
    with (folder / "notes.csv").open("a") as file:
        file.write("2,tor")
    assert told(ledger) == [("1", "whole")]
    size = next(ledger.parts()).size
    ledger.append([("3", "after")])
    assert told(ledger) == [("1", "whole"), ("3", "after")]
    assert (folder / "notes.csv.cut").read_text() == "2,tor\n"
    assert (folder / "notes.csv").read_bytes()[size:] == b"3,after\n"


@pytest.mark.parametrize("length", [0, 1, 8])
def test_a_torn_header_is_begun_anew(ledger: Ledger, folder: Path, length: int) -> None:
    folder.mkdir()
    (folder / "notes.csv").write_text("ID,WORDS\n"[:length])
    assert told(ledger) == []
    ledger.append([("1", "one")])
    assert (folder / "notes.csv").read_text() == "ID,WORDS\n1,one\n"


def test_a_damaged_row_is_left_out_and_spoils_no_other(
    ledger: Ledger, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.append([("1", "one")])
    with (folder / "notes.csv").open("ab") as file:
        file.write(b'2,"secret\n3\n4,\xff\n\n')
    ledger.append([("5", "five")])
    assert told(ledger) == [("1", "one"), ("5", "five")]
    assert caplog.text.count("cannot be read, and is left out") == 3
    assert "secret" not in caplog.text


def test_a_later_version_adds_columns_and_both_read_all_rows(ledger: Ledger, folder: Path) -> None:
    wider = open_ledger(str(folder), WIDER)
    ledger.append([("1", "old")])
    wider.append([("2", "new", "ana")])
    ledger.append([("3", "old again")])
    wider.append([("4", "new again", "eva")])
    assert [part.name for part in wider.parts()] == ["notes.csv", "notes-2.csv", "notes-3.csv", "notes-4.csv"]
    assert [(row["ID"], row["BY"]) for row in wider.rows()] == [
        ("1", ""),
        ("2", "ana"),
        ("3", ""),
        ("4", "eva"),
    ]
    assert [row["WORDS"] for row in ledger.rows()] == ["old", "new", "old again", "new again"]


def test_who_follows_reads_each_row_once(ledger: Ledger) -> None:
    seen: list[str] = []
    at: dict[str, int] = {}
    for batch in range(5):
        ledger.append([(f"{batch}-{number}", 'a "word"') for number in range(batch)])
        for part in ledger.parts():
            for row, end in ledger.read(part.name, at.get(part.name, 0)):
                seen.append(row["ID"])
                at[part.name] = end
            assert at.get(part.name, part.size) == part.size
    assert seen == [row["ID"] for row in ledger.rows()]
    assert len(seen) == 10


@pytest.mark.parametrize("block", [1, 7, 64])
def test_rows_are_whole_wherever_a_block_ends(
    ledger: Ledger, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(str(number), "x" * number) for number in range(40)]
    ledger.append(rows)
    monkeypatch.setattr("creditrisk.ledger.folder._READ", block)
    assert told(ledger) == rows


def test_the_history_meets_nothing_of_it(ledger: Ledger, folder: Path) -> None:
    ledger.append([("1", "one")])
    history = open_history(str(folder))
    history.check()
    assert list(history.records()) == []


def test_a_strange_file_in_its_place_is_said_and_never_written_to(ledger: Ledger, folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.csv").write_text("something else\n1\n")
    with pytest.raises(HistoryUnavailable, match=r"notes\.csv has no header of notes"):
        list(ledger.rows())
    ledger.append([("1", "one")])
    assert (folder / "notes.csv").read_text() == "something else\n1\n"


def test_a_full_disk_leaves_nothing_of_the_rows(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.append([("1", "one")])
    write = os.pwrite

    def full(file: int, data: bytes, offset: int) -> int:
        write(file, bytes(data)[:4], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(HistoryUnavailable, match=r"notes .* No space left"):
        ledger.append([("2", "two"), ("3", "three")])
    monkeypatch.undo()
    assert told(ledger) == [("1", "one")]


def test_rows_are_on_the_disk_when_append_returns(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[int] = []
    fsync = os.fsync

    def counted(file: int) -> None:
        forced.append(os.fstat(file).st_ino)
        fsync(file)

    monkeypatch.setattr(os, "fsync", counted)
    assert isinstance(ledger, FolderLedger)
    ledger.append([("1", "one")])
    assert forced.count((ledger.folder / "notes.csv").stat().st_ino) == 1
    assert ledger.folder.stat().st_ino in forced


def test_many_writers_tear_nothing(folder: Path) -> None:
    def write(name: int) -> None:
        for number in range(20):
            open_ledger(str(folder), NOTES).append([(f"{name}-{number}", "w" * name)] * 3)

    threads = [Thread(target=write, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = told(open_ledger(str(folder), NOTES))
    assert len(found) == 6 * 20 * 3
    for name in range(6):
        mine = [cells for cells in found if cells[0].startswith(f"{name}-")]
        assert mine == [(f"{name}-{number}", "w" * name) for number in range(20) for _ in range(3)]


WRITER = """
import sys
from creditrisk.ledger import Table, open_ledger
ledger = open_ledger(sys.argv[1], Table("notes", ("ID", "WORDS")))
for number in range(100_000):
    ledger.append([(f"{sys.argv[2]}-{number}-{part}", "w" * 5_000) for part in range(8)])
    print(number, flush=True)
"""


@pytest.fixture
def start_writer(folder: Path) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []

    def start(name: str) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(folder), name], stdout=subprocess.PIPE, text=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def test_killed_in_the_middle_of_writing_it_keeps_what_was_told_and_whole_rows(
    ledger: Ledger, start_writer: Callable[[str], "subprocess.Popen[str]"]
) -> None:
    """Five writers, two at a time, each killed after it told of some rows: those are all there, and at most whole rows
    more."""
    told_of: dict[str, int] = {}
    for name, appends in (("a", 1), ("b", 7), ("c", 3), ("d", 12), ("e", 5)):
        one, other = start_writer(name), start_writer(f"{name}x")
        assert one.stdout and other.stdout
        for _ in range(appends):
            told_of[name] = int(one.stdout.readline())
            told_of[f"{name}x"] = int(other.stdout.readline())
        for process in (one, other):
            process.send_signal(signal.SIGKILL)
            process.wait()
        for process in (one, other):
            assert process.stdout
            for line in process.stdout:
                told_of[name if process is one else f"{name}x"] = int(line)
    ledger.append([("last-0-0", "")])
    found = [row["ID"] for row in ledger.rows()]
    assert len(found) == len(set(found))
    assert all(len(row["WORDS"]) == 5_000 for row in ledger.rows() if row["WORDS"])
    for name, number in told_of.items():
        mine = [tuple(map(int, id.split("-")[1:])) for id in found if id.startswith(f"{name}-")]
        assert mine == [(n, part) for n in range(number + 2) for part in range(8)][: len(mine)]
        assert len(mine) >= (number + 1) * 8
    assert found[-1] == "last-0-0"


def test_the_rows_of_a_key_are_found_as_they_come_and_none_is_read_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = FolderLedger(NOTES, folder)
    other = FolderLedger(NOTES, folder)
    assert list(ledger.of("a")) == []
    other.append([("a", "one"), ("b", "two"), ("a", "three")])
    assert [row["WORDS"] for row in ledger.of("a")] == ["one", "three"]
    begun: list[int] = []
    read = FolderLedger.read

    def noted(self: FolderLedger, part: str, offset: int = 0) -> object:
        begun.append(offset)
        return read(self, part, offset)

    monkeypatch.setattr(FolderLedger, "read", noted)
    watched = FolderLedger(NOTES, folder)
    assert [row["WORDS"] for row in watched.of("b")] == ["two"]
    end = (folder / "notes.csv").stat().st_size
    other.append([("b", "four")])
    begun.clear()
    assert [row["WORDS"] for row in watched.of("b")] == ["two", "four"]
    assert 0 not in begun and end in begun
    assert list(watched.of("c")) == []


@pytest.mark.parametrize("damage", ["shorter", "another file", "a longer one"])
def test_a_file_that_was_replaced_is_read_anew(folder: Path, damage: str) -> None:
    ledger = FolderLedger(NOTES, folder)
    ledger.append([("a", "one"), ("b", "two")])
    assert [row["WORDS"] for row in ledger.of("b")] == ["two"]
    text = "ID,WORDS\nb,2\n" + ("a,a much longer one\n" if damage == "a longer one" else "")
    new = folder / ("notes.csv" if damage == "shorter" else "new")
    new.write_text(text)
    new.replace(folder / "notes.csv")
    assert [row["WORDS"] for row in ledger.of("b")] == ["2"]


def test_the_rows_of_a_key_are_found_in_every_version_s_file_and_beside_what_cannot_be_read(
    folder: Path,
) -> None:
    ledger = FolderLedger(NOTES, folder)
    ledger.append([("a", "one")])
    with (folder / "notes.csv").open("a") as file:
        file.write("a,b,c\n")
    assert [row["WORDS"] for row in ledger.of("a")] == ["one"]
    FolderLedger(WIDER, folder).append([("a", "two", "Rui")])
    assert [row["WORDS"] for row in ledger.of("a")] == ["one", "two"]
