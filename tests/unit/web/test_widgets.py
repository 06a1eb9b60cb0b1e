"""How a field is asked for: the control, the keyboard that a phone shows, and what a browser may fill in."""

import pytest
from flask.testing import FlaskClient

from creditrisk.application import FIELDS, Field
from creditrisk.application.kinds import Choice
from tests.unit.web.test_form import Elements
from web.widgets import Widget, sections

DECIMAL = {"PERSONAL_MONTHLY_INCOME", "OTHER_INCOMES", "PERSONAL_ASSETS_VALUE"}
NUMERIC = {
    "QUANT_DEPENDANTS", "RESIDENCIAL_PHONE_AREA_CODE", "MONTHS_IN_RESIDENCE", "PROFESSIONAL_PHONE_AREA_CODE",
    "MONTHS_IN_THE_JOB", "AGE", "RESIDENCIAL_ZIP_3", "PROFESSIONAL_ZIP_3",
}  # fmt: skip
CITIES = {"CITY_OF_BIRTH", "RESIDENCIAL_CITY", "PROFESSIONAL_CITY"}
TEXTS = CITIES | {"FULL_NAME", "RESIDENCIAL_BOROUGH", "PROFESSIONAL_BOROUGH"}
LISTS = {
    "APPLICATION_SUBMISSION_TYPE", "SEX", "MARITAL_STATUS", "EDUCATION_LEVEL_1", "STATE_OF_BIRTH", "RESIDENCIAL_STATE",
    "RESIDENCE_TYPE", "PROFESSIONAL_STATE", "PROFESSION_CODE", "OCCUPATION_TYPE", "MATE_PROFESSION_CODE", "EDUCATION_LEVEL_2",
}  # fmt: skip


@pytest.fixture
def controls(client: FlaskClient) -> dict[str, dict[str, str | None]]:
    """Canonical name → attributes of the field's text or list."""
    by_name = {
        control.get("name"): control for control in Elements(client.get("/").text).all("input", "select")
    }
    return {name: by_name[field.form_name] for name, field in FIELDS.items()}


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
        "SEX": "sex",
        "RESIDENCIAL_STATE": "address-level1",
        "RESIDENCIAL_CITY": "address-level2",
    }


def test_cities_are_suggested_where_a_city_is_asked_for(
    controls: dict[str, dict[str, str | None]],
) -> None:
    assert {name for name, control in controls.items() if control.get("list") == "cities"} == CITIES


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
    field = Field("F", "f", "work", "F", Choice({answer: answer for answer in answers}), default=answers[0])
    assert Widget(field, "").control == control


def test_what_may_be_left_out_is_offered_as_not_stated_and_what_has_no_default_must_be_chosen() -> None:
    def offered(name: str, typed: str = "") -> list[tuple[str, str, bool]]:
        return [(each.value, each.label, each.chosen) for each in Widget(FIELDS[name], typed).options]

    assert offered("SEX") == [("F", "Female", False), ("M", "Male", False), ("", "Not stated", True)]
    assert offered("RESIDENCIAL_STATE", "AC")[:2] == [("", "Choose…", False), ("AC", "Acre", True)]
    assert offered("FLAG_EMAIL", "1") == [("0", "No", False), ("1", "Yes", True)]


def test_a_control_is_described_by_what_stands_below_it_and_nothing_that_does_not() -> None:
    income = FIELDS["PERSONAL_MONTHLY_INCOME"]
    base = "field-personal_monthly_income"
    assert Widget(income, "").described_by == f"{base}-help {base}-understood"
    assert Widget(income, "", "wrong").described_by == f"{base}-help {base}-error {base}-understood"
    assert Widget(FIELDS["FULL_NAME"], "").described_by is None


def test_a_section_counts_its_own_errors() -> None:
    counted = {
        section.key: section.errors for section in sections({}, {"AGE": "a", "DNI": "b", "COMPANY": "c"})
    }
    assert {key: count for key, count in counted.items() if count} == {"applicant": 2, "work": 1}
