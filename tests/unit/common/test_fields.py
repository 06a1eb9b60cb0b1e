"""The table of fields, and what each kind of field makes of what is typed."""

import math

import pytest

from creditrisk.application import FIELDS, SECTIONS, Role, canonical_name
from creditrisk.application.kinds import Choice


def test_there_are_54_fields_of_which_two_are_identity() -> None:
    assert len(FIELDS) == 54
    assert [name for name, field in FIELDS.items() if field.role is Role.IDENTITY] == ["FULL_NAME", "DNI"]


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_known_under_both_spellings_in_any_letter_case(name: str) -> None:
    field = FIELDS[name]
    assert field.name == name
    for spelling in (name, name.lower(), field.form_name, field.form_name.upper(), f" {name} "):
        assert canonical_name(spelling) == name


def test_a_name_that_is_no_field_is_none() -> None:
    assert canonical_name("SALARY") is None


@pytest.mark.parametrize("name", FIELDS)
def test_what_the_form_offers_at_first_is_valid(name: str) -> None:
    field = FIELDS[name]
    assert field.section in SECTIONS
    assert field.label
    if field.default:
        assert field.parse(field.default) in field.choices or not field.choices


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_reads_its_own_canonical_value_again(name: str) -> None:
    field = FIELDS[name]
    samples: list[object] = list(field.choices)
    if isinstance(field.kind, Choice):
        samples += field.kind.legacy
    if field.limits:
        samples += field.limits
    for sample in samples:
        value = field.parse(sample)
        assert field.parse(value) == value
        assert field.parse(str(value)) == value


@pytest.mark.parametrize("gap", ["", "  ", "NULL", "null", "N.A.", "n.a.", None, math.nan])
def test_the_data_s_spellings_of_nothing_are_missing_where_the_model_knows_the_gap(gap: object) -> None:
    assert FIELDS["RESIDENCE_TYPE"].parse(gap) is None
    with pytest.raises(ValueError, match="required"):
        FIELDS["AGE"].parse(gap)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("OCCUPATION_TYPE", "2.0", "2"),
        ("OCCUPATION_TYPE", 2, "2"),
        ("OCCUPATION_TYPE", 2.0, "2"),
        ("PROFESSION_CODE", "09", "9"),
        ("PROFESSION_CODE", "other", "Other"),
        ("RESIDENCIAL_ZIP_3", "007", "7"),
        ("RESIDENCIAL_PHONE_AREA_CODE", 20.0, "20"),
        ("APPLICATION_SUBMISSION_TYPE", "web", "Web"),
        ("APPLICATION_SUBMISSION_TYPE", "0", "0"),
        ("SEX", "f", "F"),
        ("SEX", "N", "N"),
        ("STATE_OF_BIRTH", "xx", "XX"),
        ("AGE", "34", 34),
        ("AGE", 34.0, 34),
        ("QUANT_DEPENDANTS", "0", 0),
        ("PERSONAL_MONTHLY_INCOME", "1200.50", 1200.5),
        ("PERSONAL_MONTHLY_INCOME", "1200.00", 1200),
        ("PERSONAL_MONTHLY_INCOME", 0, 0),
        ("DNI", " 00123456 ", "00123456"),
        ("FULL_NAME", "  Ana   Souza ", "Ana Souza"),
        ("FULL_NAME", "Зоя Ивановна", "Зоя Ивановна"),
        ("FULL_NAME", "山田 太郎", "山田 太郎"),
        ("FULL_NAME", "Jose\u0301", "José"),  # composed, so that one name has one spelling
        ("RESIDENCIAL_CITY", "Niterói", "Niterói"),
    ],
)
def test_values_are_stored_as_the_training_data_has_them(name: str, raw: object, value: object) -> None:
    read = FIELDS[name].parse(raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("yes", ["Y", "y", "1", 1, 1.0, True, "true", "TRUE", "yes"])
@pytest.mark.parametrize(("name", "stored"), [("FLAG_EMAIL", "1"), ("COMPANY", "Y")])
def test_a_flag_reads_every_usual_yes(name: str, stored: str, yes: object) -> None:
    assert FIELDS[name].parse(yes) == stored


@pytest.mark.parametrize("no", ["N", "n", "0", 0, 0.0, False, "false", "no"])
@pytest.mark.parametrize(("name", "stored"), [("FLAG_EMAIL", "0"), ("COMPANY", "N")])
def test_a_flag_reads_every_usual_no(name: str, stored: str, no: object) -> None:
    assert FIELDS[name].parse(no) == stored


@pytest.mark.parametrize(
    ("name", "raw", "sentence"),
    [
        ("AGE", "17", "18 to 120"),
        ("AGE", 121, "18 to 120"),
        ("AGE", "34.5", "whole number"),
        ("AGE", "thirty", "whole number"),
        ("AGE", "inf", "whole number"),
        ("AGE", math.inf, "whole number"),
        ("QUANT_DEPENDANTS", 21, "0 to 20"),
        ("MONTHS_IN_RESIDENCE", -1, "whole number from 0"),
        ("PERSONAL_MONTHLY_INCOME", "-1", "from 0"),
        ("PERSONAL_MONTHLY_INCOME", "1.234,50", "as in 1234.50"),
        ("PERSONAL_MONTHLY_INCOME", "1e9", "as in 1234.50"),
        ("PERSONAL_MONTHLY_INCOME", "9" * 12, "to 999999999"),
        ("DNI", "12345", "6 to 14 digits"),
        ("DNI", "1" * 15, "6 to 14 digits"),
        ("DNI", "123.456-7", "without dots"),
        ("DNI", "١٢٣٤٥٦", "6 to 14 digits"),
        ("FULL_NAME", "x" * 61, "60 characters"),
        ("FULL_NAME", "=HYPERLINK()", "Begin with a letter"),
        ("FULL_NAME", "Ana\x00Souza", "control characters"),
        ("FULL_NAME", "Ana\u202eSouza\x7f", "control characters"),
        ("MARITAL_STATUS", "8", "one of"),
        ("RESIDENCIAL_STATE", "XX", "one of"),
        ("FLAG_EMAIL", "maybe", "one of"),
        ("RESIDENCIAL_PHONE_AREA_CODE", "200", "1 to 199"),
        ("RESIDENCIAL_ZIP_3", "0", "1 to 999"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(name: str, raw: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        FIELDS[name].parse(raw)


@pytest.mark.parametrize("name", ["SEX", "STATE_OF_BIRTH", "APPLICATION_SUBMISSION_TYPE"])
def test_legacy_codes_are_read_and_not_offered(name: str) -> None:
    field = FIELDS[name]
    assert isinstance(field.kind, Choice)
    assert field.kind.legacy
    assert not field.kind.legacy & field.choices.keys()


def test_no_value_that_is_read_can_hold_a_line_break() -> None:
    for text in ("a\nb", "a\r\nb", "a\u2028b", "a\u0085b", "a\vb"):
        assert FIELDS["RESIDENCIAL_CITY"].parse(text) == "a b"
