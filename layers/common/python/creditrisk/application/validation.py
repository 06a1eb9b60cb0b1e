"""From whatever came in (a form, JSON) to an application, or every reason why not at once."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from creditrisk.application.fields import FIELDS, canonical_name
from creditrisk.errors import InvalidApplication
from creditrisk.portfolio.field import Field, Role
from creditrisk.portfolio.kinds import Value
from creditrisk.sentence import Sentence, sentence_of

_KEPT = 256
"""Texts of a field of which what they mean is kept: most applicants give one that somebody gave before."""
_LONGEST_KEPT = 40
"""Characters of such a text."""


def _remembering(field: Field) -> Callable[[object], Value]:
    """`Field.parse`, which remembers what it has read, but not who somebody is."""
    return field.parse if field.role is Role.IDENTITY else lru_cache(_KEPT)(field.parse)


TEXT_READERS: Final = {name: _remembering(field) for name, field in FIELDS.items()}
"""Canonical name → what reads a short text of the field, or that there is none."""


def validate(raw: Mapping[str, object]) -> dict[str, Value]:
    """The application in `raw`, whose keys are field names in either spelling.

    Returns all fields under their canonical names, in the table's order; None where a value is missing.
    Raises InvalidApplication with a sentence for every field that is unknown, required, malformed or out of range.
    """
    values, errors = _by_canonical_name(raw)
    application: dict[str, Value] = {}
    for name, read in TEXT_READERS.items():
        value = values.get(name)
        if value is not None and (value.__class__ is not str or len(value) > _LONGEST_KEPT):  # type: ignore[arg-type]
            if isinstance(value, (list, dict)):
                errors.setdefault(name, Sentence("Give one value, not a list or an object."))
                continue
            read = FIELDS[name].parse
        try:
            application[name] = read(value)
        except ValueError as error:
            errors.setdefault(name, sentence_of(error))
    if errors:
        raise InvalidApplication(errors)
    return application


def _by_canonical_name(raw: Mapping[str, object]) -> tuple[Mapping[str, object], dict[str, str]]:
    """The values under their canonical names, and what is wrong with the names themselves."""
    if raw.keys() <= FIELDS.keys():  # as programs send them
        return raw, {}
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    for spelling, value in raw.items():
        name = canonical_name(spelling)
        if name is None:
            errors[spelling[:60]] = _no_such_field(spelling)
        elif name in values:
            errors[name] = Sentence("This field is given twice.")
        else:
            values[name] = value
    return values, errors


def _no_such_field(spelling: str) -> str:
    from difflib import get_close_matches  # slow to import, and needed for a misspelt name alone

    near = get_close_matches(spelling.upper(), FIELDS, n=1)
    return (
        Sentence("There is no such field; did you mean %(name)s?", name=near[0])
        if near
        else Sentence("There is no such field.")
    )
