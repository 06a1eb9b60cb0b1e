"""An age may be typed as the day of birth: whoever fills in a form knows that day, and not every one the years since."""

import re
from collections.abc import Mapping
from datetime import date

from creditrisk.application import FIELDS, Application, Field, canonical_name
from creditrisk.application.validation import validate
from creditrisk.errors import InvalidApplication
from creditrisk.sentence import Sentence

GROUND = "age"
"""The ground of protection that tells which fields are ages."""

_DAY = re.compile(r"(\d{1,2})[./ -]?(\d{1,2})[./ -]?(\d{4})|(\d{4})-(\d{1,2})-(\d{1,2})")
"""Day, month and year, also without marks (a telephone's number pad has none), or ISO 8601."""


def is_age(field: Field) -> bool:
    """Whether a field holds whole years of age."""
    return field.is_whole and GROUND in field.protected


def validated(typed: Mapping[str, str], today: date) -> Application:
    """The application in what was typed on a page. Raises InvalidApplication: of what is no age that is accepted, with a
    sentence that names both ways to tell it."""
    try:
        return validate(in_years(typed, today))
    except InvalidApplication as error:
        raise InvalidApplication({name: _told(name, text) for name, text in error.errors.items()}) from None


def _told(name: str, text: str) -> str:
    if not (
        name in FIELDS and is_age(FIELDS[name]) and isinstance(text, Sentence) and "least" in text.values
    ):
        return text
    return Sentence(
        "Give the age in years, from %(least)s to %(most)s, or the date of birth: day, month and year, as in 23/11/1990.",
        **text.values,
    )


def in_years(typed: Mapping[str, str], today: date) -> dict[str, str]:
    """What was typed (names in either spelling), with each day of birth in place of an age as the years until `today`.
    What is no day of the past stays as it is: reading it tells what is wrong."""
    return {name: _years(name, text.strip(), today) or text for name, text in typed.items()}


def _years(name: str, text: str, today: date) -> str:
    field = FIELDS.get(canonical_name(name) or "")
    found = _DAY.fullmatch(text) if field and is_age(field) else None
    if not found:
        return ""
    year, month, day = (found[3], found[2], found[1]) if found[3] else (found[4], found[5], found[6])
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        return ""
    if born > today:
        return ""
    return str(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))
