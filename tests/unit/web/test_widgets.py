"""How a field is asked for: the control, the keyboard that a phone shows, and what a browser may fill in."""

import pytest
from flask.testing import FlaskClient

from creditrisk.application import FIELDS, Field
from creditrisk.portfolio import active
from creditrisk.portfolio.kinds import Choice, Day, Kind, Money, Number, Whole
from tests.unit.web.elements import Elements
from web.sections import sections
from web.widgets import Widget

ASKED = {name: field for name, field in FIELDS.items() if field.asked}
DECIMAL = {"PERSONAL_MONTHLY_INCOME", "OTHER_INCOMES", "PERSONAL_ASSETS_VALUE"}
NUMERIC = {
    "QUANT_DEPENDANTS", "RESIDENCIAL_PHONE_AREA_CODE", "MONTHS_IN_RESIDENCE", "PROFESSIONAL_PHONE_AREA_CODE",
    "MONTHS_IN_THE_JOB", "AGE", "RESIDENCIAL_ZIP_3",
}  # fmt: skip
CITIES = {"CITY_OF_BIRTH", "RESIDENCIAL_CITY", "PROFESSIONAL_CITY"}
TEXTS = CITIES | {"FULL_NAME", "RESIDENCIAL_BOROUGH", "PROFESSIONAL_BOROUGH"}
LISTS = {
    "APPLICATION_SUBMISSION_TYPE", "SEX", "MARITAL_STATUS", "STATE_OF_BIRTH", "RESIDENCIAL_STATE",
    "RESIDENCE_TYPE", "PROFESSIONAL_STATE", "PROFESSION_CODE", "OCCUPATION_TYPE", "MATE_PROFESSION_CODE", "EDUCATION_LEVEL_2",
}  # fmt: skip
DECIMAL, NUMERIC, CITIES, TEXTS, LISTS = (
    names & ASKED.keys() for names in (DECIMAL, NUMERIC, CITIES, TEXTS, LISTS)
)


@pytest.fixture
def controls(client: FlaskClient) -> dict[str, dict[str, str | None]]:
    """Canonical name → attributes of the field's text or list."""
    by_name = {
        control.get("name"): control for control in Elements(client.get("/clerk").text).all("input", "select")
    }
    return {name: by_name[field.form_name] for name, field in ASKED.items()}


def test_a_phone_shows_the_keyboard_of_what_is_asked(controls: dict[str, dict[str, str | None]]) -> None:
    def asked(mode: str | None) -> set[str]:
        texts = (name for name, control in controls.items() if control.get("type") == "text")
        return {name for name in texts if controls[name].get("inputmode") == mode}

    assert asked("decimal") == DECIMAL
    assert asked("numeric") == NUMERIC | {"DNI"}
    assert asked(None) == TEXTS


def test_a_browser_fills_in_what_it_knows_of_its_user_and_nothing_else(
    controls: dict[str, dict[str, str | None]],
) -> None:
    filled = {
        name: control["autocomplete"] for name, control in controls.items() if "autocomplete" in control
    }
    assert filled == {
        **dict.fromkeys(DECIMAL | NUMERIC | TEXTS | {"DNI"}, "off"),
        "FULL_NAME": "name",
        **({"SEX": "sex"} if "SEX" in ASKED else {}),
        "RESIDENCIAL_STATE": "address-level1",
        "RESIDENCIAL_CITY": "address-level2",
        "RESIDENCIAL_ZIP_3": "postal-code",
    }


def test_cities_are_suggested_where_a_city_is_asked_for(
    client: FlaskClient, controls: dict[str, dict[str, str | None]]
) -> None:
    lists = {name: control["list"] for name, control in controls.items() if "list" in control}
    assert lists == dict.fromkeys(CITIES, "suggestions-cities")
    elements = Elements(client.get("/clerk").text)
    assert [each["id"] for each in elements.all("datalist")] == ["suggestions-cities"]
    offered = {each["value"] for each in elements.all("option")}
    cities = active().suggestions["cities"]
    assert len(cities) == 48 and offered >= {*cities, "São Paulo", "Brasília"}


def test_an_entry_is_narrow_where_every_value_is_short() -> None:
    widgets = [widget for section in sections() for widget in section.widgets]
    assert {each.field.name for each in widgets if each.is_short} == DECIMAL | NUMERIC


def test_a_choice_of_few_short_answers_is_a_row_of_buttons_and_another_a_list() -> None:
    widgets = [widget for section in sections() for widget in section.widgets]
    assert {each.field.name for each in widgets if each.control == "list"} == LISTS
    assert {each.field.name for each in widgets if each.control == "text"} == DECIMAL | NUMERIC | TEXTS | {
        "DNI"
    }


@pytest.mark.parametrize(
    ("answers", "control"),
    [
        (["a", "b", "c", "d", "e", "f"], "buttons"),
        (["a", "b", "c", "d", "e", "f", "g"], "list"),
        (["a" * 8, "b" * 8], "buttons"),
        (["a" * 8, "b" * 9], "list"),
    ],
)
def test_six_answers_of_sixteen_letters_are_the_most_that_stand_in_a_row(
    answers: list[str], control: str
) -> None:
    field = Field("F", "f", "work", "F", Choice({answer: answer for answer in answers}))
    assert Widget(field, "").control == control


def test_not_stating_counts_among_the_answers_of_a_row() -> None:
    kind = Choice({"a": "a" * 3, "b": "b" * 3})
    assert Widget(Field("F", "f", "work", "F", kind, missing=True), "").control == "buttons"
    kind = Choice({"a": "a" * 4, "b": "b" * 3})
    assert Widget(Field("F", "f", "work", "F", kind, missing=True), "").control == "list"


def test_a_choice_of_very_many_answers_is_a_list_of_all() -> None:
    answers = {str(number): f"Branch {number}" for number in range(2_000)}
    widget = Widget(Field("F", "f", "work", "F", Choice(answers)), "1999")
    assert widget.control == "list" and len(widget.options) == 2_001
    assert [each.value for each in widget.options if each.chosen] == ["1999"]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        (Number(0.0, 1.0), "decimal"),
        (Number(-1.0, 1.0), "text"),
        (Whole(0, 9), "numeric"),
        (Whole(-9, 9), "text"),
        (Money(9), "decimal"),
        (Money(9, -9), "text"),
    ],
)
def test_a_number_that_may_be_negative_gets_a_keyboard_with_a_minus_sign(kind: Kind, mode: str) -> None:
    widget = Widget(Field("F", "f", "work", "F", kind), "")
    assert (widget.inputmode, widget.control, widget.is_short) == (mode, "text", True)


@pytest.mark.parametrize(
    ("typed", "control"),
    [("", "date"), ("2026-11-23", "date"), ("23.11.2026", "text"), ("2026-02-30", "text")],
)
def test_a_day_is_picked_unless_what_was_typed_would_be_hidden_by_that(typed: str, control: str) -> None:
    assert Widget(Field("F", "f", "work", "F", Day(), missing=True), typed).control == control


def test_an_amount_is_understood_in_its_own_currency() -> None:
    field = Field("F", "f", "work", "F", Money(9_000, -500, "EUR"), unit="€")
    assert Widget(field, "-45,60 euros").understood == "Understood as €\xa0-45.60"
    assert Widget(field, "-501").understood == ""
    assert Widget(field, "").marks == ("€", "EUR", "EUROS")


def test_what_may_be_left_out_is_offered_as_not_stated_and_a_list_that_must_be_answered_begins_with_no_answer() -> (
    None
):
    def offered(name: str, typed: str = "") -> list[tuple[str, str, bool]]:
        return [(each.value, each.label, each.chosen) for each in Widget(FIELDS[name], typed).options]

    assert offered("SEX") == [("F", "Female", False), ("M", "Male", False), ("", "Not stated", True)]
    assert offered("RESIDENCIAL_STATE", "AC")[:2] == [("", "Choose…", False), ("AC", "Acre", True)]
    assert offered("FLAG_EMAIL", "1") == [("0", "No", False), ("1", "Yes", True)]
    assert offered("FLAG_EMAIL") == [("0", "No", False), ("1", "Yes", False)]


def test_a_control_is_described_by_what_stands_below_it_and_nothing_that_does_not() -> None:
    income = FIELDS["PERSONAL_MONTHLY_INCOME"]
    base = "field-personal_monthly_income"
    assert Widget(income, "").described_by == f"{base}-help {base}-understood"
    assert Widget(income, "", "wrong").described_by == f"{base}-help {base}-error {base}-understood"
    assert Widget(FIELDS["FULL_NAME"], "").described_by is None


def test_a_section_counts_its_own_errors() -> None:
    wrong = {"AGE": "a", "DNI": "b", "RESIDENCE_TYPE": "c", "COMPANY": "d"}
    counted = {section.key: section.errors for section in sections({}, wrong)}
    assert {key: count for key, count in counted.items() if count} == {
        "applicant": 2,
        "clerk-residence": 1,
        "work": 1,
    }
