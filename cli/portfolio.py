"""`creditrisk portfolio`: what a lender asks, drafted from a file, checked and shown."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from cli.portfolio_words import show_words
from creditrisk.counted import counted
from creditrisk.errors import UnusablePortfolio, one_line
from creditrisk.portfolio import Field, Portfolio, Role, portfolio_folder, read_portfolio
from creditrisk.portfolio.kinds import Choice, Code, Day, Digits, Money, Number, Text, Whole
from creditrisk.portfolio.law import PROFILES
from creditrisk.portfolio.notation import symbol
from creditrisk.portfolio.schema import json_schema
from creditrisk.portfolio.words import missing

_FOLDER = click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
_MOST_LEVELS = 60
"""Characters of a field's levels that a table shows."""


@click.group()
def portfolio() -> None:
    """Draft, check and show what a lender asks: a folder with portfolio.toml."""


@portfolio.command()
@click.argument("data", metavar="DATA.csv", type=click.Path(path_type=Path))
@click.option(
    "--target", metavar="COLUMN", required=True, help="The column that tells what became of an application."
)
@click.option("--bad", metavar="VALUE", required=True, help="Its value for a default.")
@click.option("--out", metavar="FOLDER", type=click.Path(path_type=Path), help="Where to write it [the file's name without its ending].")  # fmt: skip
@click.option(
    "--law",
    type=click.Choice(list(PROFILES), case_sensitive=False),
    default="none",
    show_default=True,
    help="The law that holds.",
)
def new(data: Path, target: str, bad: str, out: Path | None, law: str) -> None:
    """Draft a definition from a file of past applications and what became of them.

    The file is CSV with a header; commas, semicolons, tabs or bars may part its cells; it may be gzipped, in UTF-8, UTF-16
    or Windows-1252. The definition tells in comments what was guessed. A folder that has one is left alone.
    """
    os.environ.pop("PORTFOLIO_DIR", None)  # what is drafted may be what it names, and then is not there yet
    from models.drafting.draft import draft, write  # scikit-learn is slow to import
    from models.table import read_table

    name = _stem(data)
    drafted = draft(read_table(data), target, bad, law, name)
    folder = out or Path(name)
    path = write(drafted, folder)
    fields = [each.table for each in drafted.fields]
    roles = [each.get("role", "feature") for each in fields if each["name"] not in drafted.head["identity"]]
    click.echo(f"{path} is a draft: {counted(roles.count('feature'), 'feature')}, {counted(roles.count('recorded'), 'field')} recorded, {roles.count('held')} held")  # fmt: skip
    for each in drafted.fields:
        for note in each.notes:
            if "protected" in note or "no model may use" in note:
                click.echo(one_line(f"  {each.name}: {note}"))
    for text in drafted.left_out:
        click.echo(one_line(f"  {text}"))
    if law == "none":
        click.echo("law: none, so nothing forbids to score by sex, origin and the like; say --law BR, US or EU where one holds")  # fmt: skip
    click.echo(
        one_line(
            f"next: read it and correct it; `creditrisk portfolio check {folder}`; then `creditrisk train {data}` with "
            f"PORTFOLIO_DIR={folder} and MODEL_DIR={folder / 'model'}"
        )
    )


@portfolio.command()
@_FOLDER
def check(folder: Path | None) -> None:
    """Say everything that is wrong with the definition in FOLDER (else PORTFOLIO_DIR), a line each."""
    place = folder or portfolio_folder()
    try:
        read = read_portfolio(place)
    except UnusablePortfolio as error:
        for mistake in error.mistakes:
            click.echo(one_line(mistake), err=True)
        sys.exit(1)
    for language, said in read.words.items():
        for what in missing(said, read):
            click.echo(one_line(f"words.{language} has no word for {what}; the definition's own is shown"))
    levels = sum(len(field.choices) for field in read.fields.values())
    law = read.law.profile if read.law.profile != "none" else "none, said aloud"
    languages = ", ".join((read.language, *read.words))
    click.echo(
        f"{place} is well: {read.name}, {counted(len(read.fields), 'field')}, {counted(levels, 'level')}, in {languages}, law {law}, fingerprint {read.fingerprint}"
    )


@portfolio.command()
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--language", metavar="TAG", help="Its words in another language, as in pt-BR, field by field.")
def show(folder: Path | None, as_json: bool, language: str | None) -> None:
    """Print the fields of FOLDER (else PORTFOLIO_DIR) by section: kind, limits, role, grounds of protection."""
    read = read_portfolio(folder or portfolio_folder())
    if language is not None:
        show_words(read, language)
        return
    if as_json:
        click.echo(json.dumps(_described(read), ensure_ascii=False, indent=1))
        return
    click.echo(one_line(f"{read.title} ({read.name}), {read.currency}, law {read.law.profile}, fingerprint {read.fingerprint}"))  # fmt: skip
    click.echo(one_line(f"target {read.target.column}, bad is {read.target.bad!r}; declined from {read.policy.decline_from:g} on"))  # fmt: skip
    width = max(map(len, read.fields))
    for key, heading in read.sections.items():
        fields = [field for field in read.fields.values() if field.section == key]
        if not fields:
            continue
        click.echo(f"\n{heading}")
        for field in fields:
            click.echo(
                f"  {field.name:<{width}}  {_role(read, field):<9} {one_line(_kind(field))}{_rest(field)}"
            )


@portfolio.command()
def schema() -> None:
    """Print the JSON Schema of portfolio.toml, for editors that complete it and mark mistakes."""
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=1))


def _described(read: Portfolio) -> dict[str, Any]:
    """A portfolio as JSON data."""
    return {
        "name": read.name,
        "title": read.title,
        "currency": read.currency,
        "law": read.law.profile,
        "target": {"column": read.target.column, "bad": read.target.bad},
        "fingerprint": read.fingerprint,
        "sections": dict(read.sections),
        "fields": [
            {
                "name": field.name,
                "formName": field.form_name,
                "title": field.label,
                "section": field.section,
                "kind": _kind(field),
                "levels": field.choices,
                "role": _role(read, field),
                "askedOf": field.source.value,
                "asked": field.asked,
                "required": not field.missing,
                "protected": list(field.protected),
                "changeable": field.changeable,
            }
            for field in read.fields.values()
        ],
    }


def _stem(path: Path) -> str:
    """A file's name without its endings: loans.csv.gz is loans."""
    name = path.name
    for ending in (".gz", ".csv", ".tsv", ".txt"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return name or path.name


def _role(read: Portfolio, field: Field) -> str:
    return "identity" if field.name in read.identity else field.role.value


def _kind(field: Field) -> str:
    """What a field's values are, in a few words."""
    match field.kind:
        case Choice(offered=offered):
            shown = ", ".join(offered)
            shown = shown if len(shown) <= _MOST_LEVELS else shown[: _MOST_LEVELS - 1] + "…"
            return f"one of {len(offered)}: {shown}"
        case Money(most, least, currency):
            return f"amount, {symbol(currency)} {least:,} to {most:,}"
        case Whole(least, most):
            return f"whole number, {least:,} to {most:,} {field.unit}".rstrip()
        case Number(least, most):
            return f"number, {least:,.15g} to {most:,.15g} {field.unit}".rstrip()
        case Code(least, most):
            return f"code, {least} to {most}"
        case Digits(shortest, longest):
            return f"{shortest} to {longest} digits"
        case Day():
            return "day"
        case Text(longest=longest):
            return f"text, up to {longest} characters"
    return type(field.kind).__name__


def _rest(field: Field) -> str:
    told = [] if field.missing else ["required"]
    told += [] if field.asked else ["not asked"]
    told += [f"asked of the {field.source}"] if field.source != "applicant" else []
    told += ["changeable"] if field.changeable else []
    told += [f"protected: {', '.join(field.protected)}"] if field.protected else []
    if field.role is Role.IDENTITY:
        told = [each for each in told if each == "required"]
    return "".join(f" · {each}" for each in told)
