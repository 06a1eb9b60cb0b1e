"""`creditrisk history`: what was decided."""

from datetime import datetime
from pathlib import Path

import click

from cli.places import place_of, tell
from creditrisk.counted import counted
from creditrisk.errors import CreditRiskError, NoHistory
from creditrisk.history import open_history
from creditrisk.history.bucket import BucketHistory
from creditrisk.history.merging import OPEN_DAYS, merge_days
from creditrisk.outcomes import open_outcomes


@click.group()
def history() -> None:
    """What was decided, recorded once for each application."""


@history.command()
@click.argument("out", metavar="OUT.csv", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--from", "url", metavar="URL", help="A folder or s3://bucket/prefix; HISTORY_URL when not given."
)
def export(out: Path, url: str | None) -> None:
    """Write the whole history into one CSV file (- for standard output), every application once.

    Rows of every version come under one header. Text that a spreadsheet would take for a formula gets an apostrophe in
    front (docs/history.md). A row that cannot be read is counted and named on stderr.
    """
    from cli.exporting import Export

    place = place_of(url)
    export = Export()
    for part in open_history(place).parts():
        export.add(part)
    if not export.parts:
        raise NoHistory(
            f"There is no history at {place}; name a folder that holds one, or s3://bucket/prefix, with --from or "
            "HISTORY_URL."
        )
    export.write(out)
    tell(
        export.unreadable,
        "of the history cannot be read and are not in the export",
        "of the history cannot be read and is not in the export",
    )
    click.echo(
        f"{counted(export.count, 'application')} written to {'standard output' if str(out) == '-' else out}",
        err=str(out) == "-",
    )


@history.command("import")
@click.argument("source", metavar="HISTORY.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", "url", metavar="URL", help="A folder or s3://bucket/prefix; HISTORY_URL when not given."
)
@click.option("--received", metavar="MOMENT", type=click.DateTime(), help="When they were received (UTC), if the file does not say.")  # fmt: skip
@click.option("--observed", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="When the outcomes in the target's column stood so; today when not given.")  # fmt: skip
@click.option("--labelled", is_flag=True, help="The file is one that a model is trained from: fields and the target's column, and no prediction.")  # fmt: skip
@click.option("--score", is_flag=True, help="With --labelled: the probabilities are those of the model that decides now.")  # fmt: skip
def bring(
    source: Path,
    url: str | None,
    received: datetime | None,
    observed: datetime | None,
    labelled: bool,
    score: bool,
) -> None:
    """Bring another history along: the history.csv of the usual design (the form's fields and the prediction, with a header
    or without), or an exported one.

    What was accepted then is kept as it stands. The same file again adds nothing; a longer one adds what is new. Outcomes in
    the target's column come along too (`creditrisk outcomes`), marked as imported.
    """
    from cli.importing import read
    from cli.labelled import add_labels, read_labelled

    if score and not labelled:
        raise click.UsageError("--score goes with --labelled: other files tell what was predicted then.")
    found = read_labelled(source, received, score) if labelled else read(source, received)
    place = place_of(url)
    history = open_history(place)
    tell(found.unreadable, "cannot be read and are left out", "cannot be read and is left out")
    for note in found.notes:
        click.echo(f"creditrisk: {note}", err=True)
    if not found.records and found.unreadable:
        raise CreditRiskError(f"Nothing in {source} could be brought along.")
    new = found.without(row.id for part in history.parts() for row in part.rows)
    if new:
        history.add_part(found.name_of(new), list(new.values()))
    labels = add_labels(open_outcomes(place), found.labels, observed)
    there = len(found.records) - len(new)
    click.echo(
        f"{counted(len(new), 'application')} brought along from {source} to {place}"
        + (f"; {counted(there, 'was', 'were')} there already" if there else "")
        + (f"; {counted(labels, 'outcome')}" if found.labels else "")
    )


@history.command()
@click.option("--at", "url", metavar="URL", help="s3://bucket/prefix; HISTORY_URL when not given.")
@click.option(
    "--open-days",
    metavar="DAYS",
    type=click.IntRange(1),
    default=OPEN_DAYS,
    show_default=True,
    help="Days until what came in on a day is surely recorded.",
)
def merge(url: str | None, open_days: int) -> None:
    """Make few large objects of those of closed days in S3, which hold a batch each.

    What the history says stays the same at every moment. Stopped half way, it goes on the next time. A history in a folder
    is large files already.
    """
    place = place_of(url)
    history = open_history(place)
    if not isinstance(history, BucketHistory):
        click.echo(f"{place} is a folder: there is nothing to merge")
        return
    merged = merge_days(history, open_days=open_days)
    tell(
        merged.left,
        "cannot be carried over; their objects stay as they are",
        "cannot be carried over; its object stays as it is",
    )
    click.echo(f"{counted(merged.objects, 'object')} merged into {merged.written} at {place}")
