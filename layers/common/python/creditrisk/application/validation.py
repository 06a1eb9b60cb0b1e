"""From whatever came in (a form, JSON) to an application, or every reason why not at once."""

from collections.abc import Mapping

from creditrisk.application.fields import FIELDS, canonical_name
from creditrisk.errors import InvalidApplication
from creditrisk.portfolio.kinds import Value
from creditrisk.sentence import Sentence, sentence_of


def validate(raw: Mapping[str, object]) -> dict[str, Value]:
    """The application in `raw`, whose keys are field names in either spelling.

    Returns all fields under their canonical names, in the table's order; None where a value is missing.
    Raises InvalidApplication with a sentence for every field that is unknown, required, malformed or out of range.
    """
    values, errors = _by_canonical_name(raw)
    application: dict[str, Value] = {}
    for name, field in FIELDS.items():
        value = values.get(name)
        if value.__class__ is str and value in field.kind.known:  # as most answers are
            application[name] = field.kind.known[value]
            continue
        if isinstance(value, list | dict):
            errors.setdefault(name, Sentence("Give one value, not a list or an object."))
            continue
        try:
            application[name] = field.parse(value)
        except ValueError as error:
            errors.setdefault(name, sentence_of(error))
    if errors:
        raise InvalidApplication(errors)
    return application


def _by_canonical_name(raw: Mapping[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """The values under their canonical names, and what is wrong with the names themselves."""
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
