"""What one field of an application is."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from creditrisk.portfolio.gaps import is_gap
from creditrisk.portfolio.kinds import Choice, Code, Kind, Money, Number, Text, Value, Whole, plain
from creditrisk.sentence import refusal

_LONGEST_RECALLED = 1_000
"""Characters of a text that can have been accepted once."""
_NEVER_ACCEPTED: Final = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
"""Compiled when it is first asked for, as few values make it be: that takes longer than to read all fields."""

_QUANTITIES: Final = (Whole, Number, Money)
"""A tuple, and not their union, which would be made anew for every value that is read."""


class Role(StrEnum):
    """What a field is for."""

    IDENTITY = "identity"
    """Who the applicant is: recorded, never scored."""
    FEATURE = "feature"
    """The model may use it."""
    RECORDED = "recorded"
    """Kept in the history only."""
    HELD = "held"
    """Kept to test whether groups are treated alike, never scored."""


class Source(StrEnum):
    """Who knows a field's value, and is asked for it."""

    APPLICANT = "applicant"
    CLERK = "clerk"
    BUREAU = "bureau"


class Condition(NamedTuple):
    """When a field is asked for: only where another `field` has one of these `values` (canonical)."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Field:
    """One field: the form, the API, the CSV reader, the features and the history all read it from here.

    `name` is the canonical name, `form_name` that of the form, `accepted` are further ones. `missing` tells whether a
    value may be left out, `gaps` which spellings of "no value" this portfolio has beyond the usual ones. `default` is what
    the form offers at first. `asked` is False for what is accepted and recorded, and stands on no form; `when` limits the
    question to some applicants. `protected` are the grounds on which the law may forbid to score it; `changeable` says
    that an applicant can change it. `suggestions` names the list of values that the form suggests
    (`Portfolio.suggestions`), `autofill` what a browser may fill in, as HTML's autocomplete calls it. `online` is what is
    recorded, unasked, where applicants send it themselves: a value, '' for none; None where they are asked.
    """

    name: str
    form_name: str
    section: str
    label: str
    kind: Kind
    help: str = ""
    unit: str = ""
    missing: bool = False
    default: str = ""
    role: Role = Role.FEATURE
    protected: tuple[str, ...] = ()
    source: Source = Source.APPLICANT
    asked: bool = True
    when: Condition | None = None
    changeable: bool = False
    accepted: tuple[str, ...] = ()
    gaps: frozenset[str] = frozenset()
    suggestions: str = ""
    autofill: str = ""
    online: str | None = None

    def parse(self, raw: object) -> Value:
        """The canonical value of `raw` (text, number, boolean or None); None is a missing value.

        Raises ValueError with a sentence for a person when the value is malformed, out of range or required.
        """
        kind = self.kind
        if isinstance(raw, str):
            if raw in kind.known:  # the usual case: an answer as the form offers it
                return kind.known[raw]
            text = plain(raw)
            if not self._is_gap(text):
                return kind.read(text)
        elif raw is not None and raw == raw:  # NaN, a data frame's gap, is not itself
            if isinstance(raw, bool) and "TRUE" not in kind.known:
                raise refusal("Give a value, not true or false.")
            if isinstance(raw, float) and isinstance(kind, Money):
                raw = round(raw, 2)  # a number has one meaning, however many digits a program gives it
            # A truth is read by its name: "1" may stand for no in this portfolio.
            text = str(raw).upper() if isinstance(raw, bool) else plain(raw)
            if text not in self.gaps:
                return kind.read(text)
        if self.missing:
            return None
        raise refusal("This field is required.")

    def _is_gap(self, text: str) -> bool:
        named = isinstance(self.kind, Text) and self.kind.name
        return is_gap(text, named) or (bool(self.gaps) and text.upper() in self.gaps)

    def recall(self, stored: object) -> Value:
        """A canonical value that was accepted once, as it stands: rules for what comes in may have changed since.

        Raises ValueError when it is of no type that a value of this field can have.
        """
        if stored is None or stored == "":
            return None
        if isinstance(stored, str) and not self.is_number:
            if self._may_have_been(stored):
                return stored
        elif isinstance(stored, int | float) and not isinstance(stored, bool) and math.isfinite(stored):
            return stored if self.is_number else plain(stored)
        raise ValueError("This is no value that was ever accepted.")

    def _may_have_been(self, text: str) -> bool:
        if len(text) > _LONGEST_RECALLED or not (text.isprintable() or not re.search(_NEVER_ACCEPTED, text)):
            return False
        return not isinstance(self.kind, Code) or (text.isascii() and text.isdigit())

    @property
    def choices(self) -> dict[str, str]:
        """Value → label of what the form offers; empty for a field that is typed."""
        return dict(self.kind.offered) if isinstance(self.kind, Choice) else {}

    def shown(self, value: Value) -> str:
        """A canonical value that is there, as a person reads it: the one spelling of pages, reasons and answers.

        An amount has its cents, so that neither notation can take it for another: R$ 1,200.00.
        """
        if isinstance(self.kind, Money) and isinstance(value, int | float):
            return f"{self.unit} {value:,.2f}".lstrip()
        label = self.kind.offered.get(str(value), value) if isinstance(self.kind, Choice) else value
        return f"{label} {self.unit}".rstrip()

    @property
    def limits(self) -> tuple[float, float] | None:
        """Least and greatest value of a number, None for anything else."""
        least, most = getattr(self.kind, "least", None), getattr(self.kind, "most", None)
        return (least or 0, most) if most is not None else None

    @property
    def longest(self) -> int | None:
        """Longest text allowed, in characters, None for anything but text and digits."""
        return getattr(self.kind, "longest", None)

    @property
    def is_money(self) -> bool:
        """Whether the value is an amount in a currency, which is its unit."""
        return isinstance(self.kind, Money)

    @property
    def is_number(self) -> bool:
        """Whether the value is a quantity (int or float) rather than text or a code."""
        return isinstance(self.kind, _QUANTITIES)

    @property
    def is_whole(self) -> bool:
        """Whether the value is a whole number."""
        return isinstance(self.kind, Whole)
