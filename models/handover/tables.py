"""Categories as look-up tables of a graph.

Every level, the gap and a value that was never seen are put through the fitted transformer itself, and the results become
a table in the graph. So whatever an encoder makes of a single field (one-hot, ordinal, target rates, rare levels together,
a level dropped) is the same in the graph.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from creditrisk.application import FIELDS
from models.handover.errors import NotConvertible
from models.handover.graph import DOUBLE, INTEGER, GraphBuilder
from models.handover.learned import Learned

_LARGEST_TABLE: Final = 4_000_000
"""Most cells of a look-up table that is not one-hot."""


def write_levels(
    builder: GraphBuilder, transformer: Any, entries: Sequence[Learned], place: dict[str, int]
) -> str:
    """The columns that a transformer of levels gives for some fields, looked up; `place` is their column in the input."""
    base, tables = _tabulated(transformer, entries)
    owner = np.full(len(base), -1)
    names, order = [], []
    for number, (entry, table) in enumerate(zip(entries, tables, strict=True)):
        columns = _varying(table, base)
        if (owner[columns] >= 0).any():
            raise NotConvertible(
                f"{type(transformer).__name__} mixes fields ({entry.name} and {entries[owner[columns].max()].name}); encode each field by itself."
            )
        if len(columns) == 0:
            continue
        owner[columns] = number
        index = builder.cast(builder.columns(builder.input, [place[entry.column]]), INTEGER)
        names.append(_look_up(builder, table[:, columns], index, entry))
        order += columns.tolist()
    fixed = np.flatnonzero(owner < 0)
    if len(fixed):
        one = builder.node("Mul", builder.columns(builder.input, [0]), builder.constant(np.zeros((1, 1))))
        one = builder.node("Where", builder.node("IsNaN", one), builder.constant(np.zeros((1, 1))), one)
        names.append(builder.node("Add", one, builder.constant(base[None, fixed])))
        order += fixed.tolist()
    return builder.columns(builder.beside(names), np.argsort(order).tolist())


def _tabulated(transformer: Any, entries: Sequence[Learned]) -> tuple[NDArray[np.float64], list[Any]]:
    """Two things: the transformer's output when every field has its first level; and for each field a table of its outputs,
    with a row for each level, for the gap, and for a value never seen, while the other fields keep their first level."""
    transform = transformer.transform
    first = {e.column: _Raw(e, 0) for e in entries}
    base = dense(transform(_raw_frame(entries, [first])))[0]
    tables = []
    for entry in entries:
        count = len(entry.levels or ())
        rows = [first | {entry.column: _Raw(entry, level)} for level in range(count)]
        table = sparse.vstack(
            [_sparse(transform(_raw_frame(entries, rows)))]
            + [_one(transform, entries, first, entry, kind) for kind in (count, count + 1)],
            format="csr",
        )
        tables.append(table)
    return base, tables


@dataclass(frozen=True)
class _Raw:
    """The raw values of a field by number: the levels, then the gap, then a value never seen."""

    entry: Learned
    number: int

    @property
    def value(self) -> Any:
        levels = self.entry.levels or []
        if self.number < len(levels):
            return levels[self.number]
        return self.entry.gap if self.number == len(levels) else self.entry.never()


def _raw_frame(entries: Sequence[Learned], rows: Sequence[dict[str, _Raw]]) -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            e.column: pd.Series([row[e.column].value for row in rows], dtype=float if e.numeric else object)
            for e in entries
        }
    )


def _one(
    transform: Callable[[Any], Any],
    entries: Sequence[Learned],
    first: dict[str, _Raw],
    entry: Learned,
    number: int,
) -> Any:
    """The row of a gap, or of a value never seen. Raises NotConvertible when the transformer raises for what an
    applicant may give."""
    gap = number == len(entry.levels or ())
    try:
        return _sparse(transform(_raw_frame(entries, [first | {entry.column: _Raw(entry, number)}])))
    except Exception as error:  # whatever the transformer raises
        field = FIELDS[entry.name]
        can_be = field.missing if gap else not set(field.choices) <= set(entry.canonical) or not field.choices
        if can_be:
            what = "is missing" if gap else "has a value that it never saw"
            raise NotConvertible(
                f"The encoder raises {type(error).__name__} when {entry.name} {what}, and an applicant's may be; "
                "fit it with handle_unknown='ignore' (OrdinalEncoder: 'use_encoded_value'), on data with gaps, or impute before it."
            ) from None
        return _sparse(transform(_raw_frame(entries, [first])))


def _varying(table: Any, base: NDArray[np.float64]) -> NDArray[np.int64]:
    """The columns of a table that differ from the base in some row."""
    compact = table.tocsc()
    columns = []
    for column in range(compact.shape[1]):
        values = compact.data[compact.indptr[column] : compact.indptr[column + 1]]
        full = len(values) == compact.shape[0]
        if base[column] == 0 and not np.any(values != 0):
            continue
        if full and np.array_equal(values, np.full(len(values), base[column]), equal_nan=True):
            continue
        columns.append(column)
    return np.array(columns, np.int64)


def _look_up(builder: GraphBuilder, table: Any, index: str, entry: Learned) -> str:
    """The rows of a table by index (rows × 1)."""
    ones = table.data == 1
    if ones.all() and np.diff(table.indptr).max(initial=0) <= 1:
        column = np.full(table.shape[0], -1, np.int64)
        rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
        column[rows] = table.indices
        hot = builder.node("Gather", builder.constant(column), index, axis=0)
        same = builder.node("Equal", hot, builder.constant(np.arange(table.shape[1])[None]))
        return builder.cast(same, DOUBLE)
    if table.shape[0] * table.shape[1] > _LARGEST_TABLE:
        raise NotConvertible(
            f"{entry.name} has {table.shape[0]:,} levels of {table.shape[1]:,} columns each, which is too much."
        )
    found = builder.node("Gather", builder.constant(table.toarray().astype(float)), index, axis=0)
    return str(builder.node("Squeeze", found, builder.constant(np.array([1], np.int64))))


def _sparse(matrix: Any) -> Any:
    """A transformer's output, whatever its kind, by rows."""
    return sparse.csr_matrix(matrix if sparse.issparse(matrix) else np.asarray(matrix, float))


def dense(matrix: Any) -> NDArray[np.float64]:
    """A transformer's output, whatever its kind, as a matrix of doubles."""
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix, float)
