"""`creditrisk score`: a CSV file in, the same rows with their decisions out."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from tqdm import tqdm

from creditrisk.errors import CreditRiskError
from creditrisk.settings import Settings

if TYPE_CHECKING:
    from scoring.rows import RowScorer

CHUNK = 10_000
"""Rows that are scored together."""
Rows = list[list[str]]


class UnusableFile(CreditRiskError):
    """The file as a whole cannot be scored, or the result cannot be written."""


@click.command()
@click.argument("source", metavar="IN.csv", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--reasons/--no-reasons",
    default=True,
    show_default=True,
    help="Tell the principal reasons of each decision.",
)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that score, beside the one that reads and writes.")  # fmt: skip
def score(source: Path, target: Path, reasons: bool, processes: int) -> None:
    """Score every row of a CSV file whose header names the fields, in either spelling.

    Every row comes back, in order, with probability, prediction, decision, reasons and error. A bad row gets its error
    and stops nothing. Other columns are kept as they are.
    """
    settings = Settings.from_environment()
    most = 4 if reasons else 0
    partial = target.with_name(target.name + ".partial")
    try:
        with _text(source) as file, partial.open("w", encoding="utf-8", newline="") as out:
            count, bad = _score(file, out, settings, most, processes, source.stat().st_size)
        partial.replace(target)
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
        partial.unlink(missing_ok=True)
    click.echo(f"{count:,} rows scored into {target}, {bad:,} of them with an error")


def _text(source: Path) -> TextIO:
    """The file as text: UTF-8 (with or without its mark), else ISO-8859-1, as the published data is."""
    with source.open("rb") as raw:
        sample = raw.read(1 << 20)
    try:
        sample[: sample.rfind(b"\n") + 1 or None].decode("utf-8")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "iso-8859-1"
    return source.open(encoding=encoding, newline="")


def _score(
    file: TextIO, out: TextIO, settings: Settings, reasons: int, processes: int, size: int
) -> tuple[int, int]:
    """Score from `file` into `out`; returns how many rows, and how many with an error."""
    from scoring.rows import RESULT_COLUMNS  # numpy is slow to import

    first = file.readline()
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header = next(csv.reader([first], delimiter=delimiter), [])
    if not header:
        raise UnusableFile("The file is empty; its first line must name the columns.")
    _make(settings, header, reasons)  # refuses a wrong header or model before anything is written
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow([*header, *RESULT_COLUMNS])
    count = bad = 0
    reader = csv.reader(file, delimiter=delimiter)
    with (
        ProcessPoolExecutor(processes, get_context("spawn"), _begin, (settings, header, reasons)) as pool,
        tqdm(total=size, unit="B", unit_scale=True, desc="scoring") as bar,
    ):
        for rows, results in _in_order(pool, _chunks(reader), processes + 2):
            writer.writerows(
                [*row[: len(header)], *_padding(row, header), *cells]
                for row, cells in zip(rows, results, strict=True)
            )
            count, bad = count + len(rows), bad + sum(1 for cells in results if cells[-1])
            bar.update(sum(len(cell) + 1 for row in rows for cell in row))
    return count, bad


def _padding(row: Sequence[str], header: Sequence[str]) -> list[str]:
    """Empty cells for a row that is too short, so that its error stands in its column."""
    return [""] * (len(header) - len(row))


def _chunks(reader: Iterator[list[str]]) -> Iterator[Rows]:
    rows = filter(None, reader)
    try:
        while chunk := list(islice(rows, CHUNK)):
            yield chunk
    except csv.Error as error:
        raise UnusableFile(f"The file is not CSV: {error}.") from None


def _in_order(pool: ProcessPoolExecutor, chunks: Iterator[Rows], ahead: int) -> Iterator[tuple[Rows, Rows]]:
    """Chunks with their results, in order; at most `ahead` of them are in memory."""
    waiting: deque[tuple[Rows, Future[Rows]]] = deque()
    for chunk in chunks:
        waiting.append((chunk, pool.submit(_work, chunk)))
        if len(waiting) >= ahead:
            rows, future = waiting.popleft()
            yield rows, future.result()
    for rows, future in waiting:
        yield rows, future.result()


_scorer: Any = None
"""The row scorer of a scoring process."""


def _make(settings: Settings, header: Sequence[str], reasons: int) -> "RowScorer":
    import scoring
    from scoring.rows import RowScorer

    return RowScorer(
        scoring.load(settings.model_folder, settings.model, None, settings.threshold), header, reasons
    )


def _begin(settings: Settings, header: Sequence[str], reasons: int) -> None:
    global _scorer
    _scorer = _make(settings, header, reasons)


def _work(rows: Rows) -> Rows:
    results: Rows = _scorer.score(rows)
    return results
