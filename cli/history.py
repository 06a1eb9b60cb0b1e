"""`creditrisk history`: what was decided."""

from pathlib import Path

import click

from creditrisk.errors import HistoryUnavailable
from creditrisk.history import open_history
from creditrisk.history.records import HEADER
from creditrisk.settings import Settings


@click.group()
def history() -> None:
    """What was decided, recorded once for each application."""


@history.command()
@click.argument("out", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--from", "url", metavar="URL", help="A folder or s3://bucket/prefix; HISTORY_URL when not given."
)
def export(out: Path, url: str | None) -> None:
    """Write the whole history into one CSV file, every application once."""
    source = open_history(url or Settings.from_environment().history_url)
    partial = out.with_name(out.name + ".partial")
    count = 0
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            file.write(HEADER)
            for line in source.lines():
                file.write(line)
                count += 1
        partial.replace(out)
    except OSError as error:
        raise HistoryUnavailable(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    click.echo(f"{count} applications written to {out}")
