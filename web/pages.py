"""The applicant's way: short pages, a section each, on which nothing is asked that the lender can do without."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from creditrisk.application import FIELDS, SECTIONS, Application, Field, canonical_name
from creditrisk.errors import InvalidApplication
from creditrisk.portfolio import Source, active
from creditrisk.portfolio.field import Condition
from web import words
from web.ages import validated
from web.sentences import said
from web.ticks import Ticks, answers_of, missing_answer, settle
from web.widgets import Widget

Item = Widget | Ticks
"""A question: one field, or several yes-or-no fields together."""


@dataclass(frozen=True)
class Page:
    """A short page: the questions of one section. `key` is the section's."""

    key: str
    heading: str
    items: tuple[Item, ...]

    @property
    def fields(self) -> list[Field]:
        return [field for item in self.items for field in _fields_of(item)]

    @property
    def is_wrong(self) -> bool:
        return any(item.error for item in self.items)


def is_asked(field: Field) -> bool:
    """Whether applicants are asked for a field: what they know, and what nobody else tells and must be told."""
    wanted = field.source is Source.APPLICANT or not field.missing
    return field.asked and field.online is None and wanted


def pages(typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> list[Page]:
    """All pages with what was `typed` (by form name) and its `errors` (canonical name → sentence)."""
    errors = errors or {}
    found = (
        Page(key, words.heading(key, heading), tuple(_items(key, typed, errors)))
        for key, heading in SECTIONS.items()
    )
    return [page for page in found if page.items]


def _items(key: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Iterator[Item]:
    asked = [field for field in FIELDS.values() if field.section == key and is_asked(field)]
    question = active().questions.get(key, "")
    together = tuple(field for field in asked if answers_of(field)) if question else ()
    for field in asked:
        if len(together) < 2 or field not in together:
            if _is_needed(field, key, typed):
                yield Widget(field, typed.get(field.form_name, ""), errors.get(field.name))
        elif field is together[0]:
            wrong = any(each.name in errors for each in together)
            told = words.question(key, question)
            yield Ticks(key, told, together, typed, missing_answer() if wrong else None)


def _is_needed(field: Field, key: str, typed: Mapping[str, str]) -> bool:
    """Whether a question is put: one that depends on an answer of an earlier page only where that answer asks for it."""
    if not field.when or FIELDS[field.when.field].section == key:
        return True
    return not is_asked(FIELDS[field.when.field]) or is_met(field.when, typed)


def is_met(when: Condition, typed: Mapping[str, str]) -> bool:
    """Whether the answer that a question depends on asks for it."""
    of = FIELDS[when.field]
    try:
        return str(of.parse(typed.get(of.form_name, ""))) in when.values
    except ValueError:
        return False


def _fields_of(item: Item) -> tuple[Field, ...]:
    return item.fields if isinstance(item, Ticks) else (item.field,)


def by_form_name(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, each field under the name that the form has for it; what is no field stays as it is."""
    return {
        FIELDS[known].form_name if (known := canonical_name(name)) else name: text
        for name, text in typed.items()
    }


def leave(typed: dict[str, str], key: str) -> None:
    """A page was left: its questions with boxes are answered by what is ticked, and by what is not."""
    for page in pages(typed):
        for item in page.items if page.key == key else ():
            if isinstance(item, Ticks):
                settle(typed, item)


def read(typed: Mapping[str, str], today: date) -> Application:
    """The application that somebody sends who answered the pages. Raises InvalidApplication.

    What the channel knows is added, where it was not sent along.
    """
    given = {name: text for name, text in typed.items() if text.strip()}
    known = {
        field.form_name: field.online
        for field in FIELDS.values()
        if field.online and field.form_name not in given
    }
    return validated({**typed, **known}, today)


def errors_in(typed: Mapping[str, str], today: date) -> Mapping[str, str]:
    """What is wrong with all that was typed so far: canonical name → sentence; empty when it could be sent."""
    try:
        read(typed, today)
    except InvalidApplication as error:
        return {name: said(sentence) for name, sentence in error.errors.items()}
    return {}
