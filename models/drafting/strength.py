"""How well one column alone tells good from bad: the ROC-AUC of its bad rate, learned on other rows than it is judged by."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.drafting.column import Column

_FOLDS = 5
_BINS = 20
_SMOOTHING = 5.0


def auc_by_levels(codes: NDArray[np.int64], bad: NDArray[np.int64]) -> float:
    """ROC-AUC of the bad rate of each code, cross-fitted; 0.5 where there is nothing to learn."""
    size = int(codes.max()) + 1 if len(codes) else 1
    fold = np.random.default_rng(0).permutation(len(bad)) % _FOLDS
    scores = np.zeros(len(bad))
    for each in range(_FOLDS):
        learn, judge = fold != each, fold == each
        counts = np.bincount(codes[learn], minlength=size)
        bads = np.bincount(codes[learn], bad[learn], size)
        rate = (bads + _SMOOTHING * bad[learn].mean()) / (counts + _SMOOTHING)
        scores[judge] = rate[codes[judge]]
    return _auc(bad, scores)


def auc_by_value(values: NDArray[np.float64], bad: NDArray[np.int64]) -> float:
    """ROC-AUC of the value itself, whichever way it points."""
    found = _auc(bad, values)
    return max(found, 1 - found)


def strength(column: Column, rows: Sequence[int], bad: NDArray[np.int64]) -> float:
    """ROC-AUC of a column alone, by its levels or by parts of its numbers, a gap being one more. `rows` are those with a
    known outcome, `bad` their outcomes."""
    return auc_by_levels(codes_of(column, rows), bad)


def codes_of(column: Column, rows: Sequence[int]) -> NDArray[np.int64]:
    """A code for each row: of its text, or of the part of the numbers (of equally many rows) that it lies in; 0 a gap."""
    cells = [column.cells[row] for row in rows]
    numbers = column.numbers
    if numbers is None or len(set(numbers.values())) <= _BINS:
        key = {text: number for number, text in enumerate(column.given, 1)}
        return np.array([key.get(cell, 0) for cell in cells])
    values = np.array([numbers.get(cell, np.nan) for cell in cells])
    there = ~np.isnan(values)
    if not there.any():  # no value where the outcome is known
        return np.zeros(len(cells), np.int64)
    cuts = np.unique(np.quantile(values[there], np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(there, 1 + np.searchsorted(cuts, np.where(there, values, 0), side="right"), 0)


def _auc(bad: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    if len(np.unique(bad)) < 2:
        return 0.5
    return float(roc_auc_score(bad, scores))
