"""Numbers as people write them, in Brazilian notation (1.200,50) and in plain one (1200.50, 1,200.50).

Both are read, and only where one meaning is possible. Three digits after a lone mark may be thousands in the one and a
fraction in the other: `1.200` is R$ 1,200 to some and R$ 1.20 to others, so nobody but its writer can tell.
"""

import re
from typing import Final, NamedTuple

_NOTATIONS: Final = tuple(
    re.compile(rf"([+-]?)(\d{{1,3}}(?:{thousands}\d{{3}})+|\d{{1,3}}(?: \d{{3}})+|\d*)(?:{decimals}(\d*))?")
    for thousands, decimals in ((",", r"\."), (r"\.", ","))
)
_CENTS: Final = re.compile(r"\d+\.\d\d?")
"""Most amounts with cents: they need no second look."""
_CURRENCY: Final = re.compile(r"([+-]?) ?(?:R\$|BRL) ?(.*)|(.*?) ?(?:R\$|BRL|REAIS)", re.IGNORECASE)


class Ambiguous(ValueError):
    """A number that may mean two things."""


class Number(NamedTuple):
    """A number as written, its marks understood: digits before and after the decimal mark."""

    sign: str
    whole: str
    fraction: str

    def __float__(self) -> float:
        return float(f"{self.sign}{self.whole or 0}.{self.fraction or 0}")

    @property
    def is_whole(self) -> bool:
        """Whether nothing but zeros follows the decimal mark."""
        return not self.fraction.strip("0")


def number(text: str) -> Number | None:
    """The number in `text`, None when there is none; raises Ambiguous when there may be two."""
    if text.isdecimal():
        return Number("", text, "")
    if _CENTS.fullmatch(text):
        return Number("", *text.split("."))
    text = " ".join(text.split())  # what parts thousands may be a space that does not break the line
    readings = [found.groups("") for notation in _NOTATIONS if (found := notation.fullmatch(text))]
    if not readings or not any(map(str.isdecimal, text)):
        return None
    if any(len(fraction) == 3 for _, _, fraction in readings):
        raise Ambiguous
    sign, whole, fraction = readings[0]
    return Number(sign, re.sub("[,. ]", "", whole), fraction)


def without_currency(text: str) -> str:
    """An amount without its R$, BRL or "reais"."""
    found = _CURRENCY.fullmatch(text)
    return f"{found[1] or ''}{found[2] or found[3] or ''}" if found else text
