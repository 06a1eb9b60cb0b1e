"""`creditrisk audit`: who changed what decides, and whether the log of it is as it was written."""

import json
from collections import deque

import click

from cli.audit_lines import lines_of
from creditrisk.counted import counted
from creditrisk.errors import one_line
from creditrisk.settings import Settings
from lifecycle.audit import Head, open_audit
from lifecycle.audit import verify as run


@click.group()
def audit() -> None:
    """Show the log of what was changed; find out whether it was tampered with."""


@audit.command()
@click.option("--last", metavar="N", type=click.IntRange(min=1), default=50, show_default=True, help="How many of the newest entries.")  # fmt: skip
@click.option("--event", metavar="NAME", help="Only what begins with this, as `model`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(last: int, event: str | None, as_json: bool) -> None:
    """Print the newest entries, the oldest of them first: when, what, by whom, with which facts; each gate on a line."""
    log = open_audit(Settings.from_environment().history_url)
    newest = deque((entry for entry in log.entries() if entry.event.startswith(event or "")), maxlen=last)
    for entry in newest:
        if as_json:
            click.echo(json.dumps(vars(entry), sort_keys=True))
            continue
        for line in lines_of(entry):
            click.echo(one_line(line))


@audit.command()
@click.option("--head", "text", metavar="NUMBER:HASH", help="What an earlier verify printed: the log must still hold it.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(text: str | None, as_json: bool) -> None:
    """Say whether every entry is as it was written, and print the head: keep it where who could change the log cannot
    reach. A log whose end was cut off is whole in itself; only against a head that was kept does it show."""
    try:
        head = Head.of(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from None
    found = run(open_audit(Settings.from_environment().history_url), head)
    if as_json:
        click.echo(json.dumps({"entries": found.number, "hash": found.hash, "head": str(found)}))
        return
    click.echo(
        f"{counted(found.number, 'entry', 'entries')}, every one as it was written; the head is {found}"
    )
