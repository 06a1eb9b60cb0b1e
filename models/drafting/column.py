"""One column of a lender's table, and which of its texts say that there is no value."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from creditrisk.portfolio.gaps import is_gap
from creditrisk.portfolio.kinds import Money, Number, plain
from models.drafting.naming import bare, tokens
from models.drafting.vocabulary import words

UNKNOWN: Final = words(
    "unknown unk unkn missing not_available not_given not_known not_provided not_specified not_stated xna blank (blank) "
    "desconhecido desconhecida nao_informado nao_informada sem_informacao ignorado ignorada nao_consta desconocido "
    "desconocida sin_dato sin_datos sin_informacion no_informado no_informada no_disponible s/d s/i"
)
"""Spellings of no value beyond those that are always read as such (`creditrisk.portfolio.gaps`), without accents and
`_` for a space."""
_NONE: Final = frozenset(("none", "nil", "null"))
"""Texts that are usually gaps, and may be an answer: no other debtors, no telephone."""
_NONE_SHARE: Final = 0.02
"""Share of rows from which such a text, in a column of few texts, is taken for an answer."""
_FEW: Final = 12
_LARGEST: Final = 10**15
_NINES: Final = re.compile(r"-?99+(\.0*)?")
_ANY: Final = Number(-1e300, 1e300)
CURRENCIES: Final = ("BRL", "USD", "EUR", "GBP")


@dataclass(frozen=True)
class Column:
    """`cells`: its texts, trimmed, one for each row. `sentinels`: texts that stand for no value, such as -999."""

    name: str
    cells: list[str] = field(repr=False)
    sentinels: frozenset[str] = frozenset()

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(tokens(self.name))

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Every text and how often it stands, the most frequent first."""
        return dict(Counter(self.cells).most_common())

    @cached_property
    def _answers(self) -> frozenset[str]:
        """Texts that look like gaps and are answers: `none` beside other words."""
        if len(self.counts) > _FEW:
            return frozenset()
        others = [text for text in self.counts if not is_gap(text)]
        if not others or any(reading(text) is not None for text in others):
            return frozenset()
        least = _NONE_SHARE * len(self.cells)
        return frozenset(
            text
            for text, count in self.counts.items()
            if text.lower() in _NONE and text in (text.lower(), text.upper()) and count >= least
        )

    def is_gap(self, text: str) -> bool:
        """Whether a text of this column says that there is no value."""
        if text.isdecimal():  # most texts of large files
            return text in self.sentinels
        if text in self._answers:
            return False
        return is_gap(text) or bare(text).replace(" ", "_") in UNKNOWN or text in self.sentinels

    @cached_property
    def given(self) -> Mapping[str, int]:
        """The texts that are values, and how often each stands."""
        return {text: count for text, count in self.counts.items() if not self.is_gap(text)}

    @cached_property
    def spelled_gaps(self) -> list[str]:
        """Texts for no value that a definition must name, since they are not read as such everywhere."""
        return [text for text in self.counts if text not in self.given and not is_gap(text)]

    @property
    def rows_given(self) -> int:
        """Rows with a value."""
        return sum(self.given.values())

    @cached_property
    def numbers(self) -> dict[str, float] | None:
        """Each text that is a value as a number; None when one is not."""
        found = {}
        for text in self.given:
            number = reading(text)
            if number is None:
                return None
            found[text] = number
        return found or None

    @cached_property
    def currency(self) -> str:
        """The currency that stands beside every amount; empty when there is none."""
        for currency in CURRENCIES:
            kind = Money(_LARGEST, -_LARGEST, currency)
            if self.given and all(_reads(kind, text) for text in self.given):
                return currency
        return ""


def reading(text: str) -> float | None:
    """The number that a text is, None when it is none or may be two."""
    try:
        return float(_ANY.read(text))
    except ValueError:
        return None


def _reads(kind: Money, text: str) -> bool:
    try:
        kind.read(text)
    except ValueError:
        return False
    return True


def column_of(name: str, raw: list[str]) -> Column:
    """A column as it stands in a table; sentinels such as -999 are told apart."""
    cells = [plain(cell) for cell in raw]
    column = Column(name, cells)
    found = sentinels(column)
    return Column(name, cells, found) if found else column


def sentinels(column: Column) -> frozenset[str]:
    """Numbers of nines that lie far off all others, and stand more than once: -99, -999, 99999."""
    numbers = column.numbers or {}
    nines = {text for text in numbers if _NINES.fullmatch(text) and column.counts[text] > 1}
    if not nines:
        return frozenset()
    others = [number for text, number in numbers.items() if not _NINES.fullmatch(text)]
    if not others:
        return frozenset()
    least, furthest = min(others), max(map(abs, others))
    below = {text for text in nines if numbers[text] < 0 <= least}
    above = {text for text in nines if numbers[text] > max(999, 10 * furthest)}
    return frozenset(below | above)
