"""What one field of an application is."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from creditrisk.application.gaps import is_gap
from creditrisk.application.kinds import Choice, Code, Kind, Money, Text, Value, Whole, plain

_LONGEST_RECALLED = 1_000
"""Characters of a text that can have been accepted once."""
_NEVER_ACCEPTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Role(StrEnum):
    """What a field is for."""

    IDENTITY = "identity"
    """Who the applicant is: recorded, never scored."""
    FEATURE = "feature"
    """The model may use it."""
    RECORDED = "recorded"
    """Kept in the history only: constant or a duplicate in the training data."""


@dataclass(frozen=True)
class Field:
    """One field: the form, the API, the CSV reader, the features and the history all read it from here.

    `name` is the canonical name, `form_name` the lower-case one of the form. `missing` tells whether the model knows
    the gap, so that a value may be left out. `default` is what the form offers at first. `source` says who knows it.
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
    protected: bool = False
    source: str = "applicant"

    def parse(self, raw: object) -> Value:
        """The canonical value of `raw` (text, number, boolean or None); None is a missing value.

        Raises ValueError with a sentence for a person when the value is malformed, out of range or required.
        """
        kind = self.kind
        if isinstance(raw, str):
            if raw in kind.known:  # the usual case: an answer as the form offers it
                return kind.known[raw]
            text = plain(raw)
            if not is_gap(text, isinstance(kind, Text) and kind.name):
                return kind.read(text)
        elif raw is not None and raw == raw:  # NaN, a data frame's gap, is not itself
            if isinstance(raw, bool) and "TRUE" not in kind.known:
                raise ValueError("Give a value, not true or false.")
            if isinstance(raw, float) and isinstance(kind, Money):
                raw = round(raw, 2)  # a number has one meaning, however many digits a program gives it
            return kind.read(plain(raw))
        if self.missing:
            return None
        raise ValueError("This field is required.")

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
        if len(text) > _LONGEST_RECALLED or not (text.isprintable() or not _NEVER_ACCEPTED.search(text)):
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
            return f"{self.unit} {value:,.2f}"
        label = self.kind.offered.get(str(value), value) if isinstance(self.kind, Choice) else value
        return f"{label} {self.unit}".rstrip()

    @property
    def limits(self) -> tuple[int, int] | None:
        """Least and greatest value of a number, None for anything else."""
        least, most = getattr(self.kind, "least", None), getattr(self.kind, "most", None)
        return (least or 0, most) if most is not None else None

    @property
    def longest(self) -> int | None:
        """Longest text allowed, in characters, None for anything but text and digits."""
        return getattr(self.kind, "longest", None)

    @property
    def is_number(self) -> bool:
        """Whether the value is a quantity (int or float) rather than text or a code."""
        return not isinstance(self.kind, Choice | Text) and (
            isinstance(self.kind, Whole) or self.unit == "R$"
        )
