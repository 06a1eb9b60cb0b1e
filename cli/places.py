"""What commands on the record have in common: which one is meant, and how rows are told that could not be taken."""

import click

from creditrisk.settings import Settings, history_address

NAMED = 20
"""Most rows that are named one by one; all are counted."""


def place_of(url: str | None) -> str:
    """The history that an option names, HISTORY_URL when it names none. Raises BadParameter."""
    if not url:
        return Settings.from_environment().history_url
    try:
        return history_address(url)
    except ValueError as error:
        raise click.BadParameter(f"A history {error}, not {url!r}.") from None


def tell(rows: list[str], what: str) -> None:
    """Name on stderr the rows that could not be taken."""
    for row in rows[:NAMED]:
        click.echo(f"creditrisk: {row}", err=True)
    if rows:
        more = f", of which the first {NAMED} are named above" if len(rows) > NAMED else ""
        click.echo(f"creditrisk: {len(rows)} rows {what}{more}", err=True)
