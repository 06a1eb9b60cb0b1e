"""What one field of an application is."""

from dataclasses import dataclass
from enum import StrEnum

from creditrisk.application.kinds import MISSING, Choice, Kind, Text, Value, Whole, plain


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
        text = plain(raw)
        if text.upper() in MISSING:
            if self.missing:
                return None
            raise ValueError("This field is required.")
        return self.kind.read(text)

    @property
    def choices(self) -> dict[str, str]:
        """Value → label of what the form offers; empty for a field that is typed."""
        return dict(self.kind.offered) if isinstance(self.kind, Choice) else {}

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
