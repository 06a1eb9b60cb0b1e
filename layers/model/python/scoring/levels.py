"""From a field's canonical value to the level that the encoder knows it by: the same in training and in serving.

A level is a text. The ways to make one have names, for the `[features]` table of a portfolio's definition (`as = …`):

| name | level | options |
| --- | --- | --- |
| `code` | the value itself: a code, a choice, digits | |
| `text` | a typed name without letter case, accents, punctuation and spare spaces | |
| `zip3` | a ZIP's first three digits, with or without their leading zeros | |
| `prefix` | the first characters of the level that the field has by its kind | `length` |
| `first word` | the first word of a typed name: of a borough's, what kind of place it is | |
| `band` | how many times `width` goes into a number; from `most` on all are one | `width`, `most` |
| `cap` | a whole number; from `most` on all are one | `most` |
| `alike` | of two fields: whether both have the same value; a missing one is a gap | |
| `half doubling` | half a doubling of a number; below `least` all are one; without `least`, of the number plus 1, and of both signs | `least` |

A missing value is a level like any other, for the gap tells something.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from operator import call
from typing import Any, Final, NamedTuple

from creditrisk.application import FIELDS
from creditrisk.portfolio.field import Field
from creditrisk.portfolio.kinds import Text, Zip3

Level = Callable[..., str]
"""The level of a canonical value, or of several."""

_NOT_WORD = re.compile(r"[^A-Z0-9]+")
MISSING = "?"
"""The level of a missing value."""


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
    """A typed name without letter case, accents, punctuation and spare spaces: Niterói and NITEROI are one city.

    Where nothing of that is left, as of a name in another alphabet, the name itself without letter case is the level.
    """
    if value is None:
        return MISSING
    bare = value if value.isascii() else _without_accents(value)
    return _NOT_WORD.sub(" ", bare.upper()).strip() or _other_alphabet(value) or MISSING


def _without_accents(value: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))


def _other_alphabet(value: str) -> str:
    return " ".join(value.casefold().split()) if any(map(str.isalnum, value)) else ""


def band(width: float, most: float, value: Any) -> str:
    """How many times `width` goes into a number; from `most` on all are one."""
    return MISSING if value is None else str(math.floor(min(value, most) / width))


def half_doubling(least: float, value: Any) -> str:
    """Half a doubling of a number, from `least` on."""
    return MISSING if value is None else str(int(2 * math.log2(max(float(value), least))))


def signed_half_doubling(value: Any) -> str:
    """Half a doubling of a number plus 1, of either sign: 0, 1, 2, 3 and 4 are apart, and so are -1 and 1."""
    if value is None:
        return MISSING
    size = int(2 * math.log2(abs(float(value)) + 1))
    return f"-{size}" if size and value < 0 else str(size)


def prefix(level: Level, length: int, value: Any) -> str:
    """The first characters of a level."""
    return level(value)[:length]


def first_word(value: Any) -> str:
    """The first word of a typed name, which tells what kind of place it is: Jardim, Vila, Parque, Centro."""
    return text(value).partition(" ")[0]


def alike(value: Any, other: Any) -> str:
    """Whether two values are the same; where either is missing, that is the level."""
    return MISSING if value is None or other is None else str(value == other)


def joined(levels: Sequence[Level], *values: Any) -> str:
    """The levels of several values in one."""
    return "|".join(map(call, levels, values))


def by_kind(field: Field) -> Level:
    """The level that a field's values have by its kind: codes, choices and texts their own, numbers a band.

    Numbers between near limits (an age, a rate in per cent) have about twenty bands of one width; others, such as
    amounts, have half-doublings.
    """
    if isinstance(field.kind, Zip3):
        return zip_3
    if isinstance(field.kind, Text):
        return text
    if not field.is_number:
        return code
    least, most = field.limits or (0, math.inf)
    span = most - least
    if 0 < span <= _NEAR:
        width = max(1, round(span / _BANDS)) if field.is_whole else span / _BANDS
        return partial(band, width, math.inf)
    return signed_half_doubling


_NEAR: Final = 150
"""Limits that are so near to each other give bands of one width."""
_BANDS: Final = 20


def _band(_: Field, width: float, most: float = math.inf) -> Level:
    return partial(band, width, most)


def _cap(_: Field, most: float) -> Level:
    return partial(band, 1, most)


def _half_doubling(_: Field, least: float | None = None) -> Level:
    return signed_half_doubling if least is None else partial(half_doubling, least)


def _prefix(field: Field, length: int) -> Level:
    return partial(prefix, by_kind(field), length)


class Way(NamedTuple):
    """A way to make levels: `made` takes the fields and the options, and gives the function. `of_numbers`: of no other
    values than numbers; `fields`: of how many fields."""

    made: Callable[..., Level]
    options: frozenset[str] = frozenset()
    of_numbers: bool = False
    fields: int = 1


NAMED: Final[dict[str, Way]] = {
    "code": Way(lambda _: code),
    "text": Way(lambda _: text),
    "zip3": Way(lambda _: zip_3),
    "first word": Way(lambda _: first_word),
    "prefix": Way(_prefix, frozenset({"length"})),
    "band": Way(_band, frozenset({"width", "most"}), of_numbers=True),
    "cap": Way(_cap, frozenset({"most"}), of_numbers=True),
    "half doubling": Way(_half_doubling, frozenset({"least"}), of_numbers=True),
    "alike": Way(lambda *_: alike, fields=2),
}
"""Name → the way."""
