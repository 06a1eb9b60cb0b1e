"""The reference distributions of a hand-over: of the rows that came with it, and of the scores that they get."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from creditrisk.application import FIELDS
from creditrisk.counted import counted
from creditrisk.errors import WrongColumns
from creditrisk.files import Columns
from models.handover.errors import UnusableRows
from models.handover.folder import ROWS, Folder
from models.reference import reference_of
from models.store.layer import add_reference
from scoring import load
from scoring.manifest import REFERENCE, read_manifest
from scoring.reference import Reference, read_reference
from scoring.scorer import AnyScorer

FEWEST: Final = 500
"""How many applications distributions need: with fewer, there are too few bins to notice a drift."""
_MOST: Final = 200_000
_BLOCK: Final = 2_000
_WRITE: Final = "write it with frame.to_csv(file, index=False)"


def add(layer: Path, folder: Folder, warnings: list[str]) -> int | None:
    """Add to a finished layer the distributions of the rows in its hand-over, if there are any; a warning says how many rows
    were left out. Returns how many applications the layer's distributions count, None when it has none. Raises
    UnusableRows."""
    manifest = read_manifest(layer)
    if folder.rows is not None:
        reference, left_out = count(folder.rows, [load(layer, name) for name in manifest.models])
        add_reference(layer, reference)
        if left_out:
            warnings.append(
                f"{ROWS}: {counted(left_out, 'row is', 'rows are')} left out, since no form would accept them"
            )
        return reference.rows
    return read_reference(layer, manifest).rows if REFERENCE in manifest.data["files"] else None


def count(data: bytes, scorers: Sequence[AnyScorer]) -> tuple[Reference, int]:
    """The distributions of a CSV file's applications and of every model's scores for them, and how many rows were left
    out, since no form would accept them. Raises UnusableRows."""
    header, body = _table(data)
    fields = sorted({name for scorer in scorers for name in scorer.fields})
    try:
        place = _places(header, fields)
    except WrongColumns as error:
        raise UnusableRows(f"{ROWS}: {error} It needs a column for each field that the models use.") from None
    rows: list[dict[str, Any]] = []
    refused: Counter[str] = Counter()
    for number, cells in enumerate(body, 1):
        if len(cells) != len(header):
            raise UnusableRows(
                f"{ROWS}: row {number} has {len(cells)} cells, and the header {len(header)}; {_WRITE}."
            )
        row: dict[str, Any] = {}
        for name in fields:
            try:
                row[name] = FIELDS[name].parse(cells[place[name]])
            except ValueError:
                refused[name] += 1
                break
        else:
            rows.append(row)
    if len(rows) < FEWEST or len(rows) < len(body) / 2:
        why = f"; the first field to fail is mostly {refused.most_common(1)[0][0]}" if refused else ""
        raise UnusableRows(
            f"{ROWS} has {len(rows):,} usable rows of {len(body):,}{why}. Give the applications that the model learned "
            f"from, {FEWEST} at least, or leave the file out."
        )
    scores = {scorer.name: _scores(scorer, rows) for scorer in scorers}
    columns = {name: [row[name] for row in rows] for name in fields}
    return reference_of(columns, fields, scores), len(body) - len(rows)


def _table(data: bytes) -> tuple[list[str], list[list[str]]]:
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        table = list(islice(filter(None, lines), _MOST + 2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnusableRows(f"{ROWS} is no CSV in UTF-8 ({error}); {_WRITE}.") from None
    if not 2 <= len(table) <= _MOST + 1:
        has = f"{len(table)} lines" if len(table) < 2 else "more"
        raise UnusableRows(f"{ROWS} needs a header and up to {_MOST:,} rows; it has {has}.")
    return table[0], table[1:]


def _places(header: Sequence[str], fields: Sequence[str]) -> dict[str, int]:
    columns = Columns.of(header)
    columns.check(fields)
    return dict(columns.place)


def _scores(scorer: AnyScorer, rows: Sequence[dict[str, Any]]) -> Any:
    blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
    return np.array([score.probability for block in blocks for score in scorer.score(block, explained=False)])
