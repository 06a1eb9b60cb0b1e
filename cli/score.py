"""`creditrisk score`: a CSV file in, the same rows with their decisions out."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

import click
from tqdm import tqdm

from cli.stopping import Work, end_with, stoppable, undisturbed
from creditrisk.counted import counted
from creditrisk.errors import UnusableFile
from creditrisk.files import Piece, Plan, plain, plan, read
from creditrisk.policy.in_force import policy_in_force
from creditrisk.settings import Settings

if TYPE_CHECKING:  # numpy is slow to import
    from creditrisk.files.rows import RowScorer

ROWS = 5_000
"""Rows that are scored together."""

Task = tuple[Piece, bytes | None]
"""A piece, and its text where the file itself does not have it as it is."""
Scored = tuple[str, int, int]
"""A piece with its results, how many rows it had, and how many of them were bad."""


@click.command()
@click.argument("source", metavar="IN.csv", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reasons/--no-reasons", default=True, show_default=True, help="Tell the principal reasons of each decision.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=min(os.cpu_count() or 1, 8), show_default=True, help="Processes that score a long file.")  # fmt: skip
def score(source: Path, target: Path, reasons: bool, processes: int) -> None:
    """Score every row of a CSV file whose header names the fields, in either spelling.

    The cells may be separated by commas, semicolons, tabs or bars; the text may be UTF-8, UTF-16 or Windows-1252, plain
    or gzipped. Every row comes back in UTF-8, in order, with probability, prediction, decision, reasons, the fields
    whose value is unknown to the model, and error. A bad row gets its error and stops nothing. Other columns are kept
    as they are, and named on stderr.
    """
    settings = Settings.from_environment()
    unfinished = target.with_name(target.name + ".partial")
    with stoppable("creditrisk: stopped; nothing was written."):
        try:
            with source.open("rb") as file, unfinished.open("w", encoding="utf-8", newline="") as out:
                count, bad = _score(file, source, out, settings, 4 if reasons else 0, processes)
            unfinished.replace(target)
        except OSError as error:
            raise UnusableFile(f"{error.filename or target}: {error.strerror or error}.") from None
        except BrokenProcessPool:
            raise UnusableFile(
                "A scoring process was ended from outside, perhaps for lack of memory; nothing was written."
            ) from None
        finally:
            unfinished.unlink(missing_ok=True)
    click.echo(f"{counted(count, 'row')} scored into {target}, {bad:,} of them with an error")


@dataclass(frozen=True)
class _Table:
    """A file, and how its rows are read and scored."""

    source: Path
    plan: Plan
    settings: Settings
    reasons: int

    def scorer(self) -> "RowScorer":
        """A scorer of its rows. Raises UnusableFile on a wrong header, scoring's errors on a wrong model."""
        from creditrisk.files.rows import RowScorer
        from functions.model import load_model

        settings, header = self.settings, self.plan.header
        return RowScorer(
            load_model(settings), policy_in_force(settings), header.columns, self.reasons, header.delimiter
        )

    def scored(self, scorer: "RowScorer", task: Task) -> Scored:
        """One piece, read and scored. Raises UnusableFile when the file was changed meanwhile."""
        piece, data = task
        if data is None:
            with self.source.open("rb") as file:
                file.seek(piece.start)
                data = file.read(piece.end - piece.start)
        try:
            return scorer.score_text(data.decode(self.plan.encoding))
        except UnicodeDecodeError:
            raise UnusableFile(
                f"{self.source} was changed while it was scored; score it once more."
            ) from None


def _score(
    file: BinaryIO, source: Path, out: TextIO, settings: Settings, reasons: int, processes: int
) -> tuple[int, int]:
    """Score from `file` into `out`; returns how many rows, and how many with an error."""
    from creditrisk.files.rows import RESULT_COLUMNS

    blocks, other = plain(file)
    planned = plan(blocks, ROWS)
    table = _Table(source, planned, settings, reasons)
    scorer = table.scorer()  # refuses a wrong header or model before anything is written
    for note in scorer.columns.notes(scorer.scorer.fields):
        click.echo(f"creditrisk: {note}", err=True)
    out.write(planned.header.line(*RESULT_COLUMNS))
    count = bad = 0
    with (
        _workers(table, scorer, processes if len(planned.pieces) > 1 else 1) as submit,
        tqdm(total=planned.end, unit="B", unit_scale=True, desc="scoring") as bar,
    ):
        for piece, (text, rows, wrong) in _in_order(submit, _tasks(file, planned, other), processes + 2):
            out.write(text)
            count, bad = count + rows, bad + wrong
            bar.update(piece.end - bar.n)
    return count, bad


def _tasks(file: BinaryIO, planned: Plan, other: bool) -> Iterator[Task]:
    """The pieces, with their text when the file has it only packed or in UTF-16."""
    if not other:
        return ((piece, None) for piece in planned.pieces)
    file.seek(0)
    return zip(planned.pieces, read(plain(file)[0], planned.pieces), strict=True)


@contextmanager
def _workers(
    table: _Table, scorer: "RowScorer", processes: int
) -> Iterator[Callable[[Task], "Future[Scored]"]]:
    """What takes a piece to be scored: this process when one is enough, else a pool, which ends when this ends."""
    if processes == 1:

        def here(task: Task) -> "Future[Scored]":
            done: Future[Scored] = Future()
            done.set_result(table.scored(scorer, task))
            return done

        yield here
        return

    context = get_context("spawn")
    lifeline, alive = context.Pipe(duplex=False)
    wanted, wanting = context.Pipe(duplex=False)
    with undisturbed():
        executor = ProcessPoolExecutor(processes, context, _begin, (table, lifeline, wanted))
    with executor as pool:

        def there(task: Task) -> "Future[Scored]":
            with undisturbed():  # the pool starts a process when there is work for it
                return pool.submit(_work, task)

        try:
            yield there
        except BrokenProcessPool:
            alive.close()  # who is left waits for what never comes
            raise
        except BaseException:
            wanting.close()  # and now: the pool itself would first finish what it has
            pool.shutdown(cancel_futures=True)
            raise


def _in_order(
    submit: Callable[[Task], "Future[Scored]"], tasks: Iterable[Task], ahead: int
) -> Iterator[tuple[Piece, Scored]]:
    """Pieces with their results, in order; at most `ahead` of them are in memory."""
    waiting: deque[tuple[Piece, Future[Scored]]] = deque()
    for task in tasks:
        waiting.append((task[0], submit(task)))
        if len(waiting) >= ahead:
            first, future = waiting.popleft()
            yield first, future.result()
    for piece, future in waiting:
        yield piece, future.result()


_of_process: "tuple[_Table, RowScorer, Work]"
"""What a process of the pool scores with."""


def _begin(table: _Table, lifeline: Connection, wanted: Connection) -> None:
    global _of_process
    end_with(lifeline)
    _of_process = table, table.scorer(), Work(wanted)


def _work(task: Task) -> Scored:
    table, scorer, work = _of_process
    with work.under_way():
        return table.scored(scorer, task)
