"""`creditrisk history`: export makes one table of whatever the history consists of, import brings another one along."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import creditrisk, main
from creditrisk.application import FIELDS
from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import ExportNotWritten
from creditrisk.formulas import as_it_was, as_text
from creditrisk.history import COLUMNS, Record, open_history
from creditrisk.history.columns import HEADER, VERSION, columns_of
from creditrisk.history.records import csv_line, to_line
from creditrisk.outcomes import open_outcomes
from creditrisk.portfolio import active
from creditrisk.settings import Settings
from functions.model import load_model
from lifecycle.cohort import read_cohort
from models.synthetic import synthetic_applicants
from scoring import load
from tests.helpers import Make
from tests.s3_server import S3Server

HISTORIES = Path(__file__).parents[1] / "unit" / "common" / "histories"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(creditrisk, ["history", *map(str, arguments)])


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "history"
    folder.mkdir()
    return folder


@pytest.fixture
def decided(make_application: Make) -> Callable[..., Answer]:
    def make(**changes: object) -> Answer:
        decision = Decision(
            0.25, 0, "approved", 0.5, "lightgbm", "v", timestamp(), [Reason("AGE", -0.25, 34)]
        )
        return Answer(new_application_id(), "decided", timestamp(), make_application(**changes), decision)

    return make


Decided = Callable[..., Answer]


# -- export


@pytest.mark.parametrize("where", ["nowhere", "empty"])
def test_a_place_without_a_history_has_nothing_to_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "empty").mkdir()
    arguments = [
        "creditrisk",
        "history",
        "export",
        str(tmp_path / "out.csv"),
        "--from",
        str(tmp_path / where),
    ]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert "There is no history" in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.usefixtures("server")
def test_a_bucket_without_a_history_has_nothing_to_export(tmp_path: Path) -> None:
    result = run("export", tmp_path / "out.csv", "--from", "s3://bucket/prefix")
    assert "There is no history at s3://bucket/prefix" in str(result.exception)


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "https://bucket/prefix"])
def test_what_is_no_address_of_a_history_is_wrong_usage_and_makes_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    manual(tmp_path / "a.csv")
    for words in (("export", "-", "--from"), ("import", "a.csv", "--to"), ("merge", "--at")):
        result = run(*words, address)
        assert result.exit_code == 2
        assert "must be a folder or s3://bucket/prefix" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_history_in_which_nothing_is_yet_is_one(place: Path, tmp_path: Path) -> None:
    open_history(str(place)).check()
    result = run("export", tmp_path / "out.csv", "--from", place)
    assert result.exit_code == 0 and result.output.startswith("0 applications")
    assert (tmp_path / "out.csv").read_text() == HEADER


def test_standard_output_gets_the_table_and_nothing_else(
    place: Path, decided: Decided, tmp_path: Path
) -> None:
    answer = decided()
    (place / "history.csv").write_text(HEADER + to_line(answer))
    result = run("export", "-", "--from", place)
    assert result.stdout == HEADER + to_line(answer)
    assert "1 application written to standard output" in result.stderr
    assert not Path("-").exists()


@pytest.mark.parametrize("name", ["no-last-line-feed.csv", "semicolons.csv"])
def test_histories_that_went_wrong_are_exported_under_the_columns_of_this_version(
    place: Path, name: str
) -> None:
    (place / "history.csv").write_bytes((HISTORIES / name).read_bytes())
    rows = table(run("export", "-", "--from", place).stdout)
    assert len(rows) == 5
    assert {tuple(row) for row in rows} == {COLUMNS}
    assert {row["DNI"] for row in rows} == {"012345678"}
    assert {row["RECORD_VERSION"] for row in rows} == {"1"}
    assert [len(json.loads(row["REASONS"])) for row in rows] == [4] * 5


def test_parts_of_all_versions_become_one_table_that_keeps_what_a_newer_one_knew(
    place: Path, decided: Decided
) -> None:
    old, newer, own = decided(), decided(), decided()
    row = dict(zip(COLUMNS, next(csv.reader([to_line(old)])), strict=True))
    (place / "history.csv").write_text(
        ",".join(columns_of(1)) + "\n" + csv_line([row[name] for name in columns_of(1)])
    )
    (place / "history-2.csv").write_text(
        HEADER.replace("RECORD_VERSION", "BUREAU_SCORE,RECORD_VERSION")
        + to_line(newer).replace(f",{VERSION}\n", ",711,9\n")
    )
    open_history(str(place)).append([Record(own)], lambda: {own.id})
    text = run("export", "-", "--from", place).stdout
    rows = table(text)
    assert [row["APPLICATION_ID"] for row in rows] == [old.id, newer.id, own.id]
    assert [row["BUREAU_SCORE"] for row in rows] == ["", "711", ""]
    assert [row["RECORD_VERSION"] for row in rows] == ["1", "9", str(VERSION)]
    assert {len(row) for row in csv.reader(io.StringIO(text))} == {len(COLUMNS) + 1}


def test_a_row_that_cannot_be_read_is_counted_and_named(place: Path, decided: Decided) -> None:
    good = decided()
    (place / "history.csv").write_text(HEADER + "a,b\n" + to_line(good) + "torn")
    result = run("export", "-", "--from", place)
    assert result.exit_code == 0
    assert len(table(result.stdout)) == 1
    assert "history.csv, line 2: it has 2 cells" in result.stderr
    assert "history.csv, line 4" in result.stderr
    assert "2 rows of the history cannot be read" in result.stderr


def test_of_many_unreadable_rows_some_are_named_and_all_are_counted(place: Path) -> None:
    (place / "history.csv").write_text("ID,AGE\n" + "1,30\n" * 500)
    result = run("export", "-", "--from", place)
    assert "500 rows" in result.stderr and result.stderr.count("\n") < 30


@pytest.mark.parametrize(
    "typed", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x\",\"y\")", "'=1", "''-1", "＝1", "'t Hart", "a=b", "-"]
)  # fmt: skip
def test_what_a_spreadsheet_takes_for_a_formula_leaves_as_text_and_can_be_had_back(
    place: Path, decided: Decided, typed: str
) -> None:
    answer = decided(RESIDENCIAL_BOROUGH=typed)
    (place / "history.csv").write_text(HEADER + to_line(answer))
    (row,) = table(run("export", "-", "--from", place).stdout)
    assert row["RESIDENCIAL_BOROUGH"][0] not in "=+-@＝"
    assert as_it_was(row["RESIDENCIAL_BOROUGH"]) == typed
    found = open_history(str(place)).find(answer.id)
    assert found is not None and found.application["RESIDENCIAL_BOROUGH"] == typed


@pytest.mark.parametrize("cell", ["'t Hart", "O'Neill", "", "'", "a", "1", "São Paulo"])
def test_what_is_no_formula_leaves_as_it_is(cell: str) -> None:
    assert as_text(cell) == cell


def test_numbers_below_zero_are_no_formulas(place: Path, decided: Decided) -> None:
    answer = decided(OTHER_INCOMES=-12.5, RESIDENCIAL_BOROUGH="=1")
    (place / "history.csv").write_text(HEADER + to_line(answer))
    (row,) = table(run("export", "-", "--from", place).stdout)
    assert (row["OTHER_INCOMES"], row["RESIDENCIAL_BOROUGH"]) == ("-12.5", "'=1")


def test_an_export_that_cannot_be_written_leaves_no_half_file(
    place: Path, tmp_path: Path, decided: Decided
) -> None:
    (place / "history.csv").write_text(HEADER + to_line(decided()))
    result = run("export", tmp_path / "not there" / "out.csv", "--from", place)
    assert isinstance(result.exception, ExportNotWritten)
    assert "cannot be written" in str(result.exception)
    assert list(tmp_path.glob("**/*.partial")) == []


# -- import


APPLICANTS = list(synthetic_applicants(6, seed=4))


def manual(
    path: Path,
    *,
    header: bool = True,
    index: bool = False,
    names: tuple[str, ...] = ("Prediction", "Prediction_score"),
    cells: Callable[[int], tuple[object, ...]] = lambda number: (
        number % 2,
        0.2 + number % 2 / 2 + number / 100,
    ),
    value: Callable[[Any], object] = lambda value: "" if value is None else value,
    count: int = len(APPLICANTS),
    **options: Any,
) -> Path:
    """A history.csv as the manual's system may have written it."""
    with path.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as file:
        writer = csv.writer(file, **options)
        if header:
            writer.writerow(
                [*([""] if index else []), *(field.form_name for field in FIELDS.values()), *names]
            )
        for number, application in enumerate(APPLICANTS[:count]):
            writer.writerow([*([number] if index else []), *map(value, application.values()), *cells(number)])
    return path


def as_pandas_does(value: Any) -> object:
    """What a column with gaps becomes: numbers with a fraction, and nan."""
    if value is None:
        return "nan"
    return (
        f"{value}.0"
        if str(value).isdigit() and not str(value).startswith("0") and len(str(value)) < 4
        else value
    )


VARIANTS: dict[str, dict[str, Any]] = {
    "with a header": {},
    "without a header": {"header": False},
    "with an index": {"index": True},
    "with an index and no header": {"index": True, "header": False},
    "semicolons and CRLF": {"delimiter": ";", "lineterminator": "\r\n"},
    "Windows-1252": {"encoding": "cp1252"},
    "a byte order mark": {"encoding": "utf-8-sig"},
    "as pandas writes": {"value": as_pandas_does},
    "other names": {"names": ("prediction", "score")},
    "the score first": {"header": False, "cells": lambda n: (0.2 + n % 2 / 2 + n / 100, n % 2)},
    "as numpy prints": {"cells": lambda n: (f"[{n % 2}]", f"[{0.2 + n % 2 / 2 + n / 100}]")},
    "in words": {"cells": lambda n: (("Good", "Bad")[n % 2], 0.2 + n % 2 / 2 + n / 100)},
    "the score alone": {"names": ("score",), "cells": lambda n: (0.2 + n % 2 / 2 + n / 100,)},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_manuals_history_is_brought_along_however_it_was_written(
    tmp_path: Path, place: Path, variant: str
) -> None:
    source = manual(tmp_path / "their.csv", **VARIANTS[variant])
    result = run("import", source, "--to", place)
    assert result.exit_code == 0, result.exception
    assert result.stdout.startswith("6 applications brought along"), result.stderr
    answers = [record.answer for record in open_history(str(place)).records()]
    assert [dict(answer.application) for answer in answers] == APPLICANTS
    decisions = [answer.decision for answer in answers if answer.decision]
    assert [decision.prediction for decision in decisions] == [0, 1] * 3
    assert [decision.decision for decision in decisions] == ["approved", "declined"] * 3
    assert [round(decision.probability, 9) for decision in decisions] == [0.2, 0.71, 0.22, 0.73, 0.24, 0.75]
    assert {(decision.model, answer.received_at) for answer, decision in zip(answers, decisions, strict=True)} == {("imported", "")}  # fmt: skip


def test_the_same_file_again_adds_nothing_and_a_longer_one_what_is_new(tmp_path: Path, place: Path) -> None:
    run("import", manual(tmp_path / "a.csv", count=4), "--to", place)
    assert (
        "0 applications"
        in run("import", manual(tmp_path / "b.csv", count=4, index=True), "--to", place).stdout
    )
    result = run("import", manual(tmp_path / "c.csv"), "--to", place)
    assert "2 applications brought along" in result.stdout and "4 were there already" in result.stdout
    assert len(list(open_history(str(place)).records())) == 6


def test_two_equal_rows_are_two_applications(tmp_path: Path, place: Path) -> None:
    text = manual(tmp_path / "a.csv", count=1).read_text()
    (tmp_path / "a.csv").write_text(text + text.partition("\n")[2])
    assert "2 applications" in run("import", tmp_path / "a.csv", "--to", place).stdout


def test_a_header_that_comes_again_with_every_write_is_no_row(tmp_path: Path, place: Path) -> None:
    text = manual(tmp_path / "a.csv", count=1).read_text() + manual(tmp_path / "b.csv").read_text()
    (tmp_path / "c.csv").write_text(text)
    result = run("import", tmp_path / "c.csv", "--to", place)
    assert "7 applications" in result.stdout and "cannot be read" not in result.stderr


def test_what_would_be_refused_today_is_kept_as_it_was(tmp_path: Path, place: Path) -> None:
    text = manual(tmp_path / "a.csv", count=1).read_text()
    cells = next(csv.reader([text.splitlines()[1]]))
    for name, value in (("DNI", "1234"), ("AGE", "17"), ("RESIDENCIAL_ZIP_3", "0000000")):
        cells[list(FIELDS).index(name)] = value
    (tmp_path / "a.csv").write_text(text.splitlines()[0] + "\n" + ",".join(cells) + "\n")
    result = run("import", tmp_path / "a.csv", "--to", place)
    assert "1 application brought" in result.stdout
    assert all(
        f"{name}: 1 value that would not be accepted today is kept as it is" in result.stderr
        for name in ("DNI", "AGE", "RESIDENCIAL_ZIP_3")
    )
    (answer,) = (record.answer for record in open_history(str(place)).records())
    assert [answer.application[name] for name in ("DNI", "AGE", "RESIDENCIAL_ZIP_3")] == [
        "1234",
        17,
        "0000000",
    ]


def test_rows_that_cannot_be_read_are_named_and_columns_that_are_ignored_too(
    tmp_path: Path, place: Path
) -> None:
    source = manual(tmp_path / "a.csv", names=("Prediction", "Prediction_score", "Message"), cells=lambda n: (n % 2, 7 if n == 1 else 0.3, "hello"))  # fmt: skip
    with source.open("a") as file:
        file.write("Ana,123456\n")
    result = run("import", source, "--to", place)
    assert "5 applications" in result.stdout
    assert "a.csv, line 3: its score" in result.stderr
    assert "a.csv, line 8: it has 2 cells" in result.stderr
    assert "columns not brought along: Message" in result.stderr


def test_when_it_was_received_is_taken_from_a_column_or_as_it_is_told(tmp_path: Path, place: Path) -> None:
    source = manual(tmp_path / "a.csv", count=1, names=("Prediction", "score", "timestamp"), cells=lambda n: (0, 0.1, "2024-05-06 07:08:09"))  # fmt: skip
    run("import", source, "--to", place)
    run("import", manual(tmp_path / "b.csv", count=1), "--to", place, "--received", "2023-01-02")
    answers = [record.answer for record in open_history(str(place)).records()]
    assert {answer.received_at for answer in answers} == {
        "2024-05-06T07:08:09.000Z",
        "2023-01-02T00:00:00.000Z",
    }


@pytest.mark.parametrize(
    "text", ["", "\n\n", "a,b\n1,2\n", ",".join(["x"] * 57) + "\n", ",".join(f.form_name for f in FIELDS.values()) + "\n"]
)  # fmt: skip
def test_a_file_that_is_no_history_is_refused_in_a_sentence(tmp_path: Path, place: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    result = run("import", tmp_path / "a.csv", "--to", place)
    assert result.exit_code == 1
    assert "a.csv" in str(result.exception)
    assert list(place.iterdir()) == []


def test_an_exported_history_comes_back_as_it_was(tmp_path: Path, place: Path, decided: Decided) -> None:
    answers = [decided(RESIDENCIAL_BOROUGH="=1+1"), decided()]
    (place / "history.csv").write_text(HEADER + "".join(map(to_line, answers)))
    run("export", tmp_path / "out.csv", "--from", place)
    elsewhere = tmp_path / "elsewhere"
    assert "2 applications" in run("import", tmp_path / "out.csv", "--to", elsewhere).stdout
    assert [record.answer for record in open_history(str(elsewhere)).records()] == answers
    assert [open_history(str(elsewhere)).find(answer.id) for answer in answers] == answers


def test_what_is_brought_along_does_not_change_what_is_recorded_here(
    tmp_path: Path, place: Path, decided: Decided
) -> None:
    history = open_history(str(place))
    mine, later = decided(), decided()
    history.append([Record(mine)], lambda: {mine.id})
    run("import", manual(tmp_path / "a.csv"), "--to", place)
    assert history.append([Record(mine, fresh=False), Record(later)], lambda: {mine.id, later.id}) == [
        mine,
        later,
    ]
    assert (place / "history.csv").read_text() == HEADER + to_line(mine) + to_line(later)
    assert len(list(history.records())) == 8


def test_a_bucket_takes_a_history_along_too(tmp_path: Path, server: S3Server) -> None:
    source = manual(tmp_path / "a.csv")
    assert "6 applications" in run("import", source, "--to", "s3://bucket/prefix").stdout
    assert "0 applications" in run("import", source, "--to", "s3://bucket/prefix").stdout
    assert len(server.objects) == 1
    rows = table(run("export", "-", "--from", "s3://bucket/prefix").stdout)
    assert [row["FULL_NAME"] for row in rows] == [application["FULL_NAME"] for application in APPLICANTS]


def test_an_exported_history_is_scored_as_it_is(tmp_path: Path, place: Path, decided: Decided) -> None:
    answers = [decided(RESIDENCIAL_CITY="=Niterói"), decided(RESIDENCIAL_CITY="Niterói")]
    (place / "history.csv").write_text(HEADER + "".join(map(to_line, answers)))
    run("export", tmp_path / "history.csv", "--from", place)
    result = CliRunner().invoke(
        creditrisk, ["score", str(tmp_path / "history.csv"), str(tmp_path / "out.csv")]
    )
    assert result.exit_code == 0, result.exception
    rows = table((tmp_path / "out.csv").read_text(encoding="utf-8"))
    assert [row["APPLICATION_ID"] for row in rows] == [answer.id for answer in answers]
    assert [(row["PROBABILITY"], row["DECISION"], row["error"]) for row in rows] == [
        ("0.25", "approved", "")
    ] * 2
    expected = load(Settings().model_folder).score([dict(answer.application) for answer in answers])
    assert [float(row["probability"]) for row in rows] == pytest.approx([score.probability for score in expected], abs=1e-9)  # fmt: skip


@pytest.mark.parametrize("column", ["probability", "Probability", "decision"])
def test_what_an_earlier_scoring_added_is_still_in_the_way(
    tmp_path: Path, place: Path, decided: Decided, column: str
) -> None:
    (tmp_path / "history.csv").write_text(
        HEADER.replace("\n", f",{column}\n") + to_line(decided()).replace("\n", ",\n")
    )
    result = CliRunner().invoke(
        creditrisk, ["score", str(tmp_path / "history.csv"), str(tmp_path / "out.csv")]
    )
    assert column in str(result.exception) and "already" in str(result.exception)


TARGET = active().target


def test_outcomes_in_the_targets_column_come_along_marked_as_imported(tmp_path: Path, place: Path) -> None:
    lines = manual(tmp_path / "a.csv").read_text().splitlines()
    labels = ["0", "1", "", "1.0", "0", "NULL"]
    text = [
        f"{lines[0]},{TARGET.column}",
        *(f"{line},{label}" for line, label in zip(lines[1:], labels, strict=True)),
    ]
    (tmp_path / "b.csv").write_text("\n".join(text))
    result = run("import", tmp_path / "b.csv", "--to", place, "--observed", "2026-02-01")
    assert "6 applications" in result.stdout and "; 4 outcomes" in result.stdout
    assert "columns not brought along" not in result.stderr
    again = run("import", tmp_path / "b.csv", "--to", place)
    assert "0 applications" in again.stdout and "; 0 outcomes" in again.stdout
    rows = list(open_outcomes(str(place)).rows())
    ids = [record.answer.id for record in open_history(str(place)).records()]
    assert {row["APPLICATION_ID"]: row["OUTCOME"] for row in rows} == {
        ids[0]: "good", ids[1]: "bad", ids[3]: "bad", ids[4]: "good"
    }  # fmt: skip
    assert {(row["SOURCE"], row["OBSERVED_AT"]) for row in rows} == {("imported", "2026-02-01")}


def test_a_file_that_a_model_is_trained_from_becomes_history_and_outcomes(
    tmp_path: Path, place: Path
) -> None:
    """With the active model's probabilities, which its name stands beside."""
    applicants = list(synthetic_applicants(600))
    with (tmp_path / "past.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*FIELDS, TARGET.column])
        writer.writerows([*row.values(), int(number % 4 == 0)] for number, row in enumerate(applicants))
    arguments = ("import", tmp_path / "past.csv", "--to", place, "--labelled", "--received", "2025-01-10")
    result = run(*arguments, "--score")
    assert (
        result.stdout
        == f"600 applications brought along from {tmp_path / 'past.csv'} to {place}; 600 outcomes\n"
    )
    cohort = read_cohort(
        open_history(str(place)),
        open_outcomes(str(place)),
        maturity_months=12,
        as_of=datetime.now(UTC) + timedelta(days=1),
    )
    assert cohort.bad.tolist() == [int(number % 4 == 0) for number in range(600)]
    assert cohort.models[0].startswith("imported lightgbm ")
    expected = load_model(Settings()).score(applicants)
    assert cohort.probability.tolist() == pytest.approx([score.probability for score in expected], abs=1e-9)
    assert "0 applications" in run(*arguments).stdout
    assert "Usage" in run("import", tmp_path / "past.csv", "--to", place, "--score").stderr
