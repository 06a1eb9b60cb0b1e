"""docs/history.md: its table is the code's, and its examples run on a history as it is exported."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.history import Record, open_history
from creditrisk.history.columns import COLUMNS, TABLE

PAGE = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
EXAMPLES = {match[1].split()[-1]: match[0] for match in re.findall(r"(?s)```python\n((?:import json\n\n)?(import \w+).*?)```", PAGE)}  # fmt: skip


def columns_of_page() -> list[tuple[str, ...]]:
    table = PAGE.partition("<!-- columns -->")[2].partition("<!-- /columns -->")[0]
    rows = [
        tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|")))
        for line in table.strip().splitlines()
    ]
    return rows[2:]


def test_every_column_is_published_with_its_type() -> None:
    assert columns_of_page() == [
        (f"`{column.name}`", column.type.name, column.meaning, str(column.since)) for column in TABLE
    ]


@pytest.fixture
def exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_application: Callable[..., Any]
) -> list[Answer]:
    """What stands in history.csv of the folder that the example runs in."""
    answers = []
    for number in range(3):
        reasons = [Reason("AGE", -0.25, 34), Reason("RESIDENCIAL_CITY", 0.5, '"Niterói"')]
        decision = Decision(
            0.1 + number / 3, number % 2, "approved", 0.5, "lightgbm", "012e34", timestamp(), reasons
        )
        application = make_application(
            FULL_NAME="Null", DNI="000123", PERSONAL_MONTHLY_INCOME=1200.5, PROFESSIONAL_CITY="NA"
        )
        answers.append(Answer(new_application_id(), "decided", timestamp(), application, decision))
    history = open_history(str(tmp_path / "history"))
    history.append([Record(answer) for answer in answers], lambda: {answer.id for answer in answers})
    result = CliRunner().invoke(creditrisk, ["history", "export", str(tmp_path / "history.csv"), "--from", str(tmp_path / "history")])  # fmt: skip
    assert result.exit_code == 0, result.exception
    monkeypatch.chdir(tmp_path)
    return answers


def run(library: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(EXAMPLES[library], names)
    return names


def assert_read(columns: dict[str, list[Any]], answers: list[Answer]) -> None:
    decisions = [answer.decision for answer in answers if answer.decision]
    assert list(columns) == list(COLUMNS)
    assert columns["APPLICATION_ID"] == [answer.id for answer in answers]
    assert columns["PROBABILITY"] == [decision.probability for decision in decisions]
    assert columns["PREDICTION"] == [0, 1, 0]
    assert columns["AGE"] == [34] * 3
    assert columns["FULL_NAME"] == ["Null"] * 3
    assert columns["DNI"] == ["000123"] * 3
    assert columns["PROFESSIONAL_CITY"] == ["NA"] * 3
    assert columns["MODEL_VERSION"] == ["012e34"] * 3
    assert [timestamp(moment) for moment in columns["SCORED_AT"]] == [
        decision.scored_at for decision in decisions
    ]


def test_pandas_reads_it_as_the_page_says(exported: list[Answer]) -> None:
    history = run("pandas")["history"]
    assert_read({name: history[name].tolist() for name in history}, exported)
    assert history["REASONS"][0][1] == ["RESIDENCIAL_CITY", 0.5, '"Niterói"']
    assert history["PERSONAL_MONTHLY_INCOME"].mean() == 1200.5
    assert history["RESIDENCIAL_BOROUGH"].notna().all() and history["CHALLENGER"].isna().all()


def test_polars_reads_it_as_the_page_says(exported: list[Answer]) -> None:
    history = run("polars")["history"]
    assert_read(history.to_dict(as_series=False), exported)
    assert history["PERSONAL_MONTHLY_INCOME"].mean() == 1200.5
    assert history["CHALLENGER"].null_count() == 3


def test_duckdb_reads_it_as_the_page_says(exported: list[Answer]) -> None:
    names = run("duckdb")
    history = names["history"]
    rows = history.fetchall()
    assert_read({name: [row[at] for row in rows] for at, name in enumerate(history.columns)}, exported)
    assert names["reasons"].fetchall()[:2] == [
        (exported[0].id, "AGE", -0.25, "34"),
        (exported[0].id, "RESIDENCIAL_CITY", 0.5, '"Niterói"'),
    ]


def test_the_page_has_an_example_for_each() -> None:
    assert set(EXAMPLES) == {"pandas", "polars", "duckdb"}
