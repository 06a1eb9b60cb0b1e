"""How a field is asked for on the form: the control, its words, what was typed and what is wrong with it."""

from dataclasses import dataclass
from functools import cached_property

from creditrisk.application import FIELDS, Field
from creditrisk.portfolio import Source
from creditrisk.portfolio.kinds import WHICH_AMOUNT, Code, Day, Digits, Money, Number
from creditrisk.portfolio.notation import marks
from web import formats, words
from web.ages import is_age
from web.language import gettext as _
from web.sentences import said
from web.wording import NOT_STATED

MOST_BUTTONS = 6
"""A choice of so many short answers is shown whole, side by side; a longer one as a drop-down list."""
LONGEST_BUTTONS = 16
"""Characters of all its answers together: they stand in one line."""


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

    @cached_property
    def control(self) -> str:
        """ "buttons", "list", "date" or "text"."""
        if not self.field.choices:
            return "date" if isinstance(self.field.kind, Day) and self._is_day else "text"
        labels = [*words.choices(self.field).values(), *[said(NOT_STATED)] * self.field.missing]
        short = len(labels) <= MOST_BUTTONS and sum(map(len, labels)) <= LONGEST_BUTTONS
        return "buttons" if short else "list"

    @property
    def _is_day(self) -> bool:
        """Whether a control for days can show what was typed: it would hide anything but a day or nothing."""
        try:
            return not self.typed or self.field.parse(self.typed) == self.typed
        except ValueError:
            return False

    @cached_property
    def options(self) -> list[Option]:
        """The answers offered. An empty one says what choosing nothing means; a row of buttons that must be answered has
        none, as no button is pressed before it is."""
        offered = words.choices(self.field)
        if self.field.missing:
            offered[""] = said(NOT_STATED)
        elif self.control == "list":
            offered = {"": _("Choose…"), **offered}
        return [Option(value, label, value == self.typed) for value, label in offered.items()]

    @property
    def inputmode(self) -> str:
        """The keyboard that a phone shows; where there may be a minus sign the full one, as others lack it."""
        least, _ = self.field.limits or (0, 0)
        if least < 0:
            return "text"
        if isinstance(self.field.kind, Money | Number):
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
        if value is None:
            return ""
        return _("Understood as %(amount)s", amount=words.shown(self.field, value))

    @property
    def understood_as(self) -> str:
        """The same of any amount, with "{}" in place of its figures."""
        return _("Understood as %(amount)s", amount=formats.money_around(words.unit(self.field)))

    @property
    def question(self) -> str:
        """What is asked about an amount that may mean two."""
        return said(WHICH_AMOUNT)

    @property
    def marks(self) -> tuple[str, ...]:
        """What may stand around an amount: its currency's symbol, code and name."""
        return marks(self.field.kind.currency) if isinstance(self.field.kind, Money) else ()

    @property
    def is_short(self) -> bool:
        """Whether a narrow control holds every value."""
        return self.field.is_number or isinstance(self.field.kind, Code | Day)

    @property
    def required(self) -> bool:
        return not self.field.missing

    @property
    def depends_on(self) -> Field | None:
        """The field whose value decides whether this one is asked for."""
        return FIELDS[self.field.when.field] if self.field.when else None

    @property
    def condition(self) -> str:
        """When the field is asked for, in words; empty when always."""
        if not self.field.when:
            return ""
        of = FIELDS[self.field.when.field]
        values = [words.choices(of).get(value) or value for value in self.field.when.values]
        answers = values[0]
        for other in values[1:]:
            answers = _("%(one)s or %(other)s", one=answers, other=other)
        return _("Only if “%(question)s” is %(answers)s.", question=words.label(of), answers=answers)

    @property
    def help(self) -> str:
        """What helps to answer it; of an age, that it may be told by the day of birth."""
        told, as_birth = words.help_of(self.field), _("Or the date of birth: day, month, year.")
        if is_age(self.field):
            told = f"{told} {as_birth}".strip()
        return told

    @property
    def described_by(self) -> str | None:
        """The ids of what a screen reader should read along with the control."""
        there = {
            "when": self.condition, "help": self.help, "error": self.error, "understood": self.is_amount,
        }  # fmt: skip
        return " ".join(f"{self.id}-{part}" for part, is_there in there.items() if is_there) or None

    @property
    def remarks(self) -> str:
        """What stands behind the label: who knows, where it is neither applicant nor clerk, and whether it may be left
        out."""
        told = {_("from the bureau"): self.field.source is Source.BUREAU, _("optional"): self.field.missing}
        return ", ".join(remark for remark, is_so in told.items() if is_so)
