"""Who an applicant is, asked again before an answer is shown: what is asked, and whether it is the same."""

import hmac
import unicodedata
from collections.abc import Mapping

from creditrisk.application import FIELDS, Application, Field, Role, Value
from creditrisk.portfolio.kinds import Day, Text


def questions() -> list[Field]:
    """What tells who the applicant is: an identity number with the date of birth, where both are asked; else all of the
    portfolio's identity. Empty where it has none."""
    identity = [field for field in FIELDS.values() if field.role is Role.IDENTITY]
    numbers = [field for field in identity if not isinstance(field.kind, Text)]
    birth = [field for field in FIELDS.values() if _is_birth(field)]
    return [*numbers, *birth[:1]] if numbers and birth else identity


def _is_birth(field: Field) -> bool:
    return isinstance(field.kind, Day) and (field.autofill == "bday" or "age" in field.protected)


def is_same(application: Application, typed: Mapping[str, str]) -> bool:
    """Whether what was `typed` (form name → text) is what the application says of the applicant. What it does not say is
    not compared; where it says nothing, nobody is the same."""
    told = [
        (field, application[field.name]) for field in questions() if application.get(field.name) is not None
    ]
    same = [_agrees(field, recorded, typed.get(field.form_name, "")) for field, recorded in told]
    return bool(same) and all(same)


def _agrees(field: Field, recorded: Value, typed: str) -> bool:
    try:
        value = field.parse(typed)
    except ValueError:
        return False
    return hmac.compare_digest(_folded(value), _folded(recorded))


def _folded(value: Value) -> bytes:
    """A value without letter case, accents and doubled spaces, in which people differ from day to day."""
    apart = unicodedata.normalize("NFKD", str(value)).casefold()
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(bare.split()).encode()
