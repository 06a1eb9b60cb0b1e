"""A few columns of every row say what the rows say that are parsed as a whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from creditrisk.decision import Answer
from creditrisk.history import Record, scan
from creditrisk.history.columns import COLUMNS, HEADER, columns_of, header_of
from creditrisk.history.folder import FolderHistory
from creditrisk.history.records import csv_line, to_line

Decided = Callable[..., Answer]
NAMES = ["APPLICATION_ID", "DNI", "FULL_NAME", "RESIDENCIAL_CITY", "PROBABILITY", "REASONS", "POLICY", "CHALLENGER_PROBABILITY"]  # fmt: skip


def scanned(history: FolderHistory, names: list[str]) -> list[tuple[str, ...]]:
    return [cells for block in scan.scan(history, names) for cells in block]


def parsed(history: FolderHistory, names: list[str]) -> list[tuple[str, ...]]:
    return [tuple(row.under(names)) for part in history.parts() for row in part.rows if not row.problem]


@pytest.fixture
def filled(history: FolderHistory, decided: Decided) -> FolderHistory:
    answers = [
        decided(),
        decided(FULL_NAME='Ana "Aninha" Souza, née Gonçalves', RESIDENCIAL_CITY="Niterói, RJ"),
        decided(FULL_NAME="Eva", RESIDENCIAL_CITY=None),
        decided(PERSONAL_MONTHLY_INCOME=1200.5),
    ]
    history.append([Record(answer) for answer in answers], lambda: {answer.id for answer in answers})
    return history


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1], ["APPLICATION_ID"], ["RECORD_VERSION"], list(COLUMNS)])
def test_the_cells_are_those_of_the_whole_rows(filled: FolderHistory, names: list[str]) -> None:
    assert scanned(filled, names) == parsed(filled, names)
    assert len(scanned(filled, names)) == 4


@pytest.mark.parametrize("size", [1, 100, 1_000])
def test_rows_are_whole_wherever_a_block_ends(
    filled: FolderHistory, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_READ", size)
    assert scanned(filled, NAMES) == parsed(filled, NAMES)


def test_damaged_rows_are_left_out_and_one_that_was_never_finished_is_none(
    filled: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture
) -> None:
    before = scanned(filled, NAMES)
    line = to_line(decided()).encode()
    with filled.path.open("ab") as file:
        file.write(
            line.replace(b",", b",,", 1) + line.replace(b"Rio", b"R\xeeo", 1) + b'x,"' + line + line[:90]
        )
    assert scanned(filled, NAMES) == before
    assert caplog.text.count("cannot be read") == 3


def test_rows_of_every_version_and_of_a_spreadsheet_are_read(
    history: FolderHistory, decided: Decided
) -> None:
    history.folder.mkdir(parents=True)
    old = columns_of(1)
    row = dict(
        zip(COLUMNS, to_line(decided(RESIDENCIAL_CITY="Bom")).rstrip("\n").split(",", 3), strict=False)
    )
    line = csv_line([row.get(name, "") if name != "PROBABILITY" else "0.25" for name in old])
    (history.folder / "history.csv").write_text(header_of(old) + line)
    sheet = HEADER.replace(",", ";") + to_line(decided(FULL_NAME="Ana")).replace(",", ";")
    (history.folder / "history-2.csv").write_text(sheet)
    assert scanned(history, ["APPLICATION_ID", "POLICY"]) == parsed(history, ["APPLICATION_ID", "POLICY"])
    assert len(scanned(history, ["APPLICATION_ID"])) >= 1
    assert Path(history.folder / "history.csv").read_text().startswith("APPLICATION_ID")
