"""`creditrisk index`: the database that answers look-ups, made from the record."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import click
from tqdm import tqdm

from cli.stopping import stoppable
from creditrisk.counted import counted
from creditrisk.errors import CreditRiskError
from creditrisk.settings import Settings
from lifecycle.index.building import rebuild as build
from lifecycle.index.checking import check as compare
from lifecycle.index.database import Database
from lifecycle.index.opening import open_database
from lifecycle.index.query import FACETS, MOST_ROWS, SORTS, Query
from lifecycle.index.search import Page
from lifecycle.index.search import search as look_up
from lifecycle.index.service import serve
from lifecycle.index.status import status as state_of

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
_SHOWN = ("id", "received_at", "decision", "probability", "model", "version", "outcome", "review")


class IndexDiffers(CreditRiskError):
    """The index does not say what the record says."""


@click.group()
def index() -> None:
    """The index of the record: look-ups and counts, quick at any length.

    It lies beside the history (index.sqlite), or where DATABASE_URL says, and can be deleted: it is made anew from the
    record.
    """


def _open() -> tuple[Database, str]:
    settings = Settings.from_environment()
    return open_database(settings.database_url, settings.history_url), settings.history_url


@contextmanager
def _rows(what: str) -> Iterator[Any]:
    """A count of rows on stderr, where somebody looks at it."""
    with tqdm(desc=what, unit=" rows", disable=None, leave=False) as bar:
        yield bar.update


@index.command()
@click.option("--anew", is_flag=True, help="Do not go on with what an interrupted attempt left.")
@_JSON
def rebuild(anew: bool, as_json: bool) -> None:
    """Make the index from the record. The old one answers until the new one is whole; interrupted, it is gone on with."""
    database, history_url = _open()
    with (
        stoppable("creditrisk: stopped; `creditrisk index rebuild` goes on from there."),
        _rows("indexed") as progress,
    ):
        build(database, history_url, progress, anew=anew)
    found = state_of(database, history_url)
    click.echo(
        json.dumps(asdict(found))
        if as_json
        else f"{counted(found.applications, 'application is', 'applications are')} in the index"
    )


@index.command()
@_JSON
def check(as_json: bool) -> None:
    """Compare the index with the record: every application, outcome, review and count. Exit status 1 when they differ."""
    database, history_url = _open()
    with _rows("compared") as progress:
        found = compare(database, history_url, progress)
    if as_json:
        click.echo(json.dumps(asdict(found)))
    else:
        for sentence in found.differences:
            click.echo(sentence)
        behind = (
            f"; {counted(found.behind, 'row is', 'rows are')} not in the index yet" if found.behind else ""
        )
        click.echo(f"{counted(found.applications, 'application')} compared{behind}")
    if found.differing:
        raise IndexDiffers(
            f"The index differs from the record in {counted(found.differing, 'place')}: `creditrisk index rebuild`."
        )


@index.command()
def follow() -> None:
    """Follow the record into the index until Ctrl-C or SIGTERM: what is recorded is found within two seconds."""
    import signal

    os.nice(10)  # whoever waits for a decision comes first
    database, history_url = _open()
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    serve(database, history_url, end.wait)


@index.command()
@_JSON
def status(as_json: bool) -> None:
    """Show how the index stands."""
    found = asdict(state_of(*_open()))
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' '):<13} {'-' if value in (None, '') else value}")


def _filters(command: Any) -> Any:
    """The options that a query consists of, each a text that `Query` reads."""
    helps = {
        "id": "An application's id.",
        "identity": "An identity number, with or without punctuation.",
        "name": "Words that begin words of the name; accents, case and order do not matter.",
        "since": "First day on which it was received (UTC): 2026-11-30.",
        "until": "Last such day.",
        **{name: f"Its {name}; `none`: that have none." for name in FACETS},
        "sort": f"One of {', '.join(SORTS)}; - is descending. [{SORTS[0]}]",
        "limit": f"Rows of a page, at most {MOST_ROWS}. [50]",
        "after": "The `next` or `previous` that another page told.",
    }
    for name, told in reversed(helps.items()):
        command = click.option(f"--{name}", metavar=name.upper(), default="", help=told)(command)
    return command


@index.command()
@_filters
@_JSON
def search(as_json: bool, **texts: str) -> None:
    """Look applications up; filters are combined. A page tells the cursor of the next one."""
    page = look_up(_open()[0], Query.from_texts(texts))
    if as_json:
        rows = [asdict(row) for row in page.rows]
        count = {"number": page.count.number, "more": page.count.more}
        click.echo(json.dumps({"rows": rows, "count": count, "next": page.next, "previous": page.previous}))
    else:
        _print(page)


def _print(page: Page) -> None:
    cells = [_SHOWN, *[tuple(map(partial(_told, row), _SHOWN)) for row in page.rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    click.echo(f"{page.count} found" + (f"; --after {page.next} for the next" if page.next else ""))


def _told(row: object, name: str) -> str:
    value = getattr(row, name)
    return "-" if value in (None, "") else f"{value:.4f}" if isinstance(value, float) else str(value)
