"""From one `[[field]]` of a definition to a field. Raises ValueError with what is wrong with it; the types of its values
were checked before (`creditrisk.portfolio.keys`)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from creditrisk.portfolio.field import Condition, Field, Role, Source
from creditrisk.portfolio.keys import FORMATS
from creditrisk.portfolio.kinds import (
    Choice,
    Code,
    Day,
    Digits,
    Kind,
    Money,
    Number,
    Text,
    Whole,
    Zip3,
)
from creditrisk.portfolio.notation import symbol

AUTOFILL: Final = frozenset(
    ("name", "honorific-prefix", "given-name", "additional-name", "family-name", "honorific-suffix", "nickname",
     "organization-title", "organization", "street-address", "address-line1", "address-line2", "address-line3",
     "address-level4", "address-level3", "address-level2", "address-level1", "country", "country-name", "postal-code",
     "language", "bday", "bday-day", "bday-month", "bday-year", "sex", "tel", "tel-country-code", "tel-national",
     "tel-area-code", "tel-local", "tel-extension", "email")
)  # fmt: skip
"""What HTML's autocomplete can name of a person; cards and passwords are none of an application's."""
_TEXT_LENGTH: Final = 60
_DIGITS: Final = (1, 30)
_LARGEST: Final = 999_999_999_999
"""Limits where a definition sets none."""
_TRUE: Final = ("Y", "1", "TRUE", "YES")
_FALSE: Final = ("N", "0", "FALSE", "NO")
"""Spellings of yes and no that are read wherever they do not contradict the definition's own."""

YES: Final = "Yes"
NO: Final = "No"
"""What they are called where the definition gives them no words of its own: every language of the pages has these."""

Table = Mapping[str, Any]


def field_of(table: Table, currency: str, identity: bool, gaps: frozenset[str]) -> Field:
    """The field that a table defines. `gaps` are the portfolio's own spellings of no value, in upper case."""
    name = table["name"]
    constraints = table.get("constraints", {})
    kind = _kind(table, constraints, currency)
    when = table.get("when")
    field = Field(
        name,
        table.get("formName") or form_name(name),
        table["section"],
        table.get("title") or words(name),
        kind,
        help=table.get("description", ""),
        unit=symbol(currency) if isinstance(kind, Money) else table.get("unit", ""),
        missing=not constraints.get("required", False),
        default=table.get("default", ""),
        role=Role.IDENTITY if identity else Role(table.get("role", "feature")),
        protected=tuple(table.get("protected", ())),
        source=Source(table.get("askedOf", "applicant")),
        asked=table.get("asked", True),
        when=Condition(when["field"], tuple(when["is"])) if when else None,
        changeable=table.get("changeable", False),
        accepted=tuple(table.get("accepted", ())),
        gaps=gaps,
        suggestions=_suggestions(table),
        autofill=_autofill(table.get("autofill", "")),
        online=table.get("online"),
    )
    if field.online is not None:
        field = replace(field, online=_online(field, field.online))
    if not field.default:
        return field
    if field.role is Role.FEATURE:
        raise ValueError(
            "a model may use it, so the form must not answer it in advance; leave its default out, or give it another role."
        )
    try:
        return replace(field, default=str(field.parse(field.default)))
    except ValueError as error:
        raise ValueError(f"its default {field.default!r} is no value of it. {error}") from None


def _online(field: Field, said: str) -> str:
    """What is recorded of a field where applicants send it themselves, as its canonical value."""
    try:
        value = field.parse(said)
    except ValueError as error:
        raise ValueError(f"its online {said!r} is no value of it. {error}") from None
    return "" if value is None else str(value)


def _suggestions(table: Table) -> str:
    """The name of the list of values that the form suggests."""
    name: str = table.get("suggestions", "")
    if not name:
        return ""
    if table.get("format") != "place" or "levels" in table:
        raise ValueError("suggestions are for the type string with the format place; leave them out.")
    return name


def _autofill(token: str) -> str:
    if token and token not in AUTOFILL:
        raise ValueError(
            f"autofill must be a name of HTML's autocomplete, as in name, email or postal-code, not {token!r}."
        )
    return token


def form_name(name: str) -> str:
    """What a field is called in the form, where its definition does not say: lower case, words joined by `_`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "field"


def words(name: str) -> str:
    """A field's name as words, for one that has no title: `DURATION_IN_MONTH` is "Duration in month"."""
    text = re.sub(r"[_\W]+", " ", name).strip().lower()
    return text[:1].upper() + text[1:] or name


def _kind(table: Table, constraints: Table, currency: str) -> Kind:
    type_, format_ = table["type"], table.get("format", "")
    if format_ and format_ not in FORMATS.get(type_, ()):
        some = ", ".join(FORMATS.get(type_, ()))
        raise ValueError(
            f"the type {type_} has {f'the formats {some}' if some else 'no format'}, not {format_!r}."
        )
    if type_ == "boolean":
        return _flag(table)
    if "levels" in table:
        return _choice(table)
    if strange := [key for key in ("legacy", "spellings", "trueValues", "falseValues") if key in table]:
        raise ValueError(f"{strange[0]} needs levels, or the type boolean.")
    match type_, format_:
        case "integer", _:
            least, most = _limits(constraints, -_LARGEST, _LARGEST)
            return Whole(_whole(least), _whole(most))
        case "number", "money":
            least, most = _limits(constraints, 0, _LARGEST)
            return Money(_whole(most), _whole(least), currency)
        case "number", _:
            return Number(*_limits(constraints, -float(_LARGEST), float(_LARGEST)))
        case "date", _:
            return Day()
        case "string", "digits":
            least, most = _between(constraints, "minLength", "maxLength", *_DIGITS)
            return Digits(_whole(least), _whole(most))
        case "string", "code" | "zip3":
            least, most = _limits(constraints, 0, 999)
            return (Zip3 if format_ == "zip3" else Code)(_whole(least), _whole(most))
    return Text(constraints.get("maxLength", _TEXT_LENGTH), format_ == "name", format_ == "place")


def _limits(constraints: Table, least: float, most: float) -> tuple[float, float]:
    return _between(constraints, "minimum", "maximum", least, most)


def _between(constraints: Table, low: str, high: str, least: float, most: float) -> tuple[float, float]:
    least, most = constraints.get(low, least), constraints.get(high, most)
    if least > most:
        raise ValueError(f"its {low} {least} is above its {high} {most}.")
    return least, most


def _whole(limit: float) -> int:
    if limit != int(limit):
        raise ValueError(f"its limit {limit} must be a whole number.")
    return int(limit)


def _choice(table: Table) -> Choice:
    given = table["levels"]
    offered = dict(given) if isinstance(given, Mapping) else {value: value for value in given}
    legacy, spellings = table.get("legacy", []), table.get("spellings", {})
    seen: dict[str, str] = {}
    for value in (*offered, *legacy):
        if not value.strip() or value != value.strip():
            raise ValueError(f"its level {value!r} must be a text without spaces around it.")
        if value.upper() in seen:
            raise ValueError(
                f"its levels {seen[value.upper()]!r} and {value!r} differ in their letter case alone."
            )
        seen[value.upper()] = value
    for spelling, value in spellings.items():
        if value not in seen.values():
            raise ValueError(f"its spelling {spelling!r} stands for {value!r}, which is no level of it.")
        if seen.get(spelling.upper(), value) != value:
            raise ValueError(f"its spelling {spelling!r} is a level itself.")
    return Choice({value: label or value for value, label in offered.items()}, frozenset(legacy), spellings)


def _flag(table: Table) -> Choice:
    """A yes/no field, stored as the definition's first spelling of each; any usual spelling is read."""
    if strange := [key for key in ("legacy", "spellings") if key in table]:
        raise ValueError(
            f"{strange[0]} is not for the type boolean; name the spellings as trueValues and falseValues."
        )
    yes, no = table.get("trueValues", ["Y"]), table.get("falseValues", ["N"])
    if not yes or not no or {each.upper() for each in yes} & {each.upper() for each in no}:
        raise ValueError("its trueValues and falseValues must be two lists of texts that share none.")
    words_of = table.get("levels", {})
    if not isinstance(words_of, Mapping) or set(words_of) - {yes[0], no[0]}:
        raise ValueError(f"its levels can only give words to {yes[0]!r} and {no[0]!r}.")
    spellings = dict.fromkeys(_TRUE, yes[0]) | dict.fromkeys(_FALSE, no[0])
    for own, value in ((yes, yes[0]), (no, no[0])):
        spellings |= {each.upper(): value for each in own}
    labels = {no[0]: words_of.get(no[0], NO), yes[0]: words_of.get(yes[0], YES)}
    return Choice(labels, spellings=spellings)
