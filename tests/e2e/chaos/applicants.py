"""Made-up applicants, each with a score of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from creditrisk.application import FIELDS, Field, Value
from creditrisk.application.validation import validate

POISON = "Poison"
"""The name of an applicant whose scoring kills the scorer."""


def _some_answer(field: Field) -> object:
    """The first answer that is offered or the least number, where there must be one."""
    if field.missing:
        return None
    return next(iter(field.choices), None) or (field.limits or (None,))[0]


@cache
def _anybody() -> dict[str, Value]:
    raw: dict[str, object] = {name: _some_answer(field) for name, field in FIELDS.items()}
    return validate(
        raw
        | {"FULL_NAME": "Ana Souza", "DNI": "012345678", "AGE": 34, "SEX": "F", "STATE_OF_BIRTH": "RJ"}
        | {"RESIDENCIAL_STATE": "RJ", "RESIDENCIAL_CITY": "Niterói", "RESIDENCIAL_ZIP_3": "230"}
        | {"PROFESSIONAL_ZIP_3": "230", "PERSONAL_MONTHLY_INCOME": "1200.50"}
    )


def applicant(number: int, **changes: Value) -> dict[str, Value]:
    """The application of applicant `number`."""
    own: dict[str, Value] = {
        "FULL_NAME": f"Applicant {number}, née Gonçalves",  # a comma and accents, for the CSV
        "DNI": f"{number:08d}",
        "AGE": 18 + number % 83,
        "PERSONAL_MONTHLY_INCOME": 300 + number % 977,
    }
    return _anybody() | own | changes


@dataclass(frozen=True)
class PlainScore:
    """A score that explains nothing."""

    probability: float
    contributions: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[()] = ()
    challenger: float | None = None


class PlainModel:
    """A model that costs nothing: age and income make the probability."""

    name = "lightgbm"
    version = "plain"

    def score(self, applications: Sequence[Mapping[str, Any]]) -> list[PlainScore]:
        return [PlainScore((a["AGE"] * 1000 + a["PERSONAL_MONTHLY_INCOME"]) / 121_000) for a in applications]

    def counterfactuals(self, declined: Sequence[Mapping[str, Any]], threshold: float) -> list[tuple[()]]:
        return [()] * len(declined)
