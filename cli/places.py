"""What commands on the record have in common: which one is meant, and how rows are told that could not be taken."""

import click

from creditrisk.counted import counted
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


def tell(rows: list[str], what: str, of_one: str = "") -> None:
    """Name on stderr the rows that could not be taken, and say `what` of them; `of_one` where it is said otherwise of one."""
    for row in rows[:NAMED]:
        click.echo(f"creditrisk: {row}", err=True)
    if rows:
        told = counted(len(rows), f"row {of_one or what}", f"rows {what}")
        more = f", of which the first {NAMED} are named above" if len(rows) > NAMED else ""
        click.echo(f"creditrisk: {told}{more}", err=True)
