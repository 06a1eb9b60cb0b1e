"""From raw input to an application, or every reason why not at once."""

from collections import OrderedDict
from typing import Any

import pytest

from creditrisk.application import FIELDS
from creditrisk.application.validation import TEXT_READERS, validate
from creditrisk.errors import InvalidApplication
from creditrisk.portfolio.field import Role

Raw = dict[str, object]


def test_what_was_read_before_is_no_other_kind_of_value(raw_application: Raw) -> None:
    raw = {"QUANT_DEPENDANTS": 1} | {
        name: v for name, v in raw_application.items() if name != "quant_of_dependants"
    }
    for _ in range(2):
        assert validate(raw)["QUANT_DEPENDANTS"] == 1
        assert "QUANT_DEPENDANTS" in errors_of(raw | {"QUANT_DEPENDANTS": True})
        assert (
            validate(raw | {"QUANT_DEPENDANTS": "1"})
            == validate(raw | {"QUANT_DEPENDANTS": 1.0})
            == validate(raw)
        )


class Listed(list[object]):
    """A list of a library's own."""


@pytest.mark.parametrize("value", [[], {}, Listed(), OrderedDict(), set(), bytearray(b"1"), ([],)])
def test_what_is_no_single_value_is_an_error_of_its_field(raw_application: Raw, value: object) -> None:
    assert set(errors_of(raw_application | {"age": value})) == {"AGE"}


def test_nobody_is_remembered_and_nothing_long(raw_application: Raw) -> None:
    kept = {name: read for name, read in TEXT_READERS.items() if hasattr(read, "cache_info")}
    assert kept.keys() == {name for name, field in FIELDS.items() if field.role is not Role.IDENTITY}
    entries = kept["AGE"].cache_info().currsize
    for spaces in range(50, 60):
        assert validate(raw_application | {"age": f"{' ' * spaces}34"})["AGE"] == 34
    assert kept["AGE"].cache_info().currsize == entries
    for months in range(500):
        validate(raw_application | {"months_in_residence": str(months)})
    assert kept["MONTHS_IN_RESIDENCE"].cache_info().currsize <= 256


def errors_of(raw: Raw) -> dict[str, str]:
    with pytest.raises(InvalidApplication) as caught:
        validate(raw)
    return caught.value.errors


def test_an_application_has_all_fields_in_the_table_s_order(raw_application: Raw) -> None:
    application = validate(raw_application)
    assert list(application) == list(FIELDS)
    assert application["DNI"] == "012345678"
    assert application["PROFESSIONAL_STATE"] is None
    assert application["CLERK_TYPE"] is None


def test_both_spellings_give_the_same_application(raw_application: Raw) -> None:
    canonical = {
        name: raw_application[field.form_name]
        for name, field in FIELDS.items()
        if field.form_name in raw_application
    }
    assert validate(canonical) == validate(raw_application)


def test_a_valid_application_is_valid_again_as_it_stands(raw_application: Raw) -> None:
    application = validate(raw_application)
    assert validate(application) == application


def test_every_error_is_told_at_once_under_its_field(raw_application: Raw) -> None:
    errors = errors_of(raw_application | {"age": "7", "sex": "Q", "DNI": "12", "residencial_city": ""})
    assert errors.keys() == {"AGE", "SEX", "DNI", "RESIDENCIAL_CITY"}
    assert all(sentence.endswith(".") for sentence in errors.values())
    assert errors["RESIDENCIAL_CITY"] == "This field is required."


def test_nothing_at_all_names_every_required_field() -> None:
    assert errors_of({}).keys() == {name for name, field in FIELDS.items() if not field.missing}


def test_a_field_that_does_not_exist_is_an_error_that_names_the_nearest(raw_application: Raw) -> None:
    errors = errors_of(raw_application | {"MARITAL_STATE": "1", "zzz": "1"})
    assert "MARITAL_STATUS" in errors["MARITAL_STATE"]
    assert errors["zzz"] == "There is no such field."


def test_a_field_given_in_both_spellings_is_an_error(raw_application: Raw) -> None:
    assert errors_of(raw_application | {"RESIDENCIAL_ZIP_3": "230"}) == {
        "RESIDENCIAL_ZIP_3": "This field is given twice."
    }


@pytest.mark.parametrize("value", [[], ["1"], {}, {"a": 1}])
def test_a_list_or_an_object_is_no_value(raw_application: Raw, value: Any) -> None:
    assert errors_of(raw_application | {"sex": value}) == {"SEX": "Give one value, not a list or an object."}


def test_an_error_quotes_nothing_that_was_typed(raw_application: Raw) -> None:
    secret = "x" * 70
    assert secret not in str(errors_of(raw_application | {"full_name": secret, "DNI": secret}))
