"""Levels: the few values of a field that are counted day by day, whatever the field's kind.

They follow from the field alone, never from a model, so counts of years can be added up: a choice is its own level, a
quantity its first digit (AGE 34 → 30, an income of 1,250.40 → 1000), a code its first digit and its length (ZIP 230 → 2xx),
a date its year, and of a free text only whether it was given.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from creditrisk.application import FIELDS, Role
from creditrisk.portfolio import Field
from creditrisk.portfolio.kinds import Choice, Code, Day, Digits

MISSING: Final = ""
"""The level of a value that was not given."""
GIVEN: Final = "given"
"""The level of a free text that was."""
OTHER: Final = "other"
"""The level of a value that the field's definition does not have."""


def counted_fields() -> dict[str, Callable[[str], str]]:
    """Every field that is counted → what makes a level of a cell's text. Identity is never counted."""
    return {name: level_of(field) for name, field in FIELDS.items() if field.role is not Role.IDENTITY}


def level_of(field: Field) -> Callable[[str], str]:
    """What makes a level of a cell's text."""
    kind = field.kind
    if field.is_number:
        return first_digit
    if isinstance(kind, Choice):
        known = frozenset([*kind.offered, *kind.legacy])
        return lambda text: text if text in known or not text else OTHER
    if isinstance(kind, Code | Digits):
        return lambda text: text[:1] + "x" * (len(text) - 1)
    if isinstance(kind, Day):
        return lambda text: text[:4]
    return lambda text: GIVEN if text else MISSING


@lru_cache(maxsize=1 << 16)
def first_digit(text: str) -> str:
    """A quantity rounded towards zero to its first digit; OTHER for what is none."""
    if not text:
        return MISSING
    try:
        value = float(text)
    except ValueError:
        return OTHER
    if not math.isfinite(value):
        return OTHER
    if value == 0:
        return "0"
    digit, _, exponent = f"{abs(value):.15e}".partition("e")
    sign, power = "-" if value < 0 else "", int(exponent)
    whole = digit[0] + "0" * power if power >= 0 else f"0.{'0' * (-power - 1)}{digit[0]}"
    return sign + whole
