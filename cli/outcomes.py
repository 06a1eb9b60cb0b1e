"""`creditrisk outcomes`: what became of applications."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from tqdm import tqdm

from cli.places import place_of, tell
from cli.stopping import stoppable
from creditrisk.counted import counted
from creditrisk.errors import CreditRiskError, ExportNotWritten, UnknownApplication, UnusableFile
from creditrisk.history import open_history
from creditrisk.outcomes import COLUMNS, open_outcomes
from creditrisk.outcomes.adding import Progress, Report, add
from creditrisk.outcomes.given import GivenFile

at = click.option(
    "--at",
    "url",
    metavar="URL",
    help="The history: a folder or s3://bucket/prefix; HISTORY_URL when not given.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.group()
def outcomes() -> None:
    """What became of applications: good, bad or indeterminate, kept beside the history and never changed."""


@outcomes.command("add")
@click.argument("source", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@at
@click.option("--report", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path), help="Write the lines that could not be taken, and why, to this file.")  # fmt: skip
@as_json
def add_file(source: Path, url: str | None, report: Path | None, as_json: bool) -> None:
    """Add a file of outcomes. Its columns: APPLICATION_ID, or a person's identity and the DATE the application came in;
    OUTCOME (good, bad or indeterminate); OBSERVED_AT, when it stood so; and EXPOSURE and LOSS, if known.

    The same file again adds nothing. A correction is a row with a later OBSERVED_AT; both stay, and the later one counts. A
    row that means no application is told and left out.
    """
    place = place_of(url)
    stopped = "creditrisk: stopped; what was added stays, and the same file again completes it"
    with stoppable(stopped), _bar(source.name) as progress:
        try:
            with source.open("rb") as raw:
                file = GivenFile(raw)
        except UnusableFile as error:
            raise _named(error, source) from None
        except OSError as error:
            raise UnusableFile(f"{source} cannot be read: {error.strerror}.") from error
        done = add(open_history(place), open_outcomes(place), file, progress)
    if report:
        _write_report(report, done)
    if as_json:
        click.echo(json.dumps(done.as_dict()))
    else:
        tell(
            [f"{source.name}, line {row.line}: {row.problem}" for row in done.refused],
            "are left out",
            "is left out",
        )
    if done.rows and len(done.refused) == done.rows:
        raise CreditRiskError(f"Nothing in {source} could be added.")
    if not as_json:
        click.echo(_told(done, source, place))


def _named(error: UnusableFile, source: Path) -> UnusableFile:
    """The same error, with the file's name."""
    return type(error)(f"{source}: {error}")


def _told(done: Report, source: Path, place: str) -> str:
    told = f"{counted(done.added, 'outcome')} added from {source} to {place}"
    if done.known:
        told += f"; {counted(done.known, 'was', 'were')} there already"
    if done.corrected:
        stay = counted(done.corrected, "was corrected since and stays", "were corrected since and stay")
        told += f", of which {stay} so: a later OBSERVED_AT corrects again"
    return told


def _write_report(path: Path, done: Report) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["line", "problem"])
            writer.writerows((row.line, row.problem) for row in done.refused)
    except OSError as error:
        raise ExportNotWritten(f"{path} cannot be written ({error.strerror or error}).") from error


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    """A bar on a terminal, for the step that is under way."""
    bar = tqdm(desc=name, leave=False, disable=not sys.stderr.isatty())

    def show(what: str, done: int, all: int) -> None:
        bar.set_description(f"{what} {name}", refresh=False)
        bar.total = all
        bar.n = done
        bar.refresh()

    try:
        yield show
    finally:
        bar.close()


@outcomes.command()
@click.argument("out", metavar="OUT.csv", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@at
@click.option("--standing", is_flag=True, help="Of each application only the outcome that counts.")
def export(out: Path, url: str | None, standing: bool) -> None:
    """Write all outcomes into one CSV file (- for standard output), in the order in which they were added."""
    rows = open_outcomes(place_of(url)).rows()
    if standing:
        rows = _standing(rows)
    try:
        if str(out) == "-":
            count = _write(sys.stdout, rows)
        else:
            partial = out.with_name(f"{out.name}.partial")
            with partial.open("w", encoding="utf-8", newline="") as file:
                count = _write(file, rows)
            partial.replace(out)
    except OSError as error:
        raise ExportNotWritten(f"{out} cannot be written ({error.strerror or error}).") from error
    place = "standard output" if str(out) == "-" else out
    click.echo(f"{counted(count, 'outcome')} written to {place}", err=str(out) == "-")


def _write(file: TextIO, rows: Iterable[Mapping[str, str]]) -> int:
    writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    file.flush()
    return count


def _standing(rows: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Of each application the outcome observed last, and of those observed at one moment the one added last."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        before = found.get(row["APPLICATION_ID"])
        if before is None or row["OBSERVED_AT"] >= before["OBSERVED_AT"]:
            found[row["APPLICATION_ID"]] = row
    yield from found.values()


@outcomes.command()
@click.argument("application_id", metavar="ID")
@at
@as_json
def show(application_id: str, url: str | None, as_json: bool) -> None:
    """Show every outcome that was told of an application, and which one counts."""
    found = [row for row in open_outcomes(place_of(url)).rows() if row["APPLICATION_ID"] == application_id]
    if not found:
        raise UnknownApplication(
            f"No outcome of {application_id} is known; `creditrisk outcomes add` adds them."
        )
    counts = max(range(len(found)), key=lambda number: (found[number]["OBSERVED_AT"], number))
    if as_json:
        click.echo(json.dumps([row | {"counts": number == counts} for number, row in enumerate(found)]))
        return
    for number, row in enumerate(found):
        amounts = "".join(f"  {name.lower()} {row[name]}" for name in ("EXPOSURE", "LOSS") if row[name])
        click.echo(
            f"{row['OBSERVED_AT']:<24}  {row['OUTCOME']:<13}{amounts}  added {row['ADDED_AT']}"
            + ("  counts" if number == counts else "")
        )
