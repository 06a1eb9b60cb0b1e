"""What the values of a column are is guessed from all of them, so that each is accepted, and the next applicant's, too."""

import random
from pathlib import Path
from typing import Any

import pytest

from creditrisk.portfolio.kinds import Choice, Day, Money, Number, Text, Whole
from tests.unit.drafting.lender import ROWS, definition, outcomes, refused, text_of


def cells(*values: Any) -> list[Any]:
    """The values over and over, in as many rows as a table has."""
    return [values[row % len(values)] for row in range(ROWS)]


def drawn(draw: Any, seed: int = 1) -> list[Any]:
    source = random.Random(seed)
    return [draw(source) for _ in range(ROWS)]


X = {"x": drawn(lambda source: source.randint(0, 5_000))}
"""A feature beside the column that is looked at."""


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("children", cells(0, 1, 2, 3), Whole(0, 10)),
        ("duration_in_month", cells(6, 12, 24, 72), Whole(0, 200)),
        ("credit_amount", cells(250, 18_424, 1_000), Money(50_000, 0, "XXX")),
        ("renda", cells("1.200,50", "99.000,00", "3,10"), Money(200_000, 0, "XXX")),
        ("saldo", cells("R$ 1.200,50", "R$ 7,00"), Money(5_000, 0, "BRL")),
        ("balance", cells(-300, 4_000.5, 12.25), Money(10_000, -1_000, "XXX")),
        ("debt_ratio", cells(0.0123456, 0.80298, 1.0), Number(0, 2)),
        ("utilisation", cells("1e-05", "0.25", "0.766126609"), Number(0, 2)),
        ("temperature", cells(-3.5, 8.25), Number(-10, 20)),
        ("late", cells(-2, -1, 0, 1, 8), Whole(-5, 20)),
        ("age_in_years", cells(19, 75, 33), Whole(18, 120)),
        ("first_contact", cells("2024-02-29", "2025-01-01 10:00:00"), Day()),
        ("note", [f"text {number}" for number in range(ROWS)], Text(60)),
        ("city", [f"Cidade {number // 2}" for number in range(ROWS)], Text(60, place=True)),
        ("essay", ["long " * 40 + str(number % 300) for number in range(ROWS)], Text(406)),
    ],
)
def test_a_column_is_of_its_kind_with_room_for_the_next_applicant(
    name: str, values: list[Any], kind: object, tmp_path: Path
) -> None:
    portfolio = definition(tmp_path, {**X, name: values})
    assert portfolio.fields[name].kind == kind
    assert not portfolio.fields[name].missing
    assert refused(portfolio, tmp_path / "loans.csv") == []


@pytest.mark.parametrize(
    ("values", "true"),
    [
        (("Y", "N"), "Y"),
        (("yes", "no"), "yes"),
        (("TRUE", "False"), "TRUE"),
        (("sim", "não"), "sim"),
        ((1, 0), "1"),
        ((1.0, 0.0), "1"),
    ],
)
def test_yes_and_no_in_any_spelling_is_a_boolean(
    values: tuple[object, ...], true: str, tmp_path: Path
) -> None:
    portfolio = definition(tmp_path, {**X, "owner": cells(*values)})
    field = portfolio.fields["owner"]
    assert set(field.choices.values()) == {"Yes", "No"}
    assert field.parse(str(values[0])) == true
    assert refused(portfolio, tmp_path / "loans.csv") == []


def test_few_texts_are_levels_with_their_words_and_counts(tmp_path: Path) -> None:
    values = cells("car (new)", "radio_tv", "A34", 'so-called "repairs", other', "... < 0 DM")
    portfolio = definition(tmp_path, {**X, "purpose": values})
    assert portfolio.fields["purpose"].choices == {
        "... < 0 DM": "... < 0 DM", "A34": "A34", "car (new)": "Car (new)", "radio_tv": "Radio tv",
        'so-called "repairs", other': 'So-called "repairs", other',
    }  # fmt: skip
    assert '"car (new)" = "Car (new)"  # 80 rows' in text_of(tmp_path)
    assert refused(portfolio, tmp_path / "loans.csv") == []


def test_what_differs_in_case_and_spaces_alone_is_one_level(tmp_path: Path) -> None:
    values = cells("rent", "Rent", "own", "rent", "for  free", "for free", "for free")
    field = definition(tmp_path, {**X, "housing": values}).fields["housing"]
    assert set(field.choices) == {"rent", "own", "for free"}
    assert [field.parse(text) for text in ("Rent", "for  free")] == ["rent", "for free"]


@pytest.mark.parametrize("name", ["education", "MARRIAGE", "tipo_cliente", "status_code"])
def test_numbers_under_the_name_of_a_code_are_levels(name: str, tmp_path: Path) -> None:
    field = definition(tmp_path, {**X, name: cells(0, 1, 2, 3, 10)}).fields[name]
    assert isinstance(field.kind, Choice) and list(field.choices) == ["0", "1", "2", "3", "10"]
    assert field.parse("2.0") == "2"


def test_few_numbers_whose_bad_rates_do_not_rise_or_fall_are_levels(tmp_path: Path) -> None:
    worst = {"bad": (2, 2, 2, 5), "good": (1, 3, 4, 5, 6)}
    source = random.Random(3)
    values = [source.choice(worst[each]) for each in outcomes()]
    portfolio = definition(tmp_path, {**X, "x1": values, "x2": sorted(values)})
    assert isinstance(portfolio.fields["x1"].kind, Choice)
    assert isinstance(portfolio.fields["x2"].kind, Whole), (
        "where levels tell no more, the next number is accepted"
    )


def test_few_numbers_whose_bad_rate_rises_stay_numbers(tmp_path: Path) -> None:
    source = random.Random(4)
    values = [min(8, max(-2, round(source.gauss(2 if each == "bad" else 0, 1.5)))) for each in outcomes()]
    field = definition(tmp_path, {**X, "PAY_0": values}).fields["PAY_0"]
    assert isinstance(field.kind, Whole)
    assert field.parse("9") == 9 and field.parse("-3") == -3  # fmt: skip


def test_spellings_of_no_value_are_told_and_the_field_may_be_left_out(tmp_path: Path) -> None:
    columns = {
        **X,
        "job": cells("unknown", "clerk", "nurse", "?"),
        "emprego": cells("Não informado", "fixo", "autônomo"),
        "score": cells(-999, 400, 700, ""),
        "limit": cells(99_999, 1_000, 2_500),
        "steps": cells(9_999, 9_000, 8_000),
        "debtors": cells("none", "guarantor", "none"),
        "phone": cells("none", "555-1234", "555-9876"),
    }
    portfolio = definition(tmp_path, columns)
    assert portfolio.missing_values == ("-999", "99999", "Não informado", "unknown")
    gaps = {name: field.missing for name, field in portfolio.fields.items() if name in columns}
    assert gaps == {
        "x": False, "job": True, "emprego": True, "score": True, "limit": True, "steps": False, "debtors": False,
        "phone": False,
    }  # fmt: skip
    assert portfolio.fields["score"].kind == Whole(0, 2_000)
    assert portfolio.fields["debtors"].choices == {"guarantor": "Guarantor", "none": "None"}
    assert portfolio.fields["job"].parse("unknown") is None
    assert "-999 is taken for no value" in text_of(tmp_path)
    assert refused(portfolio, tmp_path / "loans.csv") == []


def test_a_sentinel_that_is_a_quantity_elsewhere_stays_a_number(tmp_path: Path) -> None:
    columns = {**X, "score": cells(-99, 400, 700), "balance": cells(-99, -250, 310)}
    portfolio = definition(tmp_path, columns)
    assert portfolio.missing_values == ()
    assert portfolio.fields["score"].parse("-99") == -99


def test_numbers_that_are_names_keep_their_zeros(tmp_path: Path) -> None:
    columns = {**X, "zip": [f"{number % 180:05}" for number in range(ROWS)]}
    portfolio = definition(tmp_path, columns)
    assert portfolio.fields["zip"].parse("00012") == "00012"


def test_what_may_mean_two_things_is_told(tmp_path: Path) -> None:
    values = [f"{100 + number}.{number:03}" for number in range(ROWS)]
    definition(
        tmp_path, {**X, "a": [f"{1 + number % 90},{number:03}" for number in range(ROWS)], "income": values}
    )
    text = text_of(tmp_path)
    assert "may mean thousands or a fraction" in text
    assert "it is a plain number, since the file writes some like" in text  # fmt: skip


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("duration_in_month", "months"),
        ("prazo_meses", "months"),
        ("age", "years"),
        ("share_in_percent", "%"),
        ("balance.last.month", ""),
        ("NumberOfTime30-59DaysPastDue", ""),
    ],
)
def test_the_unit_is_read_from_the_name(name: str, unit: str, tmp_path: Path) -> None:
    portfolio = definition(tmp_path, {**X, name: drawn(lambda source: source.randint(20, 70), seed=8)})
    assert portfolio.fields[name].unit == unit
