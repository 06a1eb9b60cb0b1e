"""Several yes-or-no fields asked as one question: what is ticked is a yes, and somebody must say that nothing is."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from creditrisk.application import Field
from creditrisk.portfolio.kinds import Choice
from web import words
from web.language import gettext as _

NONE = "submission:none:"
"""What the name begins with under which "none of these" is sent; no field of a portfolio has such a name."""


@dataclass(frozen=True)
class Tick:
    """One field of the question."""

    name: str
    value: str
    label: str
    ticked: bool


def answers_of(field: Field) -> tuple[str, str] | None:
    """The values of a field for no and for yes; None when it is no yes-or-no question that must be answered."""
    kind = field.kind
    if field.missing or field.when or not isinstance(kind, Choice) or kind.known.get("TRUE") is None:
        return None
    return kind.known["FALSE"], kind.known["TRUE"]


@dataclass(frozen=True)
class Ticks:
    """The question with what was typed, and what is wrong with it; `key` is its section's."""

    key: str
    question: str
    fields: tuple[Field, ...]
    typed: Mapping[str, str]
    error: str | None = None

    @property
    def control(self) -> str:
        return "ticks"

    @property
    def id(self) -> str:
        """The id of the first box."""
        return f"field-{self.fields[0].form_name}"

    @property
    def label(self) -> str:
        return self.question

    @property
    def options(self) -> list[Tick]:
        return [
            Tick(each.form_name, yes, words.label(each), self._given(each) == yes)
            for each in self.fields
            if (both := answers_of(each)) and (yes := both[1])
        ]

    @property
    def none_name(self) -> str:
        """The name of the box that says: none of these."""
        return none_name(self.key)

    @property
    def none_ticked(self) -> bool:
        all_no = all(self._given(each) == (answers_of(each) or ("",))[0] for each in self.fields)
        return all_no or self.none_name in self.typed

    @property
    def is_answered(self) -> bool:
        return self.none_ticked or any(tick.ticked for tick in self.options)

    def _given(self, field: Field) -> str:
        """The field's canonical value; "" where there is none."""
        try:
            return str(field.parse(self.typed.get(field.form_name, "")) or "")
        except ValueError:
            return ""


def none_name(key: str) -> str:
    """The name under which a section's question is sent as answered with none."""
    return f"{NONE}{key}"


def settle(typed: MutableMapping[str, str], ticks: Ticks) -> None:
    """Where the question was answered on the page that is left, what was not ticked is a no."""
    nothing = typed.pop(ticks.none_name, None) is not None
    ticked = [tick.name for tick in ticks.options if tick.ticked]
    for field in ticks.fields:
        no, _yes = answers_of(field) or ("", "")
        if nothing and ticked:
            typed.pop(field.form_name, None)  # both was said, so that neither holds
        elif field.form_name not in ticked and (nothing or ticked):
            typed[field.form_name] = no


def missing_answer() -> str:
    """What is said where nothing is ticked, or something and "none of these" as well."""
    return _("Tick all that apply, or “None of these” alone.")
