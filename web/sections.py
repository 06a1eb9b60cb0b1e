"""The form's parts in their order: what the applicant is asked, then what the clerk is."""

from collections.abc import Mapping
from dataclasses import dataclass

from creditrisk.application import FIELDS, SECTIONS, canonical_name
from creditrisk.portfolio import Source
from web import words
from web.widgets import Widget


@dataclass(frozen=True)
class Section:
    """A part of the form: fields of one heading that one person is asked for. `key` is the end of its element's id."""

    key: str
    heading: str
    widgets: list[Widget]
    of_clerk: bool = False

    @property
    def errors(self) -> int:
        return sum(widget.error is not None for widget in self.widgets)


def sections(
    typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> list[Section]:
    """The form's sections, those of the applicant first: with the defaults, or with what was `typed` (names in either
    spelling) and its `errors` (canonical name → sentence). A field that is not asked stands in none, and a section without
    fields is left out."""
    values = {canonical_name(name): text for name, text in (typed or {}).items()}
    widgets = [
        Widget(field, field.default if typed is None else values.get(name, ""), (errors or {}).get(name))
        for name, field in FIELDS.items()
        if field.asked
    ]
    found = [
        Section(
            f"clerk-{key}" if of_clerk else key,
            words.heading(key, heading),
            [
                widget
                for widget in widgets
                if widget.field.section == key and (widget.field.source is not Source.APPLICANT) == of_clerk
            ],
            of_clerk,
        )
        for of_clerk in (False, True)
        for key, heading in SECTIONS.items()
    ]
    return [section for section in found if section.widgets]
