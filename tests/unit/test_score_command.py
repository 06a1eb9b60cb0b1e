"""`creditrisk score`: every row comes back, in order; a bad one with its errors."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.main import creditrisk
from creditrisk.application import FIELDS
from creditrisk.errors import CreditRiskError
from creditrisk.settings import Settings
from scoring import load
from training.population import population

ROWS = list(population(60, seed=21))


def text(value: Any) -> str:
    return "" if value is None else str(value)


def write(
    path: Path, rows: list[dict[str, Any]], names: dict[str, str] | None = None, **options: Any
) -> Path:
    names = names or {name: name for name in FIELDS}
    with path.open("w", newline="", encoding=options.pop("encoding", "utf-8")) as file:
        writer = csv.writer(file, **options)
        writer.writerow(names.values())
        writer.writerows([text(row.get(name)) for name in names] for row in rows)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(creditrisk, ["score", *map(str, arguments)])


def scored(source: Path, *options: str, delimiter: str = ",") -> list[dict[str, str]]:
    target = source.with_name("out.csv")
    result = run(source, target, *options)
    assert result.exit_code == 0, result.output
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_every_row_comes_back_in_order_scored_as_the_model_scores(tmp_path: Path) -> None:
    rows = scored(write(tmp_path / "in.csv", ROWS))
    expected = load(Settings().model_folder).score(ROWS)
    assert [row["FULL_NAME"] for row in rows] == [row["FULL_NAME"] for row in ROWS]
    assert np.allclose(
        [float(row["probability"]) for row in rows],
        [score.probability for score in expected],
        rtol=0,
        atol=1e-9,
    )
    assert [json.loads(row["reasons"])[0][0] for row in rows] == [
        score.reasons[0].field for score in expected
    ]
    assert {(row["prediction"], row["decision"]) for row in rows} <= {("0", "approved"), ("1", "declined")}
    assert not any(row["error"] for row in rows)


def test_both_spellings_and_any_order_score_the_same_and_other_columns_are_kept(tmp_path: Path) -> None:
    names = {field.name: field.form_name for field in reversed(FIELDS.values())} | {"extra": "ID_CLIENT"}
    other = scored(write(tmp_path / "other.csv", [row | {"extra": n} for n, row in enumerate(ROWS)], names))
    usual = scored(write(tmp_path / "in.csv", ROWS))
    assert [row["probability"] for row in other] == [row["probability"] for row in usual]
    assert [row["ID_CLIENT"] for row in other] == [str(n) for n in range(len(ROWS))]


def test_a_bad_row_gets_all_its_errors_and_stops_nothing(tmp_path: Path) -> None:
    bad = ROWS[1] | {"AGE": 7, "SEX": "Q"}
    rows = scored(write(tmp_path / "in.csv", [ROWS[0], bad, ROWS[2]]))
    assert rows[1]["probability"] == "" and rows[1]["decision"] == ""
    assert (
        "AGE: Give a whole number from 18 to 120." in rows[1]["error"]
        and "SEX: Choose one of" in rows[1]["error"]
    )
    assert rows[0]["probability"] and rows[2]["probability"]


def test_a_row_with_too_few_or_too_many_cells_gets_an_error(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS[:2])
    with source.open("a") as file:
        file.write("Ana,123456\n" + "x," * 60 + "\n")
    rows = scored(source)
    assert len(rows) == 4
    assert "2 cells" in rows[2]["error"]
    assert "61 cells" in rows[3]["error"]


def test_identity_is_not_needed_and_optional_fields_may_be_absent(tmp_path: Path) -> None:
    names = {
        name: name for name, field in FIELDS.items() if not field.missing and name not in ("FULL_NAME", "DNI")
    }
    rows = scored(write(tmp_path / "in.csv", ROWS, names))
    assert all(row["probability"] for row in rows)


def test_absent_required_columns_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    names = {name: name for name in FIELDS if name not in ("AGE", "PRODUCT")}
    result = run(write(tmp_path / "in.csv", ROWS, names), tmp_path / "out.csv")
    assert result.exit_code == 1
    assert isinstance(result.exception, CreditRiskError)
    assert "lacks PRODUCT, AGE" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_column_given_twice_is_refused(tmp_path: Path) -> None:
    result = run(
        write(tmp_path / "in.csv", ROWS, {name: name for name in FIELDS} | {"again": "age"}),
        tmp_path / "out.csv",
    )
    assert "AGE is there twice" in str(result.exception)


def test_a_file_that_was_scored_before_is_refused(tmp_path: Path) -> None:
    scored(write(tmp_path / "in.csv", ROWS[:2]))
    result = run(tmp_path / "out.csv", tmp_path / "again.csv")
    assert result.exit_code == 1
    assert "probability, prediction, decision, reasons, unknown, error already" in str(result.exception)


@pytest.mark.parametrize("number", [1, 300_000])
def test_a_file_that_changes_its_encoding_is_refused_with_the_line_and_nothing_is_written(
    tmp_path: Path, number: int
) -> None:
    source = write(tmp_path / "in.csv", [ROWS[0] | {"RESIDENCIAL_CITY": "Niterói"}, *ROWS[1:]])
    with source.open("ab") as file:
        file.write(b"30,\n" * (number - 1) + b"S\xe3o,\n" * 3)
    result = run(source, tmp_path / "out.csv", "--no-reasons")
    assert result.exit_code == 1
    assert f"Line {len(ROWS) + 1 + number} is not in UTF-8, and line 2 is" in str(result.exception)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    result = run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert "empty" in str(result.exception)


def test_a_header_alone_gives_a_header(tmp_path: Path) -> None:
    assert scored(write(tmp_path / "in.csv", [])) == []


def test_marks_semicolons_and_line_breaks_in_cells_are_read(tmp_path: Path) -> None:
    rows = [ROWS[0] | {"RESIDENCIAL_CITY": "São\nPaulo"}, ROWS[1]]
    plain = scored(write(tmp_path / "in.csv", rows))
    marked = scored(write(tmp_path / "marked.csv", rows, delimiter=";", encoding="utf-8-sig"), delimiter=";")
    assert [row["probability"] for row in plain] == [row["probability"] for row in marked]
    assert len(plain) == 2


def test_a_file_in_iso_8859_1_is_read(tmp_path: Path) -> None:
    rows = [ROWS[0] | {"RESIDENCIAL_CITY": "São Paulo"}]
    latin = scored(write(tmp_path / "latin.csv", rows, encoding="iso-8859-1"))
    assert latin[0]["RESIDENCIAL_CITY"] == "São Paulo"
    assert latin[0]["probability"] == scored(write(tmp_path / "in.csv", rows))[0]["probability"]


def test_many_chunks_come_back_in_order(tmp_path: Path) -> None:
    rows = [row | {"DNI": str(100_000 + number)} for number, row in enumerate(ROWS * 500)]
    result = scored(write(tmp_path / "in.csv", rows), "--no-reasons", "--processes", "2")
    assert [row["DNI"] for row in result] == [row["DNI"] for row in rows]
    assert len({row["probability"] for row in result}) == len(
        {row["probability"] for row in result[: len(ROWS)]}
    )


def test_a_missing_file_is_one_line_and_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    result = run(tmp_path / "nothing.csv", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert "No such file" in str(result.exception)
    assert run(tmp_path / "in.csv").exit_code == 2
