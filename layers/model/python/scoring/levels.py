"""From a field's canonical value to the level that the encoder knows it by: the same in training and in serving."""

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from creditrisk.application import FIELDS
from creditrisk.application.kinds import Zip3

_NOT_WORD = re.compile(r"[^A-Z0-9]+")
MISSING = "?"
"""The level of a missing value: a level like any other, for the gap tells something."""


def as_trained(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """A field's values as the training data has them: there a ZIP has lost its leading zeros."""
    if not isinstance(FIELDS[name].kind, Zip3):
        return values
    return [None if value is None else zip_3(value) for value in values]


def zip_3(value: Any) -> str:
    """A ZIP's first three digits, with or without their leading zeros."""
    return MISSING if value is None else str(value).lstrip("0")


def code(value: Any) -> str:
    """A code is its own level."""
    return MISSING if value is None else str(value)


@lru_cache(8_192)  # several parts are made of the same city
def text(value: Any) -> str:
    """A typed name without letter case, accents, punctuation and spare spaces: Niterói and NITEROI are one city."""
    if value is None:
        return MISSING
    bare = value if value.isascii() else _without_accents(value)
    return _NOT_WORD.sub(" ", bare.upper()).strip() or MISSING


def _without_accents(value: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))


def age_5(value: Any) -> str:
    """Five years of age; 75 and more are one."""
    return str(min(int(value), 75) // 5)


def age_3(value: Any) -> str:
    """Three years of age; 80 and more are one."""
    return str(min(int(value), 80) // 3)


def doubling(value: Any) -> str:
    """Half a doubling of an amount in R$, from 100 on."""
    return MISSING if value is None else str(int(2 * math.log2(max(float(value), 100.0))))


def months(value: Any) -> str:
    """Half a doubling of a number of months."""
    return MISSING if value is None else str(int(2 * math.log2(float(value) + 1)))


def dependants(value: Any) -> str:
    """Dependants; seven and more are one."""
    return MISSING if value is None else str(min(int(value), 7))


def region(value: Any) -> str:
    """The first two of a ZIP's three digits."""
    return MISSING if value is None else zip_3(value)[:2]
