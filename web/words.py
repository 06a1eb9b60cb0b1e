"""A portfolio's words in the page's language: what a field, a section and an answer are called.

Pages take these words from here, and never from the field itself. Where the language has no word, the definition's own
stands; the switch on the pages offers no language that a portfolio has no words in.
"""

from flask import Flask

from creditrisk.application import Field, Value
from creditrisk.portfolio import active
from creditrisk.portfolio.definition import FieldWords, Lender, Words
from creditrisk.portfolio.field_reading import NO, YES
from creditrisk.portfolio.kinds import Day
from web import formats
from web.language import current
from web.language import gettext as _

_NONE = Words()
_NOTHING = FieldWords()


def _words() -> Words:
    return active().words.get(current(), _NONE)


def _of(field: Field) -> FieldWords:
    return _words().fields.get(field.name, _NOTHING)


def label(field: Field) -> str:
    """What the field is called."""
    return _of(field).title or field.label


def help_of(field: Field) -> str:
    """What helps to answer it; empty when nothing does."""
    return _of(field).description or field.help


def unit(field: Field) -> str:
    """What a quantity is counted in."""
    return field.unit if field.is_money else _of(field).unit or field.unit


def choices(field: Field) -> dict[str, str]:
    """Value → words of what the form offers; empty for a field that is typed."""
    said = _of(field).levels or {}
    return {value: said.get(value) or _usual(own) for value, own in field.choices.items()}


def _usual(own: str) -> str:
    """A level's own words; those of yes and no, which definitions leave out, are every language's."""
    if own == YES:
        return _("Yes")
    return _("No") if own == NO else own


def heading(key: str, heading: str) -> str:
    """A section's heading; `heading` is the definition's own."""
    return _words().sections.get(key) or heading


def title() -> str:
    """What people call the portfolio."""
    return _words().title or active().title


def lender() -> Lender:
    """Who decides, and where an applicant can turn to; empty where nothing is told."""
    said, own = _words().lender, active().lender
    return Lender(*(here or there for here, there in zip(said, own, strict=True)))


def reason_of(rule: str) -> str:
    """Why a rule of the policy decided; `rule` is as a decision has it: its name, a colon and its reason."""
    name, _colon, reason = rule.partition(": ")
    return _words().rules.get(name) or reason


def shown(field: Field, value: Value) -> str:
    """A canonical value that is there, as a person reads it."""
    if isinstance(value, int | float):
        if field.is_money:
            return formats.money(value, field.unit)
        return f"{formats.number(value)} {unit(field)}".rstrip()
    if value is not None and isinstance(field.kind, Day):
        return formats.day(value)
    return f"{choices(field).get(str(value), value)} {unit(field)}".rstrip()


def question(key: str, question: str) -> str:
    """As what a section's yes-or-no fields are asked together; `question` is the definition's own."""
    return _words().questions.get(key) or question


def install(app: Flask) -> None:
    """Let templates ask for a field's words."""
    app.jinja_env.globals.update(label_of=label, help_of=help_of, unit_of=unit)
