"""Which columns a model may see, and which fields each is made of; a training chooses among them (`models.training`).

Everything here is something that a person can truthfully give in the form: text counts without letter case, accents
and length, money without cents. A column is a number, a flag for one level of a field (one-hot), or a figure looked up
for a level or a cross of levels: its smoothed bad rate, its frequency, its effect in a regression on all levels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import levels

Matrix = NDArray[np.float64]
Columns = Mapping[str, Sequence[Any]]
"""Field → its canonical values, one for each application."""


@dataclass(frozen=True)
class Part:
    """Levels of one field, or of two whose values only mean something together."""

    fields: tuple[str, ...]
    level: Callable[..., str]


def _city_and(city: Any, other: Any) -> str:
    return f"{levels.text(city)}|{levels.text(other)}"


def _text_and_code(text: Any, code: Any) -> str:
    return f"{levels.text(text)}|{levels.code(code)}"


def _zip_and_code(zip_3: Any, code: Any) -> str:
    return f"{levels.zip_3(zip_3)}|{levels.code(code)}"


def _text_and_region(text: Any, zip_3: Any) -> str:
    return f"{levels.zip_3(zip_3)}|{levels.text(text)}"


def _city_and_age(city: Any, age: Any) -> str:
    return f"{levels.text(city)}|{levels.age_5(age)}"


FEW_LEVELS = (
    "PAYMENT_DAY", "APPLICATION_SUBMISSION_TYPE", "POSTAL_ADDRESS_TYPE", "SEX", "MARITAL_STATUS", "NACIONALITY",
    "FLAG_RESIDENCIAL_PHONE", "RESIDENCE_TYPE", "FLAG_EMAIL", "FLAG_VISA", "FLAG_MASTERCARD", "FLAG_DINERS",
    "FLAG_AMERICAN_EXPRESS", "FLAG_OTHER_CARDS", "QUANT_BANKING_ACCOUNTS", "QUANT_CARS", "COMPANY",
    "FLAG_PROFESSIONAL_PHONE", "PROFESSION_CODE", "OCCUPATION_TYPE", "MATE_PROFESSION_CODE", "EDUCATION_LEVEL_2",
    "PRODUCT",
)  # fmt: skip
"""Fields whose values are their levels, and few."""
PLACE_CODES = (
    "STATE_OF_BIRTH", "RESIDENCIAL_STATE", "PROFESSIONAL_STATE", "RESIDENCIAL_ZIP_3", "RESIDENCIAL_PHONE_AREA_CODE",
    "PROFESSIONAL_PHONE_AREA_CODE",
)  # fmt: skip
"""Fields whose values are the codes of places: dozens to hundreds of levels."""
TEXTS = (
    "CITY_OF_BIRTH",
    "RESIDENCIAL_CITY",
    "RESIDENCIAL_BOROUGH",
    "PROFESSIONAL_CITY",
    "PROFESSIONAL_BOROUGH",
)
"""Fields that are typed: thousands of levels."""
DERIVED: dict[str, Part] = {
    "age": Part(("AGE",), levels.age_5),
    "age_3": Part(("AGE",), levels.age_3),
    "income": Part(("PERSONAL_MONTHLY_INCOME",), levels.doubling),
    "months": Part(("MONTHS_IN_RESIDENCE",), levels.months),
    "dependants": Part(("QUANT_DEPENDANTS",), levels.dependants),
    "region": Part(("RESIDENCIAL_ZIP_3",), levels.region),
    "city, state": Part(("RESIDENCIAL_CITY", "RESIDENCIAL_STATE"), _text_and_code),
    "city, borough": Part(("RESIDENCIAL_CITY", "RESIDENCIAL_BOROUGH"), _city_and),
    "borough, state": Part(("RESIDENCIAL_BOROUGH", "RESIDENCIAL_STATE"), _text_and_code),
    "borough, ZIP": Part(("RESIDENCIAL_BOROUGH", "RESIDENCIAL_ZIP_3"), _text_and_region),
    "city of birth, city": Part(("CITY_OF_BIRTH", "RESIDENCIAL_CITY"), _city_and),
    "city, age": Part(("RESIDENCIAL_CITY", "AGE"), _city_and_age),
    "ZIP, phone area": Part(("RESIDENCIAL_ZIP_3", "RESIDENCIAL_PHONE_AREA_CODE"), _zip_and_code),
}
"""Levels made of a field's value, or of two."""

PARTS: dict[str, Part] = {
    **{name: Part((name,), levels.code) for name in (*FEW_LEVELS, *PLACE_CODES)},
    "RESIDENCIAL_ZIP_3": Part(("RESIDENCIAL_ZIP_3",), levels.zip_3),
    **{name: Part((name,), levels.text) for name in TEXTS},
    **DERIVED,
}
"""Name → part. A part of one field also tells whether the field's value is new to the model."""


@dataclass(frozen=True)
class Number:
    """A number made of quantities, or of codes in an order that means something (neighbours have neighbouring ZIPs):
    `of` takes their columns (NaN where missing) in the order of `fields`."""

    fields: tuple[str, ...]
    of: Callable[..., Matrix]


NUMBERS: dict[str, Number] = {
    "dependants": Number(("QUANT_DEPENDANTS",), np.positive),
    "months in residence": Number(("MONTHS_IN_RESIDENCE",), np.positive),
    "other incomes": Number(("OTHER_INCOMES",), lambda v: np.log1p(np.floor(v))),
    "assets": Number(("PERSONAL_ASSETS_VALUE",), lambda v: np.log1p(np.floor(v))),
    "months in the job": Number(("MONTHS_IN_THE_JOB",), np.positive),
    "age": Number(("AGE",), np.positive),
    "income": Number(("PERSONAL_MONTHLY_INCOME",), lambda v: np.log1p(np.floor(v))),
    "income per head": Number(
        ("PERSONAL_MONTHLY_INCOME", "QUANT_DEPENDANTS"), lambda income, heads: np.log1p(np.floor(income) / (1 + heads))
    ),
    "residence per age": Number(("MONTHS_IN_RESIDENCE", "AGE"), lambda months, age: months / age),
    "all income": Number(
        ("PERSONAL_MONTHLY_INCOME", "OTHER_INCOMES"), lambda income, other: np.log1p(np.floor(income) + np.floor(other))
    ),
    "ZIP": Number(("RESIDENCIAL_ZIP_3",), np.positive),
    "phone area": Number(("RESIDENCIAL_PHONE_AREA_CODE",), np.positive),
    "months not given": Number(("MONTHS_IN_RESIDENCE",), lambda v: np.isnan(v).astype(float)),
}  # fmt: skip

SAME: dict[str, tuple[str, str]] = {
    "lives where born": ("RESIDENCIAL_CITY", "CITY_OF_BIRTH"),
    "lives in the state of birth": ("RESIDENCIAL_STATE", "STATE_OF_BIRTH"),
    "works where living": ("RESIDENCIAL_CITY", "PROFESSIONAL_CITY"),
}
"""Columns that are 1 where two parts have the same level, NaN where either is missing."""
