"""`creditrisk score`: a CSV file in, the same rows with their decisions out."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

import click
from tqdm import tqdm

from creditrisk.errors import UnusableFile
from creditrisk.settings import Settings

if TYPE_CHECKING:  # numpy is slow to import
    from scoring.pieces import Piece
    from scoring.rows import RowScorer

ROWS = 5_000
"""Rows that are scored together."""
_BLOCK = 1 << 20

Scored = tuple[str, int, int]
"""A piece with its results, how many rows it had, and how many of them were bad."""


@click.command()
@click.argument("source", metavar="IN.csv", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reasons/--no-reasons", default=True, show_default=True, help="Tell the principal reasons of each decision.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=min(os.cpu_count() or 1, 8), show_default=True, help="Processes that score a long file.")  # fmt: skip
def score(source: Path, target: Path, reasons: bool, processes: int) -> None:
    """Score every row of a CSV file whose header names the fields, in either spelling.

    Every row comes back, in order, with probability, prediction, decision, reasons and error. A bad row gets its error
    and stops nothing. Other columns are kept as they are.
    """
    settings = Settings.from_environment()
    unfinished = target.with_name(target.name + ".partial")
    try:
        with source.open("rb") as file, unfinished.open("w", encoding="utf-8", newline="") as out:
            count, bad = _score(file, source, out, settings, 4 if reasons else 0, processes)
        unfinished.replace(target)
    except OSError as error:
        raise UnusableFile(f"{error.filename or target}: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise UnusableFile(
            f"{source} begins as UTF-8 and goes on in another encoding; save it as UTF-8."
        ) from None
    except BrokenProcessPool:
        raise UnusableFile(
            "A scoring process was ended from outside, perhaps for lack of memory; nothing was written."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(f"{count:,} rows scored into {target}, {bad:,} of them with an error")


@dataclass(frozen=True)
class _Table:
    """A file, and how its rows are read and scored."""

    source: Path
    encoding: str
    columns: list[str]
    delimiter: str
    settings: Settings
    reasons: int

    def scorer(self) -> "RowScorer":
        """A scorer of its rows. Raises UnusableFile on a wrong header, scoring's errors on a wrong model."""
        from functions.scorer.model import load_model
        from scoring.rows import RowScorer

        return RowScorer(load_model(self.settings), self.columns, self.reasons, self.delimiter)

    def scored(self, scorer: "RowScorer", piece: "Piece") -> Scored:
        """One piece, read and scored."""
        with self.source.open("rb") as file:
            file.seek(piece.start)
            return scorer.score_text(file.read(piece.end - piece.start).decode(self.encoding))


def _score(
    file: BinaryIO, source: Path, out: TextIO, settings: Settings, reasons: int, processes: int
) -> tuple[int, int]:
    """Score from `file` into `out`; returns how many rows, and how many with an error."""
    from scoring.pieces import columns_of, cut
    from scoring.rows import RESULT_COLUMNS

    encoding = _encoding(file)
    line, pieces = cut(iter(partial(file.read, _BLOCK), b""), ROWS)
    header = line.decode(encoding).rstrip("\r\n")
    columns, delimiter = columns_of(header)
    table = _Table(source, encoding, columns, delimiter, settings, reasons)
    scorer = table.scorer()  # refuses a wrong header or model before anything is written
    out.write(delimiter.join((header, *RESULT_COLUMNS)) + "\n")
    first = list(islice(pieces, 2))
    count = bad = 0
    with (
        _workers(table, scorer, processes if len(first) > 1 else 1) as submit,
        tqdm(
            total=source.stat().st_size, initial=len(line), unit="B", unit_scale=True, desc="scoring"
        ) as bar,
    ):
        for piece, (text, rows, wrong) in _in_order(submit, chain(first, pieces), processes + 2):
            out.write(text)
            count, bad = count + rows, bad + wrong
            bar.update(piece.end - piece.start)
    return count, bad


def _encoding(file: BinaryIO) -> str:
    """UTF-8 (with or without its mark), else ISO-8859-1, as the published data is."""
    sample = file.read(_BLOCK)
    file.seek(0)
    try:
        sample[: sample.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf-8-sig"


@contextmanager
def _workers(
    table: _Table, scorer: "RowScorer", processes: int
) -> Iterator[Callable[["Piece"], "Future[Scored]"]]:
    """What takes a piece to be scored: this process when one is enough, else a pool."""
    if processes == 1:

        def here(piece: "Piece") -> "Future[Scored]":
            done: Future[Scored] = Future()
            done.set_result(table.scored(scorer, piece))
            return done

        yield here
    else:
        with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (table,)) as pool:
            yield lambda piece: pool.submit(_work, piece)


def _in_order(
    submit: Callable[["Piece"], "Future[Scored]"], pieces: Iterable["Piece"], ahead: int
) -> Iterator[tuple["Piece", Scored]]:
    """Pieces with their results, in order; at most `ahead` of them are in memory."""
    waiting: deque[tuple[Piece, Future[Scored]]] = deque()
    for piece in pieces:
        waiting.append((piece, submit(piece)))
        if len(waiting) >= ahead:
            first, future = waiting.popleft()
            yield first, future.result()
    for piece, future in waiting:
        yield piece, future.result()


_of_process: "tuple[_Table, RowScorer]"
"""What a process of the pool scores with."""


def _begin(table: _Table) -> None:
    global _of_process
    _of_process = table, table.scorer()


def _work(piece: "Piece") -> Scored:
    table, scorer = _of_process
    return table.scored(scorer, piece)
