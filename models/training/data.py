"""A lender's past applications with their outcomes, as the portfolio in use reads them: what a model is trained on."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS, Field, Role, canonical_name
from creditrisk.counted import counted
from creditrisk.errors import UnusableFile
from creditrisk.files import Columns
from creditrisk.files.columns import listed, told_of
from creditrisk.formulas import as_it_was
from creditrisk.portfolio import active
from creditrisk.portfolio.reading import RESERVED, SUBSTITUTE
from models.table import Table, UnusableData, bytes_of, outcome_of, table_of, text_of
from models.training.published import SOURCE_FIELDS, is_published, published_rows

FEWEST: Final = 500
"""Applications that a model needs at least."""
_FEWEST_EACH: Final = 20
"""Good ones, and bad ones, that it needs at least: each part of a cross-validation has some."""
_REFUSED: Final = object()
Cells = Mapping[str, Sequence[str]]
"""Field → what stands in the file, one text for each row."""


@dataclass(frozen=True)
class Data:
    """Applications with known outcomes: `columns` field → canonical values, `bad` 1 for a default.

    `refused` counts rows that no form would accept, by field; they are left out, so that the model is trained on what
    it will be asked. `fingerprint` is the SHA-256 of the file's text. `notes` are sentences for who trains: columns that
    no field is, fields that no column is, rows that were left out. `weights` say how many applicants a row stands for, where
    some applicants had a smaller chance than others to be among the rows: see `models.training.arrays.Weights`.
    """

    columns: dict[str, list[Any]]
    bad: NDArray[np.int64]
    refused: dict[str, int]
    fingerprint: str
    notes: tuple[str, ...] = ()
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.bad)

    def take(self, rows: NDArray[np.int64]) -> dict[str, list[Any]]:
        """The columns of some rows."""
        return {name: [values[row] for row in rows] for name, values in self.columns.items()}


def read(path: Path) -> Data:
    """Read a table with a header (see `models.table`), its columns named as fields in any accepted spelling, in any order,
    with the portfolio's target among them; or the file of the first portfolio as it was published.

    Raises UnusableData in one sentence.
    """
    raw = bytes_of(path)
    text = text_of(path, raw)
    if is_published(text):
        cells, labels = published_rows(path, text)
        return _parsed(path, cells, labels, hashlib.sha256(raw).hexdigest(), ())
    table = table_of(path, raw)
    target = active().target
    outcome = outcome_of(table, target.column, target.bad, active().missing_values)
    place, notes = _places(table, outcome.place)
    if unknown := outcome.labels.count(None):
        notes = (*notes, f"{counted(unknown, 'row is', 'rows are')} left out: the outcome is not known yet")
    known = [label is not None for label in outcome.labels]
    was = as_it_was if {"APPLICATION_ID", "MODEL_VERSION"} <= set(table.header) else None
    cells = {name: _cells(table, at, known, was) for name, at in place.items()}
    return _parsed(path, cells, list(compress(outcome.labels, known)), table.fingerprint, notes)


def _cells(
    table: Table, place: int, known: Sequence[bool], was: Callable[[str], str] | None
) -> Sequence[str]:
    cells = list(compress(table.column(place), known))
    return list(map(was, cells)) if was else cells


def _places(table: Table, target: int) -> tuple[dict[str, int], tuple[str, ...]]:
    """Field → its column, and what to say of columns that no one reads and fields that no column is."""
    try:
        columns = Columns.of([name if at != target else "" for at, name in enumerate(table.header)])
        place = dict(columns.place) | _renamed(table.header, columns.place)
        found = Columns(
            place, {name: near for name, near in columns.ignored.items() if not _substitute(name)}
        )
        found.check(
            name for name, field in FIELDS.items() if field.role is Role.FEATURE and not field.missing
        )
    except UnusableFile as error:
        raise UnusableData(f"{table.path} cannot be trained on: {error}") from None
    notes = []
    if found.ignored:
        notes.append(f"ignored, for no field has this name: {listed(map(told_of, found.ignored.items()))}")
    if absent := [name for name in SOURCE_FIELDS if name not in place and FIELDS[name].role is Role.FEATURE]:
        notes.append(f"taken as missing, for no column has this name: {listed(absent)}")
    return {name: at for name, at in place.items() if name in SOURCE_FIELDS}, tuple(notes)  # fmt: skip


def _renamed(header: Sequence[str], place: Mapping[str, int]) -> dict[str, int]:
    """Fields that the definition had to call otherwise, since the record has a column of that name itself."""
    if "APPLICATION_ID" in header:
        return {}  # an export of the record: the column is the record's
    found = {at: _substitute(name) for at, name in enumerate(header)}
    return {name: at for at, name in found.items() if name and name not in place}


def _substitute(column: str) -> str | None:
    """The field that a column of the record's own name is, in this portfolio."""
    return canonical_name(SUBSTITUTE.format(column)) if column.lower() in RESERVED else None


def _parsed(
    path: Path, cells: Cells, labels: Sequence[int | None], fingerprint: str, notes: tuple[str, ...]
) -> Data:
    """The rows that a form would accept. Raises UnusableData when they are too few to train on."""
    total = len(labels)
    refused: Counter[str] = Counter()
    good = np.ones(total, bool)
    values: dict[str, list[Any]] = {}
    for name in SOURCE_FIELDS:
        if name not in cells:
            values[name] = [None] * total
            continue
        values[name], wrong = canonical(FIELDS[name], cells[name])
        if count := int((wrong & good).sum()):
            refused[name] = count
        good &= ~wrong
    kept = int(good.sum())
    if kept < total / 2:
        worst = max(refused, key=lambda name: refused[name])
        raise UnusableData(
            f"{path}: most rows are not applications; the first field to fail is mostly {worst}."
        )
    if kept < FEWEST:
        raise UnusableData(f"{path} has {counted(kept, 'usable row')}; at least {FEWEST} are needed.")
    bad = np.array(labels)[good].astype(np.int64)
    _check_classes(path, bad)
    columns = {name: list(compress(each, good)) for name, each in values.items()}
    if refused:
        some = ", ".join(f"{name} ({count:,})" for name, count in refused.most_common(10))
        notes = (
            *notes,
            f"{counted(total - kept, 'row is', 'rows are')} left out, for no form would accept the {some}",
        )
    return Data(columns, bad, dict(refused), fingerprint, notes)


def _check_classes(path: Path, bad: NDArray[np.int64]) -> None:
    bads = int(bad.sum())
    if bads in (0, len(bad)):
        raise UnusableData(f"{path}: every label is {bad[0]}; both good and bad clients are needed.")
    if min(bads, len(bad) - bads) < _FEWEST_EACH:
        which, count = ("bad", bads) if bads < _FEWEST_EACH else ("good", len(bad) - bads)
        raise UnusableData(
            f"{path} has {counted(count, f'{which} client')}; at least {_FEWEST_EACH} of each are needed."
        )


def canonical(field: Field, cells: Sequence[str]) -> tuple[list[Any], NDArray[np.bool_]]:
    """Each text's canonical value, and which ones the field refuses."""
    values = _values(field, cells)
    return values, np.fromiter((value is _REFUSED for value in values), bool, len(values))


def _values(field: Field, cells: Sequence[str]) -> list[Any]:
    """Each text's canonical value, worked out once; _REFUSED where the field refuses it."""
    known: dict[str, Any] = {}
    for text in set(cells):
        try:
            known[text] = field.parse(text)
        except ValueError:
            known[text] = _REFUSED
    return [known[text] for text in cells]
