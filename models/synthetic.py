"""Made-up applications for golden rows, benchmarks and tests. Values are drawn from the table of fields, and vary about as
much as in a real population."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from creditrisk.application import FIELDS, Field, Value
from creditrisk.application.kinds import Choice, Code, Digits, Money, Text, Whole

_SYLLABLES = ("ba", "ca", "do", "fe", "gi", "ju", "la", "mo", "ni", "pe", "ri", "so", "ta", "va", "zu")
_WORDS = {"CITY": 750, "BOROUGH": 4_000, "FULL": 50_000}
"""How many different texts a field with this in its name has."""


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
            return min(most, least + int(draw.expovariate(1 / 20)))
        case Money():
            return 0 if field.default == "0" and draw.random() < 0.9 else int(draw.lognormvariate(6.4, 0.7))
        case Text():
            size = next(size for part, size in _WORDS.items() if part in field.name)
            return _word(min(size, int(draw.paretovariate(0.6))))
    raise TypeError(f"{field.name} is of no known kind")


def synthetic_applicants(
    count: int, seed: int = 1, levels: Mapping[str, Sequence[str]] | None = None
) -> Iterator[dict[str, Any]]:
    """`count` made-up applications; the same ones for the same seed. `levels` gives values for some fields."""
    draw = random.Random(seed)
    for _ in range(count):
        yield {name: _value(field, draw, levels or {}) for name, field in FIELDS.items()}
