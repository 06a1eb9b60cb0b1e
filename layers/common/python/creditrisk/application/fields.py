"""The fields of an application, in the order in which the history records them: those of the portfolio in use.

A process serves one portfolio (`creditrisk.portfolio.active`), read when this module is first imported.
"""

from collections.abc import Mapping
from typing import Final

from creditrisk.portfolio import Field, Value, active

FIELDS: Final[Mapping[str, Field]] = active().fields
"""Canonical name → field."""

SECTIONS: Final[Mapping[str, str]] = active().sections
"""The form's sections in order: key → heading."""

_AS_TOLD: Final = {
    spelling: field.name
    for field in FIELDS.values()
    for spelling in (field.name, field.form_name, *field.accepted)
}
_SPELLINGS: Final = {spelling.lower(): name for spelling, name in _AS_TOLD.items()}

Application = Mapping[str, Value]
"""Canonical name → canonical value of every field."""


def canonical_name(spelling: str) -> str | None:
    """The canonical name behind any spelling of a field, in any letter case; None if there is no such field."""
    return _AS_TOLD.get(spelling) or _SPELLINGS.get(spelling.strip().lower())
