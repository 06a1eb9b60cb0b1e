"""Under a lender's own portfolio a model is trained on that lender's table, however it was exported."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.drafting.draft import draft, write
from models.table import read_table
from tests.integration.models.layers import ROOT
from tests.lenders import consumer_loans, write_table

Rows = list[dict[str, Any]]
Read = Callable[[str | bytes], dict[str, Any]]

READ = """
import json, sys
from pathlib import Path
from creditrisk.errors import CreditRiskError
from models.training.data import read
for line in sys.stdin:
    try:
        data = read(Path(line.strip()))
        told = {"columns": data.columns, "bad": data.bad.tolist(), "refused": data.refused, "notes": data.notes}
    except CreditRiskError as error:
        told = {"error": str(error)}
    print(json.dumps(told), flush=True)
"""
"""Reads the files whose names come line by line: a process serves one portfolio."""


@pytest.fixture(scope="module")
def rows() -> Rows:
    rows = consumer_loans(700)
    for number, row in enumerate(rows):
        row["model"] = ("Fiat", "Ford")[number % 2]
    return rows


@pytest.fixture(scope="module")
def portfolio(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lender")
    data = write_table(folder / "loans.csv", rows)
    return write(draft(read_table(data), "outcome", "bad", "none", "loans"), folder / "portfolio").parent


@pytest.fixture(scope="module")
def process(portfolio: Path) -> Any:
    with subprocess.Popen(
        [sys.executable, "-c", READ],
        cwd=ROOT, env=os.environ | {"PORTFOLIO_DIR": str(portfolio)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        yield process


@pytest.fixture
def read(process: Any, tmp_path: Path) -> Read:
    """What is read of a file of this content."""

    def reading(content: str | bytes) -> dict[str, Any]:
        path = tmp_path / "applications.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        print(path, file=process.stdin, flush=True)
        told: dict[str, Any] = json.loads(process.stdout.readline())
        return told

    return reading


def table(rows: Rows, delimiter: str = ",", **changed: Any) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows([row | changed for row in rows] if changed else rows)
    return out.getvalue()


def test_every_row_becomes_an_application_with_its_outcome(rows: Rows, read: Read) -> None:
    data = read(table(rows))
    assert data["bad"] == [int(row["outcome"] == "bad") for row in rows]
    assert (data["refused"], data["notes"]) == ({}, [])
    assert data["columns"]["duration_in_month"] == [row["duration_in_month"] for row in rows]
    assert data["columns"]["purpose"] == [row["purpose"] for row in rows]
    assert data["columns"]["balance.last.month"] == [
        None if row["balance.last.month"] == "" else row["balance.last.month"] for row in rows
    ]
    assert data["columns"]["model_field"] == [row["model"] for row in rows]
    assert "outcome" not in data["columns"] and "DNI" not in data["columns"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_however_it_was_exported_it_is_the_same(
    delimiter: str, encoding: str, rows: Rows, read: Read
) -> None:
    told = read(gzip.compress(table(rows, delimiter).encode(encoding)))
    assert told == read(table(rows))


def test_columns_may_stand_in_any_order_under_any_accepted_name(rows: Rows, read: Read) -> None:
    turned = [{name.upper(): row[name] for name in reversed(row)} for row in rows]
    turned = [{name.replace(".LAST.", "_LAST_"): row[name] for name in row} for row in turned]
    assert read(table(turned)) == read(table(rows))


def test_columns_that_no_field_is_are_told_and_left_alone(rows: Rows, read: Read) -> None:
    more = [{"shoe_size": 42, "durationin_month": 3, **row} for row in rows]
    data = read(table(more))
    assert data["columns"] == read(table(rows))["columns"]
    assert data["notes"] == [
        "ignored, for no field has this name: shoe_size, durationin_month"
    ]  # fmt: skip


def test_a_field_that_may_be_missing_need_not_be_there(rows: Rows, read: Read) -> None:
    fewer = [{name: value for name, value in row.items() if name != "balance.last.month"} for row in rows]
    data = read(table(fewer))
    assert set(data["columns"]["balance.last.month"]) == {None}
    assert data["notes"] == ["taken as missing, for no column has this name: balance.last.month"]


def test_rows_whose_outcome_is_not_known_yet_are_left_out(rows: Rows, read: Read) -> None:
    some = [
        row | {"outcome": ("", "NA")[number % 2]} if number < 30 else row for number, row in enumerate(rows)
    ]
    data = read(table(some))
    assert data["bad"] == [int(row["outcome"] == "bad") for row in rows[30:]]
    assert data["notes"] == ["30 rows are left out: the outcome is not known yet"]  # fmt: skip


def test_rows_that_no_form_would_accept_are_counted_by_field(rows: Rows, read: Read) -> None:
    wrong = [
        row | {"purpose": "a boat", "age_in_years": 300} if number < 4 else row
        for number, row in enumerate(rows)
    ]
    wrong[9] = wrong[9] | {"age_in_years": 7}
    data = read(table(wrong))
    assert data["refused"] == {"purpose": 4, "age_in_years": 1}
    assert data["bad"] == [
        int(row["outcome"] == "bad") for number, row in enumerate(rows) if number not in (0, 1, 2, 3, 9)
    ]
    assert data["notes"] == [
        "5 rows are left out, for no form would accept the purpose (4), age_in_years (1)"
    ]  # fmt: skip


def test_the_record_joined_with_what_became_of_it_is_a_table(rows: Rows, read: Read) -> None:
    """Its own columns are no fields, a formula was made harmless in it, and the lender's MODEL is not the record's."""
    joined = [
        {"APPLICATION_ID": number, "FULL_NAME": "A B", "DNI": "012345", **row, "model_field": row["model"],
         "MODEL": "lightgbm", "MODEL_VERSION": "abc", "DECISION": "approved"}
        for number, row in enumerate(rows)
    ]  # fmt: skip
    for row in joined:
        del row["model"]
        row["balance.last.month"] = (
            f"'{row['balance.last.month']}"
            if str(row["balance.last.month"]).startswith("-")
            else row["balance.last.month"]
        )
    data = read(table(joined))
    assert data["columns"] == read(table(rows))["columns"]
    assert "MODEL_VERSION" in data["notes"][0]


WRONG: dict[str, tuple[Callable[[Rows], str], str]] = {
    "no target": (lambda rows: table([{("outcom" if n == "outcome" else n): v for n, v in row.items()} for row in rows]), "has no column outcome; did you mean outcom?"),
    "another spelling of bad": (lambda rows: table(rows).replace(",bad\n", ",1\n").replace(",bad,", ",1,"), "'bad' never stands in the column outcome; what does: good"),
    "one class": (lambda rows: table(rows, outcome="bad"), "both good and bad clients are needed"),
    "few of a class": (lambda rows: table([row | {"outcome": "bad" if n < 9 else "good"} for n, row in enumerate(rows)]), "has 9 bad clients; at least 20 of each"),
    "too few rows": (lambda rows: table(rows[:499]), "has 499 usable rows; at least 500"),
    "a needed field away": (lambda rows: table([{("pourpose" if n == "purpose" else n): v for n, v in row.items()} for row in rows]), "lacks purpose (is pourpose meant for it?)"),
    "a field twice": (lambda rows: table([row | {"Purpose": 1} for row in rows]), "has the column purpose twice"),
    "two columns of one field": (lambda rows: table([row | {"balance_last_month": 1} for row in rows]), "is there twice"),
    "other rows": (lambda rows: table(rows, purpose="a boat"), "the first field to fail is mostly purpose"),
    "a ragged row": (lambda rows: table(rows) + "1,2,3\n", "the row has 3 cells and the header 11"),
}  # fmt: skip
"""What is wrong → the file, what the line says."""


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_table_is_told_so_in_one_line(wrong: str, rows: Rows, read: Read) -> None:
    make, said = WRONG[wrong]
    error = read(make(rows))["error"]
    assert said in error and "\n" not in error
