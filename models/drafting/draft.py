"""From a lender's file to a first definition of the portfolio that a person can correct in an afternoon."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from creditrisk.errors import UnusablePortfolio
from creditrisk.portfolio.reading import DEFINITION, read_portfolio
from models.drafting import vocabulary
from models.drafting.column import Column, column_of
from models.drafting.errors import DefinitionNotWritten, DefinitionThere
from models.drafting.fields import completed, field_for, own_form_name
from models.drafting.naming import bare, canonical, form_names, title_of
from models.drafting.roles import findings
from models.drafting.sections import IDENTITY, sections_of
from models.drafting.writing import Draft, DraftField, toml
from models.table import Outcome, Table, UnusableData, outcome_of

FEWEST: Final = 100
"""Rows from which something can be told of a lender's fields."""
_NO_CURRENCY: Final = "XXX"
"""ISO 4217's code for no currency."""
_OF_LAW: Final = {"BR": "BRL", "US": "USD", "EU": "EUR"}
_SIGNS: Final = (("R$", "BRL"), ("€", "EUR"), ("£", "GBP"), ("US$", "USD"), ("$", "USD"))
_UNIT: Final = re.compile(r"\b(BRL|USD|EUR|GBP|DEM|DM|CHF|MXN|TWD|NTD)\b")
_CODES: Final = {"DM": "DEM", "NTD": "TWD"}


def draft(table: Table, target: str, bad: str, law: str, name: str) -> Draft:
    """Draft the definition of a portfolio. `target` is the column that tells what became of an application, `bad` its
    value for a default, `law` the law's profile, `name` what the portfolio is called.

    Raises UnusableData when the table tells too little.
    """
    outcome = outcome_of(table, target, bad, fewest=FEWEST)
    rows = outcome.known
    labels = np.array([outcome.labels[row] for row in rows], np.int64)
    columns = [
        column_of(name, table.column(place))
        for place, name in enumerate(table.header)
        if place != outcome.place and name
    ]
    if not columns:
        raise UnusableData(f"{table.path} has no column beside {table.header[outcome.place]}.")
    columns = _agreed(columns)
    found = findings(columns, rows, labels)
    sections, of_column = sections_of(columns)
    currency = _currency(columns, law)
    missing = sorted({text for column in columns for text in column.spelled_gaps})
    gaps = frozenset(text.upper() for text in missing)
    fields, left_out = [], []
    identity = {column: given for given, column in found.identity.items()}
    for column in columns:
        if column.name in identity:
            continue
        drafted = field_for(
            column, rows, labels, law, of_column[column.name], found.no_feature.get(column.name)
        )
        whole = completed(drafted, column, currency, gaps)
        if whole is None:
            left_out.append(
                f"The column {column.name} is left out: some of its values can be read in no way."
            )
        else:
            fields.append(whole)
    if not any(each.table.get("role", "feature") == "feature" for each in fields):
        raise UnusableData(f"{table.path} has no column that a model could use: {_reasons(fields)}.")
    who = _identity(found.identity, {column.name: column for column in columns}, currency, gaps)
    sections, where = _with_identity(sections)
    for each in who:
        each.table["section"] = where
    _name(fields := [*who, *fields])
    head: dict[str, Any] = {
        "name": slug(name), "title": title_of(name), "description": "",
        "language": _language(columns), "currency": currency, "identity": ["FULL_NAME", "DNI"],
        "missingValues": missing,
        "lender": {"name": "", "contact": ""},
        "target": {"column": table.header[outcome.place], "bad": outcome.bad, "maturityMonths": 12},
        "law": {"profile": law},
        "policy": {"declineFrom": 0.5},
    }  # fmt: skip
    return Draft(head, _remarks(outcome, law, currency), _opening(table, labels), sections, fields, left_out)


def write(drafted: Draft, folder: Path) -> Path:
    """Write the definition into a folder, once the reader has found nothing wrong with it; returns its file.

    Raises DefinitionThere when one stands there, DefinitionNotWritten when it cannot be written.
    """
    path = folder / DEFINITION
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(toml(drafted))
    except FileExistsError:
        raise DefinitionThere(
            f"{path} is there already; name another folder with --out, or move it away."
        ) from None
    except OSError as error:
        raise DefinitionNotWritten(f"{path} cannot be written: {error.strerror or error}.") from None
    try:
        read_portfolio(folder)
    except UnusablePortfolio as error:
        path.rename(path.with_suffix(".draft"))
        raise DefinitionNotWritten(
            f"The draft in {path.with_suffix('.draft')} needs a hand before it can be used: {error}"
        ) from None
    return path


def slug(name: str) -> str:
    """A portfolio's name as its definition may have it: a-z, 0-9 and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", bare(name)).strip("-")[:60].strip("-") or "portfolio"


def _agreed(columns: Sequence[Column]) -> list[Column]:
    """A spelling of no value holds for all fields: a sentinel that is a quantity in another column is none."""
    told = {text for column in columns for text in column.sentinels}
    quantities = {text for column in columns if column.numbers for text in told & column.given.keys()}
    return [
        Column(column.name, column.cells, frozenset(column.sentinels - quantities)) if column.sentinels else column
        for column in columns
    ]  # fmt: skip


def _identity(
    found: Mapping[str, str], columns: Mapping[str, Column], currency: str, gaps: frozenset[str]
) -> list[DraftField]:
    """The two fields that tell who applies: those of the file, else added ones."""
    tables: dict[str, dict[str, Any]] = {
        "FULL_NAME": {"name": "FULL_NAME", "title": "Full name", "type": "string", "format": "name"},
        "DNI": {
            "name": "DNI",
            "title": "National identity number",
            "type": "string",
            "format": "digits",
            "constraints": {"minLength": 4, "maxLength": 20},
        },
    }
    fields = []
    for name, table in tables.items():
        table["section"] = IDENTITY[0]
        added = DraftField(
            table, ["who the applicant is, recorded and never scored; not in the file, and added"]
        )
        if name in found:
            drafted = DraftField(
                table, [f"who the applicant is, recorded and never scored: {found[name]} in the file"]
            )
            if found[name].lower() != name.lower():
                table["accepted"] = [found[name]]
            added = completed(drafted, columns[found[name]], currency, gaps) or added
        else:
            table["constraints"] = {"required": True, **table.get("constraints", {})}
        fields.append(added)
    return fields  # fmt: skip


def _with_identity(sections: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The sections, one for who applies among them, and its key."""
    if IDENTITY[0] in sections:
        first = {IDENTITY[0]: sections[IDENTITY[0]]}
        return first | dict(sections), IDENTITY[0]
    return {IDENTITY[0]: IDENTITY[1], **sections}, IDENTITY[0]


def _name(fields: Sequence[DraftField]) -> None:
    """Give each field a name of its own that the record does not use, in place."""
    for each in fields:
        old = each.name
        each.table["name"] = canonical(old)
        if each.name != old:
            each.notes.append(f"{old} in the file: the record has a column of that name itself")
    names = form_names([each.name for each in fields])
    for each in fields:
        each.table |= own_form_name(each.name, names[each.name])


def _reasons(fields: Sequence[DraftField]) -> str:
    told = [f"{each.name} ({each.notes[0]})" for each in fields if each.notes]
    return "; ".join(told[:3]) or "all of them tell who applies"


def _currency(columns: Sequence[Column], law: str) -> str:
    """The currency that the file's amounts are in, by what stands beside them; else the law's country's."""
    for column in columns:
        if column.numbers is None and column.currency:
            return column.currency
    for column in columns:
        for text in (column.name, *list(column.given)[:50]):
            if found := _UNIT.search(text.upper() if text == column.name else text):
                return _CODES.get(found[1], found[1])
            if column.numbers is None and (sign := next((code for s, code in _SIGNS if s in text), "")):
                return sign
    return _OF_LAW.get(law, _NO_CURRENCY)


def _language(columns: Sequence[Column]) -> str:
    words = {word for column in columns for word in column.words}
    portuguese, spanish = len(words & vocabulary.PORTUGUESE), len(words & vocabulary.SPANISH)
    if not portuguese and not spanish:
        return "en"
    return "pt" if portuguese >= spanish else "es"


def _opening(table: Table, labels: Any) -> list[str]:
    return [
        f"Drafted by `creditrisk portfolio new` from {table.path.name}: {len(table):,} rows, "
        f"{labels.mean():.1%} of those with a known outcome bad. Every line is a guess: read it, correct it, then run "
        "`creditrisk portfolio check`.",
        "Look at these first: law, currency, every `role`, `protected` and `changeable`, and the words of levels that are "
        "codes. What each key means stands in docs/portfolios.md.",
    ]


def _remarks(outcome: Outcome, law: str, currency: str) -> dict[str, str]:
    others = [f"{text or 'blank'} ({count:,})" for text, count in list(outcome.counts.items())[:8]]
    said = {
        "law": f"The profile {law}: BR, US, EU, or none.",
        "target": f"Its values: {', '.join(others)}{' …' if len(outcome.counts) > 8 else ''}. All but the bad one and gaps are good.",
        "missingValues": "Spellings of no value in the file, beyond those that are read as such everywhere (blank, NA, NULL, ?, …).",
        "identity": "Who the applicant is: recorded, never scored.",
        "currency": "Of the amounts (ISO 4217).",
        "lender": "Who decides: it stands on pages and letters.",
        "policy": "The probability of default from which an application is declined: your decision, not the file's.",
    }
    if law == "none":
        said["law"] = (
            "NO LAW IS HEEDED: nothing forbids to score by sex, origin and the like. Say BR, US or EU where one holds."
        )
    if currency == _NO_CURRENCY:
        said["currency"] = "Of the amounts (ISO 4217): the file does not tell, and XXX is none. Write yours."
    return said
