"""Numbers as people write them, in Brazilian notation (1.200,50) and in plain one (1200.50, 1,200.50).

Both are read, and only where one meaning is possible. Three digits after a lone mark may be thousands in the one and a
fraction in the other: `1.200` is R$ 1,200 to some and R$ 1.20 to others, so nobody but its writer can tell.
"""

import re
from functools import cache
from typing import Final, NamedTuple

_NOTATIONS: Final = tuple(
    (rf"([+-]?)(\d{{1,3}}(?:{thousands}\d{{3}})+|\d{{1,3}}(?: \d{{3}})+|\d*)(?:{decimals}(\d*))?")
    for thousands, decimals in ((",", r"\."), (r"\.", ","))
)
_CENTS: Final = re.compile(r"\d+\.\d\d?")
"""Most amounts with cents: they need no second look."""
_SYMBOLS: Final = {"BRL": "R$", "EUR": "€", "GBP": "£", "USD": "$"}
"""ISO 4217 → how people write it."""
_SPOKEN: Final = {"BRL": ("REAIS",), "EUR": ("EUROS",), "USD": ("DOLLARS",)}
"""ISO 4217 → its name, as it may stand behind an amount."""


_MARKS: Final = str.maketrans({"\uff0c": ",", "\u066c": ",", "\uff0e": ".", "\u066b": "."})
"""Marks of full-width and Arabic figures → what they are in Latin ones."""


def latin_figures(text: str) -> str:
    """The text with the figures of every script, as phones of other countries type them, and their marks in Latin ones."""
    if text.isascii():
        return text
    return "".join(str(int(c)) if c.isdecimal() else c for c in text.translate(_MARKS))


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
    # What parts thousands may be a space that does not break the line.
    text = " ".join(latin_figures(text).split())
    readings = [found.groups("") for notation in _NOTATIONS if (found := re.fullmatch(notation, text))]
    if not readings or not any(map(str.isdecimal, text)):
        return None
    if any(len(fraction) == 3 for _, _, fraction in readings):
        raise Ambiguous
    sign, whole, fraction = readings[0]
    return Number(sign, re.sub("[,. ]", "", whole), fraction)


def symbol(currency: str) -> str:
    """How people write a currency; its code (ISO 4217) where they write that."""
    return _SYMBOLS.get(currency, currency)


def marks(currency: str) -> tuple[str, ...]:
    """What may stand behind an amount, in any letter case: the currency's symbol, its code, its name. The first two may
    stand before it as well."""
    return symbol(currency), currency, *_SPOKEN.get(currency, ())


@cache
def _around(currency: str) -> re.Pattern[str]:
    before, behind = ("|".join(map(re.escape, some)) for some in (marks(currency)[:2], marks(currency)))
    return re.compile(rf"([+-]?) ?(?:{before}) ?(.*)|(.*?) ?(?:{behind})", re.IGNORECASE)


def without_currency(text: str, currency: str) -> str:
    """An amount without its currency: without R$, BRL or "reais", say."""
    text = " ".join(text.split())  # some languages part the two by a space that does not break the line
    found = _around(currency).fullmatch(text)
    return f"{found[1] or ''}{found[2] or found[3] or ''}" if found else text
