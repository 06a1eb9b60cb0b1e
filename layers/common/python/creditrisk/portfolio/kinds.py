"""How a raw value (typed, posted, read from a file) becomes the one value that training, scoring and history know."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Protocol

from creditrisk.portfolio.notation import Ambiguous, latin_figures, number, symbol, without_currency
from creditrisk.sentence import Sentence, refusal

Value = str | int | float | None

_SPACES = re.compile(r"\s+")
_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Bidirectional controls: they turn the direction of writing, and make a name look like another."""
_SHAPELESS = "\ufeff\u200b\u200e\u200f\u061c" + _DIRECTIONS
"""Characters that nobody sees, copied along with a value: the byte order mark, zero-width space, directions."""
_EDGES = _SHAPELESS + (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What is trimmed from both ends of a value: these characters and all white space."""
_HYPHENS = "[\u2010-\u2015\u2212]"
"""Dashes and the minus sign, which word processors put for a hyphen."""
_OPENING = "'\u2019\u2018\u02bc\u00b4`\"\u201c\u201d\u00ab("
"""What may stand before a name's first letter: 't Hart, “Zeca” Lima."""


class Kind(Protocol):
    """A way to read one value; raises ValueError with a sentence for the person who typed it. `known` has what need not
    be read, being an answer as it stands."""

    @property
    def known(self) -> Mapping[str, str]: ...

    def read(self, raw: str) -> Value: ...


def plain(raw: object) -> str:
    """The text of a raw value: trimmed, and a whole number written without a fraction (JSON's 9.0 is 9)."""
    if isinstance(raw, str):
        text = raw.strip()
        return text if text.isprintable() else text.strip(_EDGES)
    if isinstance(raw, bool):
        return "1" if raw else "0"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)
    return str(raw).strip()


_MOST_DIGITS = 15
"""Digits that a float holds exactly."""


def _whole(text: str) -> int | None:
    """The whole number in `text`, None when there is none; raises ValueError with a question when there may be two."""
    if text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    try:
        found = number(text)
    except Ambiguous:
        raise refusal(
            "Is the mark before the last three digits for thousands or for a fraction? "
            "Write the number without it, as in 1200."
        ) from None
    if found is None or not found.is_whole or len(found.whole) > _MOST_DIGITS:
        return None
    return int(float(found))


@dataclass(frozen=True)
class Text:
    """Free text of any script, one line, kept as typed but for its spaces; a `name` begins with a letter, a `place` is one
    of those whose names can be suggested."""

    known: ClassVar[Mapping[str, str]] = {}
    longest: int = 60
    name: bool = False
    place: bool = False

    def read(self, raw: str) -> str:
        text = _SPACES.sub(" ", unicodedata.normalize("NFC", raw)).strip()
        if not text.isprintable() and any(  # most text is printable: no look at each character
            unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") or c in _DIRECTIONS for c in text
        ):
            raise refusal("Use plain text, without control characters.")
        if len(text) > self.longest:
            raise refusal("Use at most %(count)s characters.", count=self.longest)
        if self.name and not text[:1].isalnum() and not text.lstrip(_OPENING)[:1].isalnum():
            raise refusal("Begin with a letter.")
        return text


@dataclass(frozen=True)
class Digits:
    """A number that is a name: leading zeros matter, so it stays text; the marks that part its digits are left out.

    Dots part groups of three, and only so: pandas' `12345678.0` is no number of nine digits.
    """

    known: ClassVar[Mapping[str, str]] = {}
    shortest: int
    longest: int

    def read(self, raw: str) -> str:
        digits = raw if raw.isascii() and raw.isdigit() else _unmarked(raw)
        if not self.shortest <= len(digits) <= self.longest:
            raise refusal(
                "Give %(shortest)s to %(longest)s digits; they may be separated as on the document, as in 012.345.678-90.",
                **vars(self),
            )
        return digits


_MARKED = r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?:\.[0-9]{3}){2,}\.[0-9]{1,2}|[0-9]+)(?: ?[-/ ] ?[0-9]+)*"


def _unmarked(raw: str) -> str:
    """The digits of a number that is parted by dots, dashes, slashes or spaces; empty when it is anything else."""
    text = re.sub(_HYPHENS, "-", _SPACES.sub(" ", latin_figures(raw)))
    return re.sub("[^0-9]", "", text) if re.fullmatch(_MARKED, text) else ""


@dataclass(frozen=True)
class _Between:
    """A kind with two limits. Those that have no more than these are no dataclasses of their own: each takes as long to
    make as a tenth of all fields."""

    known: ClassVar[Mapping[str, str]] = {}
    least: float
    most: float

    def _not_whole(self) -> ValueError:
        return refusal("Give a whole number from %(least)s to %(most)s.", **vars(self))


class Code(_Between):
    """A whole number that names a category (a pseudo-code): stored as text without leading zeros, as in the data."""

    least: int
    most: int

    def read(self, raw: str) -> str:
        value = _whole(raw)
        if value is None or not self.least <= value <= self.most:
            raise self._not_whole()
        return str(value)


class Zip3(Code):
    """The first three digits of a ZIP code (CEP), kept as typed: 010 is São Paulo's, and 10 the same without its zero.

    All eight digits are read as well, parted or not, and reduced to these three.
    """

    def read(self, raw: str) -> str:
        digits = raw if raw.isascii() and raw.isdigit() else _unmarked(raw)
        if len(digits) == 8:
            digits = digits[:3]
        if not digits and (value := _whole(raw)) is not None:
            digits = str(value)  # 230.0, as pandas writes it
        if not 1 <= len(digits) <= 3 or not self.least <= int(digits) <= self.most:
            raise refusal(
                "Give the first three digits of the ZIP code (%(least)s to %(most)s), or all eight, as in 01310-100.",
                **vars(self),
            )
        return digits


MOST_NAMED = 40
"""Values that an error names."""


@dataclass(frozen=True)
class Choice:
    """One of a closed list. `legacy` values are accepted but not offered; `spellings` are other ways to write one."""

    offered: Mapping[str, str]
    legacy: frozenset[str] = frozenset()
    spellings: Mapping[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for value in (*self.offered, *self.legacy):
            self.known[value] = self.known[value.upper()] = value
        for spelling, value in self.spellings.items():
            self.known[spelling.upper()] = value

    def read(self, raw: str) -> str:
        found = self.known.get(raw.upper())
        if found is None and (value := _whole(raw)) is not None:
            found = self.known.get(str(value))
        if found is None:
            named, more = ", ".join(list(self.offered)[:MOST_NAMED]), len(self.offered) - MOST_NAMED
            if more > 0:
                raise refusal("Choose one of: %(values)s and %(count)s more.", values=named, count=more)
            raise refusal("Choose one of: %(values)s.", values=named)
        return found


class Whole(_Between):
    """A count: months, years, dependants."""

    least: int
    most: int

    def read(self, raw: str) -> int:
        value = _whole(raw)
        if value is None or not self.least <= value <= self.most:
            raise self._not_whole()
        return value


class Number(_Between):
    """A quantity that may have a fraction: a rate, a ratio, an amount in no currency of ours.

    A point parts the fraction, as programs write it; a comma is read where it can mean nothing else.
    """

    def read(self, raw: str) -> int | float:
        value = float(raw) if re.fullmatch(_PROGRAMS, raw) else self._as_written(raw)
        if value is None or not self.least <= value <= self.most:
            least, most = _shortest(self.least), _shortest(self.most)
            raise refusal("Give a number from %(least)s to %(most)s.", least=least, most=most)
        return _shortest(value)

    def _as_written(self, raw: str) -> float | None:
        try:
            found = number(raw)
        except Ambiguous:
            raise refusal(
                "Is the comma for thousands or for a fraction? Write the number with a point, as in 1200.5."
            ) from None
        return None if found is None else float(found)


_PROGRAMS = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
"""Numbers as programs write them."""


def _shortest(value: float) -> int | float:
    """A whole amount as a whole number, so that there is one spelling of it."""
    return int(value) if value == int(value) else value


@dataclass(frozen=True)
class Money:
    """An amount to the cent in a currency (ISO 4217); whole amounts are whole numbers."""

    known: ClassVar[Mapping[str, str]] = {}
    most: int
    least: int = 0
    currency: str = "BRL"

    def read(self, raw: str) -> int | float:
        if raw.isdecimal() and len(raw) <= _MOST_DIGITS:
            return self._within(int(raw))
        try:
            found = number(raw) or number(without_currency(raw, self.currency))
        except Ambiguous:
            raise ValueError(WHICH_AMOUNT) from None
        if found is None:
            raise refusal(
                "Give an amount in %(currency)s as digits, with a point or a comma before the cents, as in 1234.50.",
                currency=symbol(self.currency),
            )
        return self._within(float(found))

    def _within(self, amount: float) -> int | float:
        if not self.least <= amount <= self.most:
            told = vars(self) | {"currency": symbol(self.currency)}
            raise refusal("Give an amount in %(currency)s from %(least)s to %(most)s.", **told)
        return _shortest(round(amount, 2))


WHICH_AMOUNT = Sentence(
    "Is the mark before the last three digits for thousands or for cents? "
    "Write the amount with two digits of cents, as in 1200.00 or 1.200,00."
)
"""The question about an amount that may mean two."""


@dataclass(frozen=True)
class Day:
    """A day of the calendar, kept as ISO 8601 writes it: 2026-11-23."""

    known: ClassVar[Mapping[str, str]] = {}

    def read(self, raw: str) -> str:
        day = raw.replace("T", " ").partition(" ")[
            0
        ]  # the time of day, as programs write it along, tells nothing here
        try:
            return date.fromisoformat(day).isoformat()
        except ValueError:
            raise refusal("Give a day as year, month and day, as in 2026-11-23.") from None
