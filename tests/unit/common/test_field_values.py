"""Every value that a field takes, as the training data have it: one more or fewer changes what may be applied with."""

import pytest

from creditrisk.application import FIELDS

UP_TO_18 = " ".join(map(str, range(19)))
STATES = "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO"
CHOICES = {
    "CLERK_TYPE": "C",
    "PAYMENT_DAY": "1 5 10 15 20 25",
    "APPLICATION_SUBMISSION_TYPE": "Web Carga",
    "QUANT_ADDITIONAL_CARDS": "0 1 2",
    "POSTAL_ADDRESS_TYPE": "1 2",
    "SEX": "F M",
    "MARITAL_STATUS": "0 1 2 3 4 5 6 7",
    "EDUCATION_LEVEL_1": "0 1 2 3 4 5 Other",
    "STATE_OF_BIRTH": STATES,
    "NACIONALITY": "0 1 2",
    "RESIDENCIAL_STATE": STATES,
    "RESIDENCE_TYPE": "0 1 2 3 4 5",
    "QUANT_BANKING_ACCOUNTS": "0 1 2",
    "QUANT_SPECIAL_BANKING_ACCOUNTS": "0 1 2",
    "QUANT_CARS": "0 1",
    "PROFESSIONAL_STATE": STATES,
    "PROFESSION_CODE": f"{UP_TO_18} Other",
    "OCCUPATION_TYPE": "0 1 2 3 4 5 Other",
    "MATE_PROFESSION_CODE": f"{UP_TO_18} Other",
    "EDUCATION_LEVEL_2": "0 1 2 3 4 5 Other",
    "PRODUCT": "1 2 7",
}
LIMITS = {
    "QUANT_DEPENDANTS": (0, 20),
    "RESIDENCIAL_PHONE_AREA_CODE": (1, 199),
    "PROFESSIONAL_PHONE_AREA_CODE": (1, 199),
    "MONTHS_IN_RESIDENCE": (0, 1_440),
    "MONTHS_IN_THE_JOB": (0, 1_440),
    "PERSONAL_MONTHLY_INCOME": (0, 999_999_999),
    "OTHER_INCOMES": (0, 999_999_999),
    "PERSONAL_ASSETS_VALUE": (0, 999_999_999),
    "AGE": (18, 120),
    "RESIDENCIAL_ZIP_3": (1, 999),
    "PROFESSIONAL_ZIP_3": (1, 999),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_field_of_choices_takes_these_and_no_other(name: str) -> None:
    field = FIELDS[name]
    values = CHOICES[name].split()
    assert list(field.choices) == values
    assert [field.parse(value) for value in values] == values
    with pytest.raises(ValueError, match=r".+"):
        field.parse("99")


@pytest.mark.parametrize("name", LIMITS)
def test_a_field_of_numbers_takes_those_within_its_limits(name: str) -> None:
    field = FIELDS[name]
    least, most = LIMITS[name]
    assert field.limits == (least, most)
    for value in (least, most):
        assert field.parse(str(value)) is not None
    for beyond in (least - 1, most + 1):
        with pytest.raises(ValueError, match=r".+"):
            field.parse(str(beyond))


def test_all_other_fields_are_text_or_flags() -> None:
    others = [field for name, field in FIELDS.items() if name not in {*CHOICES, *LIMITS}]
    for field in others:
        assert field.longest or sorted(field.choices) in (["0", "1"], ["N", "Y"])
