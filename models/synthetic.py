"""Made-up applications for golden rows, benchmarks and tests. Values are drawn from the table of fields, and vary about as
much as in a real population."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from creditrisk.application import FIELDS, Field, Role, Value
from creditrisk.portfolio.kinds import Choice, Code, Day, Digits, Money, Number, Text, Whole

_SYLLABLES = ("ba", "ca", "do", "fe", "gi", "ju", "la", "mo", "ni", "pe", "ri", "so", "ta", "va", "zu")
_WORDS = {"CITY": 750, "BOROUGH": 4_000}
"""How many different texts a field with this in its name has."""
_OTHER_WORDS = 50_000
_SELDOM = frozenset([name for name, field in FIELDS.items() if isinstance(field.kind, Money)][1:])
"""Amounts that most people have none of: all but the first, as who has an income seldom has another one or possessions."""
_FIRST_DAY = date(2020, 1, 1)


def _word(number: int) -> str:
    letters = ""
    number += 20
    while number:
        number, syllable = divmod(number, len(_SYLLABLES))
        letters += _SYLLABLES[syllable]
    return letters.capitalize()


def _value(field: Field, draw: random.Random, levels: Mapping[str, Sequence[str]]) -> Value:
    if field.missing and draw.random() < 0.3:
        return None
    if field.name in levels and draw.random() < 0.9:
        return draw.choice(levels[field.name])
    match field.kind:
        case Choice():
            return draw.choices(list(field.choices), [0.5**rank for rank in range(len(field.choices))])[0]
        case Digits(shortest, longest):
            return "".join(draw.choices("0123456789", k=(shortest + longest) // 2))
        case Code(least, most):
            return str(draw.randint(least, most))
        case Whole(least, most):
            start = 0 if least < -1_000 < 1_000 < most else least  # far limits of both signs: values about 0
            return min(most, start + int(draw.expovariate(1 / max(20, (most - start) / 100))))
        case Money(most, least):
            if field.name in _SELDOM and draw.random() < 0.75:
                return max(0, least)
            return max(least, min(most, int(draw.lognormvariate(6.4, 0.7))))
        case Number(least, most):
            spread = min(most - least, 1_000)
            return round(min(most, max(least, draw.gauss(max(least, min(0, most)), spread / 4))), 2)
        case Day():
            return (_FIRST_DAY + timedelta(draw.randrange(2_000))).isoformat()
        case Text(longest):
            size = next((size for part, size in _WORDS.items() if part in field.name), _OTHER_WORDS)
            return _word(min(size, int(draw.paretovariate(0.6))))[:longest]
    raise TypeError(f"{field.name} is of no known kind")


def synthetic_applicants(
    count: int,
    seed: int = 1,
    levels: Mapping[str, Sequence[str]] | None = None,
    fields: Mapping[str, Field] = FIELDS,
) -> Iterator[dict[str, Any]]:
    """`count` made-up applications; the same ones for the same seed. `levels` gives values for some fields; `fields` are
    those of the portfolio in use."""
    draw = random.Random(seed)
    for _ in range(count):
        yield {name: _value(field, draw, levels or {}) for name, field in fields.items()}


def nobodies(count: int, levels: Mapping[str, Sequence[str]] | None = None) -> list[dict[str, Any]]:
    """Made-up applications for golden rows, with an identity that is plainly nobody's: Golden Row, number 000000."""
    rows = list(synthetic_applicants(count, seed=2010, levels=levels))
    identity = {name: field.kind for name, field in FIELDS.items() if field.role is Role.IDENTITY}
    for row in rows:
        for name, kind in identity.items():
            if isinstance(kind, Text):
                row[name] = "Golden Row"[: kind.longest]
            elif isinstance(kind, Digits):
                row[name] = "0" * kind.shortest
    return rows
