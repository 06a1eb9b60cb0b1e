"""Which of the possible columns (`scoring.features`) a training makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scoring.features import DERIVED, FEW_LEVELS, NUMBERS, PLACE_CODES, SAME, TEXTS

CROSSES: Final[Mapping[str, tuple[str, ...]]] = {
    "state × state of birth": ("RESIDENCIAL_STATE", "STATE_OF_BIRTH"),
    "profession × occupation": ("PROFESSION_CODE", "OCCUPATION_TYPE"),
    "age × sex × marital status": ("age", "SEX", "MARITAL_STATUS"),
    "age × phone × payment day": ("age", "FLAG_RESIDENCIAL_PHONE", "PAYMENT_DAY"),
    "payment day × submission × product": ("PAYMENT_DAY", "APPLICATION_SUBMISSION_TYPE", "PRODUCT"),
    "state × age": ("RESIDENCIAL_STATE", "age"),
    "occupation × income": ("OCCUPATION_TYPE", "income"),
    "phone × state": ("FLAG_RESIDENCIAL_PHONE", "RESIDENCIAL_STATE"),
    "residence × marital status × phone": ("RESIDENCE_TYPE", "MARITAL_STATUS", "FLAG_RESIDENCIAL_PHONE"),
    "region × age": ("region", "age"),
    "age × marital status × phone": ("age_3", "MARITAL_STATUS", "FLAG_RESIDENCIAL_PHONE"),
    "age × occupation": ("age", "OCCUPATION_TYPE"),
    "age × profession": ("age", "PROFESSION_CODE"),
    "age × dependants": ("age", "dependants"),
    "payment day × age": ("PAYMENT_DAY", "age"),
    "payment day × state": ("PAYMENT_DAY", "RESIDENCIAL_STATE"),
    "submission × state × product": ("APPLICATION_SUBMISSION_TYPE", "RESIDENCIAL_STATE", "PRODUCT"),
    "months × age": ("months", "age"),
    "income × age": ("income", "age"),
    "income × state": ("income", "RESIDENCIAL_STATE"),
    "state × marital status × sex": ("RESIDENCIAL_STATE", "MARITAL_STATUS", "SEX"),
    "company × profession × occupation × phone": ("COMPANY", "PROFESSION_CODE", "OCCUPATION_TYPE", "FLAG_PROFESSIONAL_PHONE"),
    "mate × marital status": ("MATE_PROFESSION_CODE", "MARITAL_STATUS", "EDUCATION_LEVEL_2"),
}  # fmt: skip


@dataclass(frozen=True)
class ColumnChoice:
    """Names of parts, numbers and pairs of `scoring.features`, each made into columns of its kind."""

    numbers: tuple[str, ...] = tuple(NUMBERS)
    """Numbers as they are."""
    same: tuple[str, ...] = tuple(SAME)
    """Pairs of parts: whether both have the same level."""
    one_hot: tuple[str, ...] = FEW_LEVELS
    """Parts of few levels: one column for each level that stands often enough in the data."""
    rates: tuple[str, ...] = (
        *TEXTS, *PLACE_CODES, "PROFESSION_CODE", "OCCUPATION_TYPE", "MARITAL_STATUS", *DERIVED,
    )  # fmt: skip
    """Parts whose own bad rate is looked up."""
    crosses: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CROSSES)
    """Crosses of parts whose bad rate is looked up together: what it is → its parts."""
    frequencies: tuple[str, ...] = (*TEXTS, "RESIDENCIAL_ZIP_3", "city, borough")
    """Parts whose frequency is looked up: an applicant from a large city, or from a place seen once."""
    effects: tuple[str, ...] = (
        *FEW_LEVELS, *PLACE_CODES, *TEXTS, "age_3", "income", "months", "dependants",
    )  # fmt: skip
    """Parts that stand together in one regression on all their levels; a column is a level's effect there, in log-odds."""
