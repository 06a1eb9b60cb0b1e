"""The look at all answers before they are sent: each as it was understood, with the way back to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from web import words
from web.ages import in_years
from web.language import gettext as _
from web.pages import Item, is_met, pages
from web.ticks import Ticks


@dataclass(frozen=True)
class Row:
    """A question with its answer in words; `id` is the control on its page."""

    label: str
    answer: str
    id: str


@dataclass(frozen=True)
class Checked:
    """The answers of one page."""

    key: str
    heading: str
    rows: list[Row]


def checked(typed: Mapping[str, str], today: date) -> list[Checked]:
    """All answers, of which each can be read (`web.pages.errors_in` is empty)."""
    understood = in_years(typed, today)
    return [
        Checked(page.key, page.heading, [row for item in page.items if (row := _row(item, understood))])
        for page in pages(typed)
    ]


def _row(item: Item, typed: Mapping[str, str]) -> Row | None:
    if isinstance(item, Ticks):
        ticked = [tick.label for tick in item.options if tick.ticked]
        return Row(item.question, ", ".join(ticked) or _("None of these"), item.id)
    field = item.field
    value = field.parse(typed.get(field.form_name, ""))
    if value is None and field.when and not is_met(field.when, typed):
        return None
    return Row(words.label(field), _("Not given") if value is None else words.shown(field, value), item.id)
