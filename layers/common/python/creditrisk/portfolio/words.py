"""A portfolio's words in other languages than that of its definition: `words/LANGUAGE.toml` beside it, or one table
`words.LANGUAGE` in it. What such a file leaves out is said in the definition's own words."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from creditrisk.portfolio.definition import FieldWords, Lender, Portfolio, Words
from creditrisk.portfolio.field import Field
from creditrisk.portfolio.field_reading import NO, YES

FOLDER: Final = "words"
"""Where the files stand, beside the definition."""
LANGUAGE: Final = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""A tag of BCP 47, as in pt-BR."""


def words_of(table: Mapping[str, Any]) -> Words:
    """One language's words, from a table whose keys were checked."""
    return Words(
        title=table.get("title", ""),
        description=table.get("description", ""),
        lender=Lender(**table.get("lender", {})),
        sections=table.get("sections", {}),
        questions=table.get("questions", {}),
        rules=table.get("rules", {}),
        fields={name: FieldWords(**said) for name, said in table.get("fields", {}).items()},
    )


def files(folder: Path) -> list[Path]:
    """The files of words beside a definition, by the alphabet."""
    return sorted((folder / FOLDER).glob("*.toml"))


def mistakes(
    language: str,
    table: Mapping[str, Any],
    own: str,
    fields: Mapping[str, Field],
    sections: Mapping[str, str],
) -> Iterator[str]:
    """What is wrong with one language's words, whose keys were checked: they must name what there is."""
    place = f"words.{language}: "
    if not LANGUAGE.fullmatch(language):
        yield f"{place}its name must be that of a language, as in pt-BR (BCP 47)."
    if language == own:
        yield f"{place}that is the language of the definition itself; say its words there."
    for key in (*table.get("sections", {}), *table.get("questions", {})):
        if key not in sections:
            yield f"{place}there is no section {key}; there are {', '.join(sections)}."
    for name, said in table.get("fields", {}).items():
        if name not in fields:
            yield f"{place}there is no field {name}."
            continue
        for value in said.get("levels", {}):
            if value not in fields[name].choices:
                yield f"{place}field {name} offers no level {value!r}."


def missing(words: Words, of: Portfolio) -> Iterator[str]:
    """What one language has no word for, as the definition says it: whoever reads that language meets another one there.

    An empty table of levels says that they are names, which stay what they are; codes without words are none to translate.
    """
    yield from (f"section {key}" for key in of.sections if not words.sections.get(key))
    yield from (f"question of section {key}" for key in of.questions if not words.questions.get(key))
    if of.lender.contact and not words.lender.contact:
        yield "lender.contact"
    for name, field in of.fields.items():
        said = words.fields.get(name, FieldWords())
        told = {"title": field.label, "description": field.help, "unit": "" if field.is_money else field.unit}
        yield from (f"field {name}: {key}" for key, own in told.items() if own and not getattr(said, key))
        levels = said.levels or {}
        if said.levels != {}:
            missed = (
                value
                for value, own in field.choices.items()
                if not (levels.get(value) or own in (value, YES, NO))
            )
            yield from (f"field {name}: level {value}" for value in missed)
