"""`creditrisk score`: every row comes back, in order; a bad one with its errors."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from benchmarks.load import wait_until
from cli.main import creditrisk
from creditrisk.application import FIELDS
from creditrisk.decision import decide
from creditrisk.errors import CreditRiskError
from creditrisk.policy.definition import simplest
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants
from scoring import load

ROWS = list(synthetic_applicants(60, seed=21))


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
    for row, score, application in zip(rows, expected, ROWS, strict=True):
        decision = decide(score, application, simplest(0.5), "lightgbm", "v", "")
        assert (row["prediction"], row["decision"]) == (str(decision.prediction), decision.decision)
        assert [tuple(reason) for reason in json.loads(row["reasons"])] == decision.reasons
        assert row["unknown"].split() == decision.unknown
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
    assert "probability, prediction, decision, reasons, unknown, counterfactual, rule, error already" in str(
        result.exception
    )


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


# -- files as people have them


def plain_text(path: Path) -> bytes:
    rows = [ROWS[0] | {"RESIDENCIAL_CITY": "São Paulo"}, ROWS[1] | {"RESIDENCIAL_BOROUGH": "Conceição"}]
    return write(path, rows, lineterminator="\n").read_bytes()


FORMS: dict[str, Callable[[str], bytes]] = {
    "windows-1252": lambda text: text.replace("Paulo", "d’Oeste").encode("cp1252"),
    "iso-8859-1": lambda text: text.encode("iso-8859-1"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 without a mark": lambda text: text.encode("utf-16-be"),
    "utf-16, gzipped": lambda text: gzip.compress(text.encode("utf-16")),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "mark": lambda text: text.encode("utf-8-sig"),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "bars": lambda text: text.replace(",", "|").encode(),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "excel": lambda text: ("sep=;\n" + text.replace(",", ";")).replace("\n", "\r\n").encode("utf-8-sig"),
    "excel, utf-16 with tabs": lambda text: text.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"),
    "blank first line": lambda text: ("\r\n" + text).encode(),
    "blank first row": lambda text: (";;;\n" + text.replace(",", ";")).encode("cp1252"),
    "sep= and another": lambda text: ("sep=^\n" + text.replace(",", "^")).encode("utf-16-le"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_scores_the_same_in_every_form(form: str, tmp_path: Path) -> None:
    plain = plain_text(tmp_path / "plain.csv")
    assert b'"' not in plain
    text = plain.decode()
    usual = scored(tmp_path / "plain.csv")
    (tmp_path / "in.csv").write_bytes(FORMS[form](text))
    delimiter = {"t": "\t", "b": "|", "s": "^"}.get(form[0], ",")
    delimiter = {"semicolons": ";", "excel": ";", "excel, utf-16 with tabs": "\t", "blank first row": ";",
                 "blank first line": ","}.get(form, delimiter)  # fmt: skip
    rows = scored(tmp_path / "in.csv", delimiter=delimiter)
    city = "São d’Oeste" if form == "windows-1252" else "São Paulo"
    assert [row["RESIDENCIAL_CITY"] for row in rows] == [city, ROWS[1]["RESIDENCIAL_CITY"]]
    assert rows[1] == usual[1]
    if form != "windows-1252":
        assert rows == usual


@pytest.mark.parametrize("form", ["gzip", "utf-16", "windows-1252"])
def test_a_long_file_in_another_form_comes_back_in_order_from_several_processes(
    form: str, tmp_path: Path
) -> None:
    rows = [
        row | {"DNI": str(100_000 + n), "RESIDENCIAL_CITY": "São Paulo"} for n, row in enumerate(ROWS * 200)
    ]
    text = write(tmp_path / "in.csv", rows).read_text(encoding="utf-8")
    (tmp_path / "in.csv").write_bytes(FORMS[form](text))
    result = scored(tmp_path / "in.csv", "--no-reasons", "--processes", "2")
    assert [row["DNI"] for row in result] == [row["DNI"] for row in rows]
    assert not any(row["error"] for row in result)


@pytest.mark.parametrize("size", [140_000, 3_000_000])
def test_a_long_foreign_cell_is_kept_and_a_long_value_spoils_its_row_at_most(
    tmp_path: Path, size: int
) -> None:
    names = {name: name for name in FIELDS} | {"notes": "NOTES"}
    rows = [row | {"notes": "x"} for row in ROWS[:3]]
    rows[1]["notes"] = 'y"\n,' * (size // 4)
    long = ROWS[3] | {"RESIDENCIAL_CITY": "z" * size, "notes": ""}
    result = scored(write(tmp_path / "in.csv", [*rows, long], names))
    assert [bool(row["probability"]) for row in result] == [True, True, True, False]
    assert result[1]["NOTES"] == rows[1]["notes"] and result[1]["error"] == ""
    assert result[3]["error"].startswith("RESIDENCIAL_CITY: Use at most")


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS[:5])
    lines = source.read_text().splitlines(keepends=True)
    lines[3] = '"' + lines[3]
    source.write_text("".join(lines))
    result = run(source, tmp_path / "out.csv")
    assert (result.exit_code, "A quotation mark in line 4" in str(result.exception)) == (1, True)
    assert not (tmp_path / "out.csv").exists()


def test_a_row_that_swallowed_others_says_so(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS[:6])
    lines = source.read_text().splitlines(keepends=True)
    lines[2], lines[4] = '"' + lines[2], lines[4].replace(",", '",x,', 1)
    source.write_text("".join(lines))
    errors = [row["error"] for row in scored(source)]
    assert [bool(error) for error in errors] == [False, True, False, False]
    assert "It goes over 3 lines: perhaps a quotation mark in its first is not closed." in errors[1]


def test_ignored_columns_and_absent_fields_are_named_on_stderr(tmp_path: Path) -> None:
    names = {name: name for name in FIELDS if name != "RESIDENCE_TYPE"}
    names["RESIDENCIAL_BOROUGH"] = "RESIDENTIAL_BOROUGH"
    source = write(tmp_path / "in.csv", ROWS[:2], names)
    result = CliRunner().invoke(creditrisk, ["score", str(source), str(tmp_path / "out.csv")])
    assert result.exit_code == 0
    assert (
        "creditrisk: ignored, for no field has this name: RESIDENTIAL_BOROUGH (did you mean RESIDENCIAL_BOROUGH?)\n"
        in result.stderr
    )
    assert (
        "scored as missing, for no column has this name: RESIDENCE_TYPE, RESIDENCIAL_BOROUGH\n"
        in result.stderr
    )


def test_nothing_is_said_of_a_file_that_has_it_all(tmp_path: Path) -> None:
    result = run(write(tmp_path / "in.csv", ROWS[:2]), tmp_path / "out.csv")
    assert "creditrisk:" not in result.stderr


@pytest.mark.parametrize("reasons", ["--reasons", "--no-reasons"])
def test_fields_whose_value_is_unknown_to_the_model_are_named_as_in_the_history(
    tmp_path: Path, reasons: str
) -> None:
    rows = [
        ROWS[0],
        ROWS[1] | {"RESIDENCIAL_CITY": "Xanadu"},
        ROWS[2] | {"PROFESSIONAL_CITY": "Xanadu", "AGE": 7},
    ]
    rows += [ROWS[3] | {"RESIDENCIAL_CITY": "Xanadu", "PROFESSIONAL_CITY": "Atlantis"}]
    expected = [
        " ".join(score.unknown) for score in load(Settings().model_folder).score([*rows[:2], rows[3]])
    ]
    assert "RESIDENCIAL_CITY" in expected[1] and "PROFESSIONAL_CITY" in expected[2]
    found = [row["unknown"] for row in scored(write(tmp_path / "in.csv", rows), reasons)]
    assert found == [*expected[:2], "", expected[2]]


@pytest.mark.parametrize("partners", ["EDUCATION_LEVEL", "EDUCATION_LEVEL.1", "MATE_EDUCATION_LEVEL"])
def test_the_published_pair_of_education_levels_is_read_as_the_right_one(
    tmp_path: Path, partners: str
) -> None:
    """No model uses either: the errors tell which column was taken for which field."""
    levels = (("1", "2"), ("Q", "3"), ("1", "Q"))
    rows = [
        row | {"EDUCATION_LEVEL_1": own, "EDUCATION_LEVEL_2": partner}
        for row, (own, partner) in zip(ROWS, levels, strict=False)
    ]
    names = {name: name for name in FIELDS}
    names |= {"EDUCATION_LEVEL_1": "EDUCATION_LEVEL", "EDUCATION_LEVEL_2": partners}
    right, own, partner = (row["error"] for row in scored(write(tmp_path / "public.csv", rows, names)))
    assert right == ""
    assert own.startswith("EDUCATION_LEVEL_1: Choose one of") and "EDUCATION_LEVEL_2:" not in own
    assert partner.startswith("EDUCATION_LEVEL_2: Choose one of") and "EDUCATION_LEVEL_1:" not in partner


def test_a_workbook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    result = run(tmp_path / "in.xlsx", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert str(result.exception) == (
        "The file is an Excel workbook (.xlsx), not CSV: open it in the program that made it and save it as “CSV UTF-8”."
    )


# -- stopped


def processes_of(group: int) -> list[int]:
    """The processes of a group that live, zombies apart."""
    done = subprocess.run(["ps", "-e", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [int(pid) for pid, pgid, state in rows if int(pgid) == group and not state.startswith("Z")]


@pytest.mark.parametrize(
    ("number", "to_all"),
    [
        (signal.SIGTERM, False),
        (signal.SIGTERM, True),
        (signal.SIGINT, True),
        (signal.SIGHUP, True),
        (signal.SIGKILL, False),
    ],
)
def test_a_stopped_score_leaves_no_process_and_no_half_file(
    tmp_path: Path, number: signal.Signals, to_all: bool
) -> None:
    source = write(tmp_path / "in.csv", ROWS)
    header, _, rows = source.read_text().partition("\n")
    source.write_text(header + "\n" + rows * 1_500)  # far more than is scored before the signal
    child = subprocess.Popen(
        [sys.executable, "-m", "cli", "score", "in.csv", "out.csv", "--processes", "2"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    unfinished = tmp_path / "out.csv.partial"
    wait_until(
        lambda: unfinished.exists() and unfinished.stat().st_size > 0 and len(processes_of(child.pid)) > 2,
        120,
        "several processes write",
    )
    (os.killpg if to_all else os.kill)(child.pid, number)
    _, told = child.communicate(timeout=60)
    wait_until(lambda: not processes_of(child.pid), 60, "their end")
    if number == signal.SIGKILL:
        return  # then nobody can take the half file away; it does not bear the result's name
    assert child.returncode == 128 + number
    assert "creditrisk: stopped; nothing was written." in told
    assert "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
