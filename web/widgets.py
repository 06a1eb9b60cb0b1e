"""How a field is asked for on the form: the control, its words, what was typed and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from creditrisk.application import FIELDS, SECTIONS, Field, canonical_name
from creditrisk.application.kinds import WHICH_AMOUNT, Code, Digits, Money
from web.wording import NOT_STATED

MOST_BUTTONS = 6
"""A choice of so many short answers is shown whole, side by side; a longer one as a drop-down list."""
LONGEST_BUTTONS = 16
"""Characters of all its answers together: they stand in one line."""

AUTOCOMPLETE = {
    "FULL_NAME": "name",
    "SEX": "sex",
    "RESIDENCIAL_STATE": "address-level1",
    "RESIDENCIAL_CITY": "address-level2",
}
"""Fields that a browser can fill in from what it knows of its user."""


@dataclass(frozen=True)
class Option:
    """One answer of a choice."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Widget:
    """One field with what was typed in it and, when that was refused, the reason."""

    field: Field
    typed: str
    error: str | None = None

    @property
    def name(self) -> str:
        return self.field.form_name

    @property
    def id(self) -> str:
        """The control's id; of a row of buttons, that of the first."""
        return f"field-{self.name}"

    @property
    def control(self) -> str:
        """ "buttons", "list" or "text"."""
        if not self.field.choices:
            return "text"
        labels = [option.label for option in self.options]
        short = len(labels) <= MOST_BUTTONS and sum(map(len, labels)) <= LONGEST_BUTTONS
        return "buttons" if short else "list"

    @cached_property
    def options(self) -> list[Option]:
        """The answers offered; the empty one says what choosing nothing means."""
        offered = self.field.choices
        if self.field.missing:
            offered[""] = NOT_STATED
        elif not self.field.default:
            offered = {"": "Choose…", **offered}
        return [Option(value, label, value == self.typed) for value, label in offered.items()]

    @property
    def inputmode(self) -> str:
        """The keyboard that a phone shows."""
        if self.is_amount:
            return "decimal"
        return "numeric" if self.field.is_number or isinstance(self.field.kind, Code | Digits) else "text"

    @property
    def is_amount(self) -> bool:
        """Whether what is typed is shown beside the field as it is understood."""
        return isinstance(self.field.kind, Money)

    @property
    def understood(self) -> str:
        """How the amount that was typed is understood; empty where none is, and for what the form itself offers."""
        try:
            value = None if self.typed == self.field.default else self.field.parse(self.typed)
        except ValueError:
            return ""
        return "" if value is None else f"Understood as {self.field.shown(value)}"

    @property
    def question(self) -> str:
        """What is asked about an amount that may mean two."""
        return WHICH_AMOUNT

    @property
    def is_short(self) -> bool:
        """Whether a narrow control holds every value."""
        return self.inputmode != "text" and not isinstance(self.field.kind, Digits)

    @property
    def suggestions(self) -> str | None:
        """The id of the list of values that are worth suggesting."""
        return "cities" if "_CITY" in self.field.name or self.field.name.startswith("CITY_") else None

    @property
    def autocomplete(self) -> str | None:
        return AUTOCOMPLETE.get(self.field.name)

    @property
    def described_by(self) -> str | None:
        """The ids of what a screen reader should read along with the control."""
        parts = [f"{self.id}-help"] * bool(self.field.help) + [f"{self.id}-error"] * bool(self.error)
        parts += [f"{self.id}-understood"] * self.is_amount
        return " ".join(parts) or None


@dataclass(frozen=True)
class Section:
    """A part of the form."""

    key: str
    heading: str
    widgets: list[Widget]

    @property
    def errors(self) -> int:
        return sum(widget.error is not None for widget in self.widgets)


def sections(
    typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> list[Section]:
    """The form's sections in order: with the defaults, or with what was `typed` (names in either spelling)
    and its `errors` (canonical name → sentence)."""
    values = {canonical_name(name): text for name, text in (typed or {}).items()}
    widgets = [
        Widget(field, field.default if typed is None else values.get(name, ""), (errors or {}).get(name))
        for name, field in FIELDS.items()
    ]
    return [
        Section(key, heading, [widget for widget in widgets if widget.field.section == key])
        for key, heading in SECTIONS.items()
    ]
