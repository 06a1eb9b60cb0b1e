"""How a raw value (typed, posted, read from a file) becomes the one value that training, scoring and history know."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

Value = str | int | float | None

MISSING = frozenset({"", "NULL", "N.A."})
"""Spellings of "no value", compared in upper case after trimming."""

_WHOLE = re.compile(r"[+-]?\d{1,15}(?:\.0+)?")
_DECIMAL = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,10})?")
_SPACES = re.compile(r"\s+")
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing, and make a name look like another."""


class Kind(Protocol):
    """A way to read one value; raises ValueError with a sentence for the person who typed it."""

    def read(self, raw: str) -> Value: ...


def plain(raw: object) -> str:
    """The text of a raw value: trimmed, and a whole number written without a fraction (JSON's 9.0 is 9)."""
    if isinstance(raw, str):
        return raw.strip()
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "1" if raw else "0"
    if isinstance(raw, float):
        if not math.isfinite(raw):
            return "" if math.isnan(raw) else str(raw)
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    return str(raw).strip()


@dataclass(frozen=True)
class Text:
    """Free text of any script, one line, kept as typed but for its spaces."""

    longest: int = 60
    letter_first: bool = False

    def read(self, raw: str) -> str:
        text = _SPACES.sub(" ", unicodedata.normalize("NFC", raw)).strip()
        if not text.isprintable() and any(  # most text is, which is told at once
            unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") or c in _DIRECTIONS for c in text
        ):
            raise ValueError("Use plain text, without control characters.")
        if len(text) > self.longest:
            raise ValueError(f"Use at most {self.longest} characters.")
        if self.letter_first and not text[:1].isalnum():
            raise ValueError("Begin with a letter.")
        return text


@dataclass(frozen=True)
class Digits:
    """A number that is a name: leading zeros matter, so it stays text."""

    shortest: int
    longest: int

    def read(self, raw: str) -> str:
        if not (raw.isascii() and raw.isdigit() and self.shortest <= len(raw) <= self.longest):
            raise ValueError(
                f"Give {self.shortest} to {self.longest} digits, without dots, dashes or spaces."
            )
        return raw


@dataclass(frozen=True)
class Code:
    """A whole number that names a category (a pseudo-code): stored as text without leading zeros, as in the data."""

    least: int
    most: int

    def read(self, raw: str) -> str:
        if not _WHOLE.fullmatch(raw) or not self.least <= int(float(raw)) <= self.most:
            raise ValueError(f"Give a whole number from {self.least} to {self.most}.")
        return str(int(float(raw)))


@dataclass(frozen=True)
class Choice:
    """One of a closed list. `legacy` values are accepted but not offered; `spellings` are other ways to write one."""

    offered: Mapping[str, str]
    legacy: frozenset[str] = frozenset()
    spellings: Mapping[str, str] = field(default_factory=dict)
    _index: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for value in (*self.offered, *self.legacy):
            self._index[value.upper()] = value
        for spelling, value in self.spellings.items():
            self._index[spelling.upper()] = value

    def read(self, raw: str) -> str:
        key = raw.upper()
        found = self._index.get(key)
        if found is None and _WHOLE.fullmatch(raw):
            found = self._index.get(str(int(float(raw))))
        if found is None:
            raise ValueError(f"Choose one of: {', '.join(self.offered)}.")
        return found


@dataclass(frozen=True)
class Whole:
    """A count: months, years, dependants."""

    least: int
    most: int

    def read(self, raw: str) -> int:
        if not _WHOLE.fullmatch(raw) or not self.least <= int(float(raw)) <= self.most:
            raise ValueError(f"Give a whole number from {self.least} to {self.most}.")
        return int(float(raw))


@dataclass(frozen=True)
class Money:
    """An amount in R$ with a decimal point; whole amounts are whole numbers."""

    most: int

    def read(self, raw: str) -> int | float:
        if not _DECIMAL.fullmatch(raw):
            raise ValueError("Give an amount in R$ as digits, with a point before the cents, as in 1234.50.")
        amount = float(raw)
        if not 0 <= amount <= self.most:
            raise ValueError(f"Give an amount in R$ from 0 to {self.most}.")
        return int(amount) if amount.is_integer() else round(amount, 2)
