"""From a folder to the portfolio that stands in it: every mistake is told at once, a sentence each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from creditrisk.errors import UnusablePortfolio
from creditrisk.portfolio import words
from creditrisk.portfolio.definition import Law, Lender, Policy, Portfolio, Target
from creditrisk.portfolio.field import Field, Role
from creditrisk.portfolio.field_reading import field_of
from creditrisk.portfolio.field_reading import words as titled
from creditrisk.portfolio.keys import PORTFOLIO, mistakes
from creditrisk.portfolio.law import PROFILES

DEFINITION: Final = "portfolio.toml"
COMPILED: Final = "portfolio.json"
"""The same as JSON, which is read faster: what packages carry."""
RESERVED: Final = frozenset(
    ("application_id", "received_at", "scored_at", "model", "model_version", "probability", "prediction", "decision",
     "reasons", "threshold", "unknown", "challenger", "challenger_probability", "record_version", "counterfactual",
     "policy", "propensity", "rule", "corrects", "error", "submission")
)  # fmt: skip
"""What the record, the results of files and the form call columns and fields of their own, in lower case."""
SUBSTITUTE: Final = "{}_field"
"""What a lender's column of such a name is called as a field; a training reads it under its own name, too."""
_NAME: Final = re.compile("[a-z0-9][a-z0-9-]{0,62}")
_CURRENCY: Final = re.compile("[A-Z]{3}")


def read_portfolio(folder: Path) -> Portfolio:
    """The portfolio of a folder. Raises UnusablePortfolio with everything that is wrong with it."""
    table, path = definition_of(folder)
    found = mistakes(table, PORTFOLIO, "")
    if found:  # what comes now relies on the types being right
        raise _unusable(path, found)
    fields: dict[str, Field] = {}
    found = [*_whole_mistakes(table), *_read_fields(table, fields)]
    if not found:
        found = [*_between_fields(table, fields), *_words_mistakes(table, fields)]
    if found:
        raise _unusable(path, found)
    target, law, policy = table["target"], table["law"], table.get("policy", {})
    return Portfolio(
        name=table["name"],
        title=table.get("title") or titled(table["name"]),
        description=table.get("description", ""),
        language=table.get("language", "en"),
        currency=table["currency"],
        identity=tuple(table["identity"]),
        missing_values=tuple(table.get("missingValues", ())),
        lender=Lender(**table.get("lender", {})),
        target=Target(target["column"], target["bad"], target.get("maturityMonths", 12)),
        law=Law(law["profile"], law.get("keepMonths")),
        policy=Policy(policy.get("declineFrom", 0.5)),
        sections={section["name"]: section.get("title") or titled(section["name"]) for section in table["section"]},
        fields=fields,
        features=table.get("features", {}),
        suggestions=table.get("suggestions", {}),
        questions={section["name"]: section["question"] for section in table["section"] if "question" in section},
        words={language: words.words_of(said) for language, said in table.get("words", {}).items()},
    )  # fmt: skip


def definition_of(folder: Path) -> tuple[dict[str, Any], Path]:
    """The definition as it stands in a folder, and the file that it is. Raises UnusablePortfolio."""
    path = folder / DEFINITION
    if not path.exists() and (folder / COMPILED).exists():
        path = folder / COMPILED
    try:
        table = _table_of(path)
    except FileNotFoundError:
        raise UnusablePortfolio(
            f"{folder} holds no {DEFINITION}; name a portfolio's folder with PORTFOLIO_DIR, or draft one with "
            "`creditrisk portfolio new DATA.csv`."
        ) from None
    if not isinstance(table, dict):
        raise UnusablePortfolio(f"{path} holds no table.")
    if path.name == DEFINITION:
        _add_words(table, folder)
    return table, path


def _add_words(table: dict[str, Any], folder: Path) -> None:
    """Put the files of words beside a definition where one that is compiled has them."""
    for path in words.files(folder):
        said = table.setdefault("words", {})
        if not isinstance(said, dict) or path.stem in said:
            raise UnusablePortfolio(
                f"The words of {path.stem} stand in {DEFINITION} and in {path}; leave them in one."
            )
        said[path.stem] = _table_of(path)


def _table_of(path: Path) -> Any:
    """What a file says. Raises UnusablePortfolio, and FileNotFoundError where there is none."""
    try:
        return _parsed(path.read_text(encoding="utf-8-sig"), path.suffix)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnusablePortfolio(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UnusablePortfolio(f"{path} is not UTF-8; save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise UnusablePortfolio(f"{path} is not {path.suffix[1:].upper()}: {error}.") from None


def _parsed(text: str, suffix: str) -> Any:
    """What a text says. Only what reads it is imported: a package, which has JSON, starts faster so."""
    if suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    import json

    return json.loads(text)


def _unusable(path: Path, found: list[str]) -> UnusablePortfolio:
    return UnusablePortfolio(f"{path} cannot be used. " + " ".join(found), tuple(found))


def _whole_mistakes(table: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the definition beside its fields."""
    if not _NAME.fullmatch(table["name"]):
        yield f"name must be of a-z, 0-9 and hyphens, not {table['name']!r}."
    if not _CURRENCY.fullmatch(table["currency"]):
        yield f"currency must be a code of three letters as in BRL (ISO 4217), not {table['currency']!r}."
    if not 0 < table.get("policy", {}).get("declineFrom", 0.5) <= 1:
        yield "policy.declineFrom must be above 0 and at most 1."
    for name in table.get("suggestions", {}):
        if not _NAME.fullmatch(name):
            yield f"suggestions.{name} must be named in a-z, 0-9 and hyphens."
    keep, duty = table["law"].get("keepMonths"), PROFILES[table["law"]["profile"]].keep_months
    if keep is not None and duty and keep < duty.amount:
        yield f"law.keepMonths must be {duty.amount} at least under {table['law']['profile']} ({duty.source}), not {keep}."
    for name, count in Counter(section["name"] for section in table["section"]).items():
        if count > 1:
            yield f"section {name} stands there {count} times; give each a name of its own."
    names = [field["name"] for field in table["field"]]
    for name in table["identity"]:
        if name not in names:
            yield f"identity names {name}, and no field has that name."
    if table["target"]["column"] in names:
        yield f"field {table['target']['column']} is the target; what became of an application is no field of it."


def _read_fields(table: Mapping[str, Any], fields: dict[str, Field]) -> Iterator[str]:
    """Fill `fields` in the definition's order; tell what is wrong with each that cannot be read."""
    gaps = frozenset(text.upper() for text in table.get("missingValues", ()))
    sections = {section["name"] for section in table["section"]}
    for entry in table["field"]:
        name, place = entry["name"], f"field {entry['name']}: "
        if not name.strip() or name != name.strip() or not name.isprintable():
            yield f"field {name!r}: its name must be a text without spaces around it."
        if entry["section"] not in sections:
            yield f"{place}there is no section {entry['section']}; there are {', '.join(sections)}."
        try:
            field = field_of(entry, table["currency"], name in table["identity"], gaps)
        except ValueError as error:
            yield f"{place}{error}"
            continue
        fields[name] = field


def _between_fields(table: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterator[str]:
    """What is wrong with the fields beside each other."""
    taken: dict[str, str] = {}
    for entry in table["field"]:
        field = fields[entry["name"]]
        for spelling in dict.fromkeys(
            text.lower() for text in (field.name, field.form_name, *field.accepted)
        ):
            if spelling in RESERVED or spelling.startswith("submission:"):
                own = spelling == field.name.lower()
                mend = (
                    "give the field another name"
                    if own
                    else "choose another formName, or leave it out of accepted"
                )
                yield f"field {field.name}: {spelling} is a column of the record itself; {mend}."
            elif spelling in taken:
                yield f"field {field.name}: {spelling} is also a name of {taken[spelling]}; each name must lead to one field."
            taken.setdefault(spelling, field.name)
        if field.when and field.when.field not in fields:
            yield f"field {field.name}: it is asked when {field.when.field} says so, and there is no such field."
        elif field.when and not field.missing:
            yield f"field {field.name}: it is not always asked, so it cannot be required."
        elif field.when:
            of = fields[field.when.field]
            for value in field.when.values:
                if of.choices and value not in of.choices:
                    yield f"field {field.name}: {value!r} is no level of {of.name}, on which it depends."
        if not field.asked and not field.missing:
            yield f"field {field.name}: it is not asked, so it cannot be required."
        if field.suggestions and field.suggestions not in table.get("suggestions", {}):
            yield f"field {field.name}: there is no list {field.suggestions} among the suggestions; add it, or leave it out."
    if not any(field.role is Role.FEATURE for field in fields.values()):
        yield "no field is a feature; a model needs one at least."
    yield from _features(table.get("features", {}), fields)


def _words_mistakes(table: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterator[str]:
    sections = {section["name"]: "" for section in table["section"]}
    for language, said in table.get("words", {}).items():
        yield from words.mistakes(language, said, table.get("language", "en"), fields, sections)


def _features(features: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterator[str]:
    """What the features are made of must be there: fields, or for a cross levels too."""
    levels = features.get("levels", {})
    for group, known in (
        ("levels", {*fields, *levels}),
        ("numbers", {*fields}),
        ("same", {*fields, *levels}),
        ("crosses", {*fields, *levels}),
        ("chains", {*fields, *levels}),
        ("columns", {*fields, *levels}),
    ):
        for name, said in features.get(group, {}).items():
            of = said.get("of") if isinstance(said, dict) else said
            if not isinstance(of, list) or not of or not all(isinstance(each, str) for each in of):
                yield f"features.{group}.{name} must say of which fields it is made."
                continue
            for each in of:
                if each not in known:
                    yield f"features.{group}.{name} is made of {each}, and there is no such field."  # fmt: skip
