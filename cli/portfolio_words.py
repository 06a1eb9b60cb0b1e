"""`creditrisk portfolio show --language`: a portfolio as its readers of one language meet it."""

import click

from creditrisk.errors import UnknownRequest, one_line
from creditrisk.portfolio import Portfolio
from creditrisk.portfolio.definition import FieldWords, Words


def show_words(read: Portfolio, language: str) -> None:
    """Print each section with its fields: title, what helps, unit and levels; the definition's own words where the
    language has none. Raises UnknownRequest where it has no words at all."""
    if language != read.language and language not in read.words:
        raise UnknownRequest(
            f"{read.name} has no words in {language}; there are {', '.join((read.language, *read.words))}."
        )
    words = read.words.get(language, Words())
    click.echo(one_line(words.title or read.title))
    for key, heading in read.sections.items():
        click.echo(f"\n{one_line(words.sections.get(key) or heading)}")
        for name, field in read.fields.items():
            if field.section != key:
                continue
            said = words.fields.get(name, FieldWords())
            unit = field.unit if field.is_money else said.unit or field.unit
            levels = [(said.levels or {}).get(value) or own for value, own in field.choices.items()]
            told = (
                said.description or field.help,
                f"({unit})" if unit else "",
                f"[{' | '.join(levels)}]" if levels else "",
            )
            click.echo(
                "  " + one_line(f"{name}: {' '.join((said.title or field.label, *filter(None, told)))}")
            )
