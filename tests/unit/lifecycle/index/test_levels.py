"""Levels are few, whatever is typed."""

import pytest

from creditrisk.application import FIELDS
from lifecycle.index.levels import GIVEN, MISSING, OTHER, counted_fields, first_digit, level_of


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("34", "30"), ("1250.40", "1000"), ("999999999", "900000000"), ("0", "0"), ("0.00", "0"), ("9", "9"),
        ("0.057", "0.05"), ("-47", "-40"), ("1e3", "1000"), ("", MISSING), ("nan", OTHER), ("inf", OTHER), ("x", OTHER),
    ],
)  # fmt: skip
def test_a_quantity_is_its_first_digit(text: str, level: str) -> None:
    assert first_digit(text) == level


@pytest.mark.parametrize(
    ("field", "text", "level"),
    [
        ("SEX", "F", "F"),
        ("SEX", "N", "N"),  # as the training data has it, though nobody is offered it
        ("SEX", "whatever", OTHER),
        ("SEX", "", MISSING),
        ("AGE", "34", "30"),
        ("RESIDENCIAL_ZIP_3", "230", "2xx"),
        ("RESIDENCIAL_CITY", "Niterói", GIVEN),
        ("RESIDENCIAL_CITY", "", MISSING),
    ],
)
def test_the_level_follows_from_the_field(field: str, text: str, level: str) -> None:
    assert level_of(FIELDS[field])(text) == level


def test_identity_is_never_counted() -> None:
    assert set(FIELDS) - set(counted_fields()) == {"FULL_NAME", "DNI"}
