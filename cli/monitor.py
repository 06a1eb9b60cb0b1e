"""`creditrisk monitor`: what became of the decisions, whether that was foreseen, and what has moved."""

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from creditrisk.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option("--since", type=_DAY, help="Applications received from this moment on (UTC).")
@click.option("--until", type=_DAY, help="Applications received before this moment (UTC).")
@click.option("--as-of", "as_of", type=_DAY, help="Outcomes as they were known then [now].")
@click.option("--maturity", metavar="MONTHS", type=click.IntRange(0, 120), help="Months without a default after which an applicant counts as good [the portfolio's].")  # fmt: skip
@click.option("--model", metavar="MODEL", default="", help="Only what this model decided: its name, its version, or both.")  # fmt: skip
@click.option("--json", "as_data", is_flag=True, help="Write the report as JSON.")
@click.option("--html", "page", metavar="OUT.html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one page, with charts.")  # fmt: skip
def monitor(
    since: datetime | None,
    until: datetime | None,
    as_of: datetime | None,
    maturity: int | None,
    model: str,
    as_data: bool,
    page: Path | None,
) -> None:
    """Tell how well the decisions turned out: performance on known outcomes and over all applicants, what to expect before
    outcomes are there, drift, champion and challenger, and groups of applicants.

    What each figure means, and where it comes from, is told in docs/monitor.md.
    """
    from lifecycle.report.as_html import as_html
    from lifecycle.report.as_json import as_json
    from lifecycle.report.as_text import as_text
    from lifecycle.report.reading import read_report
    from lifecycle.report.writing import write_page

    settings = Settings.from_environment()
    now = _utc(as_of) or datetime.now(UTC)
    report = read_report(settings, now, _utc(since), _utc(until), maturity, model, _tell)
    if page:
        write_page(page, as_html(report))
        click.echo(f"The report is in {page}", err=True)
    if as_data:
        click.echo(json.dumps(as_json(report), ensure_ascii=False, indent=1))
    elif not page:
        click.echo(as_text(report, min(shutil.get_terminal_size((120, 24)).columns, 120)))


def _tell(stage: str) -> None:
    """What is done now, where somebody watches: a million applications take half a minute."""
    if sys.stderr.isatty():
        click.echo(f"creditrisk: {stage} …", err=True)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
