"""Cells as other people's files have them: read where they mean one thing, asked about where they may mean two."""

import json
from functools import cache
from typing import Any

import pytest

from creditrisk.application import FIELDS
from creditrisk.files.rows import RESULT_COLUMNS, RowScorer
from creditrisk.policy.definition import simplest
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants
from scoring import load
from scoring.scorer import AnyScorer

ROW = {
    name: "" if value is None else str(value)
    for name, value in next(iter(synthetic_applicants(1, seed=21))).items()
}


@cache
def model() -> AnyScorer:
    return load(Settings().model_folder)


def scored(threshold: float = 0.5, reasons: int = 4, **changes: str) -> dict[str, str]:
    """The cells of one row's result, under their columns."""
    row = ROW | changes
    (cells,) = RowScorer(model(), simplest(threshold), list(row), reasons).score([list(row.values())])
    return dict(zip(RESULT_COLUMNS, cells, strict=True))


@pytest.mark.parametrize(
    "written", ["1200,50", "1.200,50", "R$ 1.200,50", "1,200.50", "1200.500000001", " 1200,5 "]
)
def test_an_amount_scores_alike_in_either_notation(written: str) -> None:
    assert scored(PERSONAL_MONTHLY_INCOME=written) == scored(PERSONAL_MONTHLY_INCOME="1200.5")


@pytest.mark.parametrize("field", [name for name, field in FIELDS.items() if field.unit == "R$"])
@pytest.mark.parametrize("written", ["1.200", "1,200", "4.500", "R$ 1.200"])
def test_an_ambiguous_amount_is_not_scored_and_its_column_named(field: str, written: str) -> None:
    result = scored(**{field: written})
    assert result["probability"] == ""
    assert result["error"].startswith(f"{field}: Is the mark before the last three digits for thousands or")


@pytest.mark.parametrize(
    "gap", ["NaN", "nan", "None", "NA", "n/a", "#N/A", "<NA>", "null", "-", "#N/D", "\\N", "(null)"]
)
def test_a_gap_scores_alike_however_it_is_spelt(gap: str) -> None:
    for names in (
        ["PROFESSIONAL_CITY", "RESIDENCIAL_BOROUGH"],
        ["MONTHS_IN_RESIDENCE"],
        ["PROFESSION_CODE", "SEX"],
    ):
        assert scored(**dict.fromkeys(names, gap)) == scored(**dict.fromkeys(names, ""))


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("DNI", "12345678.0"), ("DNI", "1,23457E+10"), ("DNI", "12345"), ("DNI", "unknown"), ("DNI", "123.456.789-09"),
        ("FULL_NAME", "x" * 200), ("FULL_NAME", "=1+1"), ("FULL_NAME", "NULL"), ("FULL_NAME", "Ana\u202eSouza"), ("FULL_NAME", ""),
    ],
)  # fmt: skip
def test_who_it_is_never_spoils_a_score(field: str, written: str) -> None:
    assert scored(**{field: written}) == scored()


def test_a_line_keeps_its_identity_as_it_was_written() -> None:
    row: dict[str, Any] = ROW | {"FULL_NAME": "'t Hart", "DNI": "12345678.0"}
    text, count, bad = RowScorer(model(), simplest(0.5), list(row)).score_text(",".join(row.values()) + "\n")
    assert (count, bad) == (1, 0)
    assert text.startswith("'t Hart,12345678.0,")


@pytest.mark.parametrize("written", ["010", "01001-000", "01001000", "01.001-000"])
def test_a_zip_scores_as_its_first_three_digits(written: str) -> None:
    assert scored(RESIDENCIAL_ZIP_3=written)["probability"] == scored(RESIDENCIAL_ZIP_3="10")["probability"]


def test_a_declined_row_tells_with_which_answers_it_would_have_been_approved_and_so_it_is() -> None:
    probability = float(scored()["probability"])
    threshold = probability - 0.002
    declined = scored(threshold)
    changes = dict(json.loads(declined["counterfactual"]))
    assert declined["decision"] == "declined" and 1 <= len(changes) <= 2
    assert all(FIELDS[name].changeable and str(value) != ROW[name] for name, value in changes.items())
    again = scored(threshold, **{name: str(value) for name, value in changes.items()})
    assert (again["decision"], again["counterfactual"]) == ("approved", "")


def test_nothing_is_looked_for_where_no_reasons_are_asked_for() -> None:
    declined = scored(0.0, reasons=0)
    assert (declined["decision"], declined["reasons"], declined["counterfactual"]) == ("declined", "", "")


def test_a_row_has_the_reasons_that_the_queue_would_give_and_none_of_a_gap() -> None:
    cells = scored(0.0, MONTHS_IN_RESIDENCE="", PROFESSION_CODE="", RESIDENCIAL_BOROUGH="nowhere at all")
    told = [name for name, _, _ in json.loads(cells["reasons"])]
    assert 1 <= len(told) <= 4
    assert not {"MONTHS_IN_RESIDENCE", "PROFESSION_CODE", "RESIDENCIAL_BOROUGH"} & set(told)
