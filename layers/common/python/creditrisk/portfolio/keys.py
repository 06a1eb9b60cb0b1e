"""The keys of a definition: what each may hold. The checks, the JSON Schema and the documentation follow from them.

Terms are those of Frictionless Table Schema where it has them (name, title, description, type, format, constraints,
missingValues, trueValues, falseValues); the others are ours.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from creditrisk.portfolio.law import GROUNDS, PROFILES

TYPES: Final = ("string", "integer", "number", "boolean", "date")
FORMATS: Final = {
    "string": ("text", "name", "place", "digits", "code", "zip3"),
    "number": ("plain", "money"),
}
"""Type → its formats, the first the usual one."""


class Key(NamedTuple):
    """One key of a table. `kind` is text, whole, number, truth, texts, words (a table of texts), lists (a table of lists
    of texts), levels (words, or a list of texts), table, tables, or named (a table of tables, under names of their own);
    `among` are the only texts allowed, where there are some; `keys` are those of the table or tables inside."""

    kind: str
    help: str
    needed: bool = False
    among: tuple[str, ...] = ()
    keys: "Keys | None" = None


Keys = Mapping[str, Key]

LENDER: Final[Keys] = {
    "name": Key("text", "who decides, as letters name it"),
    "contact": Key("text", "where an applicant can turn to"),
    "address": Key("text", "its postal address, as letters give it"),
    "supervisor": Key(
        "text", "the authority that supervises it, with its address: notices in the US name it"
    ),
}
TARGET: Final[Keys] = {
    "column": Key("text", "the column of a training file that tells what became of an application", needed=True),
    "bad": Key("text", "the value in it that means a default; every other one is good", needed=True),
    "maturityMonths": Key("whole", "months without a default after which an applicant counts as good"),
}  # fmt: skip
LAW: Final[Keys] = {
    "profile": Key("text", "the law that holds; none must be said", needed=True, among=tuple(PROFILES)),
    "keepMonths": Key("whole", "months for which records are kept, when longer than the profile asks for"),
}
POLICY: Final[Keys] = {
    "declineFrom": Key("number", "probability of default from which an application is declined"),
}
SECTION: Final[Keys] = {
    "name": Key("text", "what fields call it", needed=True),
    "title": Key("text", "its heading on the form"),
    "question": Key(
        "text", "as what the applicant is asked its yes-or-no fields: one question, ticks for answers"
    ),
}
CONSTRAINTS: Final[Keys] = {
    "required": Key("truth", "whether a value must be given"),
    "minimum": Key("number", "least value"),
    "maximum": Key("number", "greatest value"),
    "minLength": Key("whole", "fewest characters or digits"),
    "maxLength": Key("whole", "most characters or digits"),
}
WHEN: Final[Keys] = {
    "field": Key("text", "the field that decides whether this one is asked for", needed=True),
    "is": Key("texts", "its values with which it is", needed=True),
}
FIELD: Final[Keys] = {
    "name": Key("text", "the column of the history, and the name in files and requests", needed=True),
    "title": Key("text", "the question, in a few words"),
    "description": Key("text", "what helps to answer it"),
    "section": Key("text", "the part of the form that it stands in", needed=True),
    "type": Key("text", "what its values are", needed=True, among=TYPES),
    "format": Key("text", "how they are written"),
    "unit": Key("text", "what a quantity is counted in"),
    "constraints": Key("table", "what a value must be like", keys=CONSTRAINTS),
    "levels": Key("levels", "the values that can be chosen, each with its words"),
    "legacy": Key("texts", "values that are accepted and not offered"),
    "spellings": Key("words", "other ways to write a value: what is written = the value"),
    "trueValues": Key("texts", "spellings of yes; the first is what is stored"),
    "falseValues": Key("texts", "spellings of no; the first is what is stored"),
    "role": Key("text", "what it is for", among=("feature", "recorded", "held")),
    "askedOf": Key("text", "who knows it", among=("applicant", "clerk", "bureau")),
    "asked": Key("truth", "whether it stands on the form"),
    "when": Key("table", "asked for only then", keys=WHEN),
    "online": Key(
        "text",
        "what is recorded without asking where applicants send it themselves; empty: nothing, of a field that may be left out",
    ),
    "protected": Key("texts", "grounds on which it may be protected by law", among=GROUNDS),
    "changeable": Key("truth", "whether an applicant can change it"),
    "formName": Key("text", "its name in the form"),
    "accepted": Key("texts", "further names that it may have in files and requests"),
    "default": Key("text", "what the form offers at first; of no field that a model may use"),
    "suggestions": Key("text", "for a place: which of the lists of suggestions the form offers"),
    "autofill": Key(
        "text", "what a browser knows of its user and may fill in, as HTML's autocomplete calls it"
    ),
}
FEATURES: Final[Keys] = {
    "search": Key("truth", "whether a training may look for crosses by itself"),
    "levels": Key("table", "levels made of a field's value, or of several"),
    "numbers": Key("table", "numbers made of quantities"),
    "same": Key("table", "columns that tell whether two fields have the same level"),
    "crosses": Key("table", "levels whose bad rate is looked up together"),
    "chains": Key(
        "table", "levels from a wide place to a narrow one, whose bad rates are drawn towards each other"
    ),
    "columns": Key(
        "table",
        "which levels have flags, rates, rates of each two, frequencies and effects (one_hot, rates, paired, frequencies, effects)",
    ),
}
FIELD_WORDS: Final[Keys] = {
    "title": Key("text", "the question, in a few words"),
    "description": Key("text", "what helps to answer it"),
    "unit": Key("text", "what a quantity is counted in"),
    "levels": Key("words", "the values that can be chosen, each with its words; an empty table: they are names, and stay"),
}  # fmt: skip
WORDS: Final[Keys] = {
    "title": Key("text", "what people call the portfolio"),
    "description": Key("text", "what it is"),
    "lender": Key("table", "who decides", keys=LENDER),
    "sections": Key("words", "the sections' headings, by their names"),
    "rules": Key("words", "why the policy's rules decided, by their names"),
    "questions": Key(
        "words", "as what the sections' yes-or-no fields are asked together, by the sections' names"
    ),
    "fields": Key("named", "the fields' words, by their names", keys=FIELD_WORDS),
}
PORTFOLIO: Final[Keys] = {
    "name": Key("text", "a short name: a-z, 0-9 and hyphens", needed=True),
    "title": Key("text", "what people call it"),
    "description": Key("text", "what it is"),
    "language": Key("text", "the language of the texts here (BCP 47)"),
    "currency": Key("text", "of the amounts, ISO 4217", needed=True),
    "identity": Key("texts", "fields that tell who the applicant is: recorded, never scored", needed=True),
    "missingValues": Key("texts", "spellings of no value, beyond the usual ones"),
    "lender": Key("table", "who decides", keys=LENDER),
    "target": Key("table", "what is predicted", needed=True, keys=TARGET),
    "law": Key("table", "what the law allows", needed=True, keys=LAW),
    "policy": Key("table", "what is decided", keys=POLICY),
    "suggestions": Key("lists", "names of places that the form suggests, by the name of their list"),
    "section": Key("tables", "parts of the form, in order", needed=True, keys=SECTION),
    "field": Key("tables", "what is asked, in the order of the history's columns", needed=True, keys=FIELD),
    "features": Key("table", "of what a model may be made; left out: of every field by its kind", keys=FEATURES),
    "words": Key("named", "the words of other languages, by their tags (BCP 47); in files words/LANGUAGE.toml, as a rule", keys=WORDS),
}  # fmt: skip


def mistakes(table: Mapping[str, Any], keys: Keys, place: str) -> list[str]:
    """What is wrong with the keys of a table and with the types of their values, one sentence each. `place` is what
    the sentences begin with; the tables inside are looked at too."""
    found = [
        f"{place}{name} is missing: {key.help}."
        for name, key in keys.items()
        if key.needed and name not in table
    ]
    for name, value in table.items():
        if name not in keys:
            found.append(_no_such_key(name, keys, place))
        else:
            found += _wrong(value, keys[name], f"{place}{name}")
    return found  # fmt: skip


def _no_such_key(name: str, keys: Keys, place: str) -> str:
    from difflib import get_close_matches  # slow to import, and needed for a misspelt key alone

    near = get_close_matches(name, keys, n=1)
    return f"{place}{name} is no key here; " + (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(keys)}."
    )


def _wrong(value: Any, key: Key, place: str) -> list[str]:
    if not _IS[key.kind](value):
        return [f"{place} must be {_WORDS[key.kind]}: {key.help}."]
    if key.among:
        strange = [text for text in ([value] if key.kind == "text" else value) if text not in key.among]
        return [f"{place} must be one of {', '.join(key.among)}, not {strange[0]!r}."] if strange else []
    if key.keys is None:
        return []
    return [
        mistake
        for inside, table in _tables(value, key, place)
        for mistake in mistakes(table, key.keys, inside)
    ]


def _tables(value: Any, key: Key, place: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The tables that a value holds, and how a sentence calls each: one of many by its name, or by its number."""
    if key.kind == "tables":
        return [(f"{place} {table.get('name', number)}: ", table) for number, table in enumerate(value, 1)]
    if key.kind == "named":
        return [(f"{place}.{name}.", table) for name, table in value.items()]
    return [(f"{place}.", value)]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _text_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


_IS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "whole": lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == value,
    "truth": lambda value: isinstance(value, bool),
    "texts": _texts,
    "words": _text_table,
    "lists": lambda value: isinstance(value, dict) and all(map(_texts, value.values())),
    "levels": lambda value: bool(value) and (_texts(value) or _text_table(value)),
    "table": lambda value: isinstance(value, dict),
    "named": lambda value: isinstance(value, dict) and all(isinstance(each, dict) for each in value.values()),
    "tables": lambda value: (
        isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)
    ),
}
_WORDS: Final = {
    "text": "a text in quotation marks",
    "whole": "a whole number above 0",
    "number": "a number",
    "truth": "true or false",
    "texts": "a list of texts",
    "words": "a table of texts",
    "lists": "a table of lists of texts",
    "levels": "a table of texts (value = words), or a list of values",
    "table": "a table",
    "named": "a table of tables",
    "tables": "tables in double brackets, one at least",
}
