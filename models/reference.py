"""Makes reference distributions (`scoring.reference`): of a model's scores, and of every field that it uses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS
from scoring.features import Columns
from scoring.levels import MISSING
from scoring.reference import Bins, Distribution, Levels, Reference, counted

_SCORE_GRID = 1_000
"""Edges of the scores are thousandths."""


@dataclass(frozen=True)
class Binning:
    """How the distributions are cut into bins: fine enough to show a shift, too coarse to recognise a person."""

    scores: int = 20
    """Bins of a model's score, with about equally many applications each; two of them make one of the usual ten."""
    numbers: int = 10
    """Bins of a quantity."""
    levels: int = 50
    """How many levels of a field are counted one by one: the most frequent ones."""
    fewest: int = 20
    """Applications that a bin or a level needs to be counted; rarer levels are counted together."""


def reference_of(
    columns: Columns,
    fields: Collection[str],
    scores: Mapping[str, NDArray[np.float64]],
    binning: Binning = Binning(),
    weights: NDArray[np.float64] | None = None,
) -> Reference:
    """The distributions of the `fields` among the applications in `columns`, and of each model's probabilities of
    default for them (`scores`: model → one for each application, by a model that did not learn from it where that can be).

    With `weights`, they are those of the applicants that these stand for, as of all who could have been accepted; cells are
    cut by how many applications there are, and counts add up to as many of equal weight as tell as much (L. Kish, 1965).
    """
    inputs: dict[str, Bins | Levels] = {}
    for name in sorted(fields):
        number = FIELDS[name].is_number
        inputs[name] = (
            number_bins(columns[name], binning) if number else levels_of(name, columns[name], binning)
        )
    of_scores = {model: score_bins(probabilities, binning) for model, probabilities in scores.items()}
    rows = len(next(iter(scores.values())))
    if weights is not None:
        rows = round(float(weights.sum() ** 2 / (weights**2).sum()))
        inputs = {
            name: _recounted(each, _weighted(each, columns[name], weights, rows))
            for name, each in inputs.items()
        }
        of_scores = {
            model: _rebinned(each, _weighted(each, scores[model], weights, rows))
            for model, each in of_scores.items()
        }
    return Reference(rows, of_scores, inputs)


def _weighted(each: Distribution, values: Any, weights: NDArray[np.float64], rows: int) -> list[int]:
    """The shares that weighted applications have in each cell, as counts that add up to `rows`."""
    masses = np.bincount(each.places(values), weights, minlength=len(each.expected))
    quotas = masses * (rows / masses.sum())
    counts = np.floor(quotas).astype(int)
    counts[np.argsort(counts - quotas, kind="stable")[: rows - int(counts.sum())]] += 1
    told: list[int] = counts.tolist()
    return told


def _recounted(each: Bins | Levels, counts: Sequence[int]) -> Bins | Levels:
    """The same cells with other counts."""
    if isinstance(each, Bins):
        return _rebinned(each, counts)
    *named, others, missing = counts
    return Levels(each.field, dict(zip(each.levels, named, strict=True)), others, missing)


def _rebinned(each: Bins, counts: Sequence[int]) -> Bins:
    *told, missing = counts
    return Bins(each.edges, tuple(told), missing)


def score_bins(probabilities: NDArray[np.float64], binning: Binning) -> Bins:
    """Probabilities of default, in bins of about equally many."""
    grid = np.floor(probabilities * _SCORE_GRID).astype(int)
    edges = [round((below + 1) / _SCORE_GRID, 3) for below in _cuts(grid, binning.scores, binning.fewest)]
    return _filled(edges, probabilities)


def number_bins(values: Sequence[Any], binning: Binning) -> Bins:
    """Quantities, in bins of about equally many; a value that very many have is one bin."""
    there = np.array([value for value in values if value is not None], float)
    scale = _scale(there)
    grid = _two_digits(np.floor(there * scale).astype(int))
    edges = [float((below + _unit(below)) / scale) for below in _cuts(grid, binning.numbers, binning.fewest)]
    return _filled(edges, values)


def _scale(values: NDArray[np.float64]) -> int:
    """By how much numbers are multiplied before they are rounded down to whole ones: shares and rates of less than a
    hundred, with a fraction, keep two digits."""
    if not len(values) or (values == np.floor(values)).all():
        return 1
    largest = float(np.quantile(np.abs(values), 0.9))
    return 1 if largest >= 100 else 100 if largest >= 1 else 10_000


def levels_of(name: str, values: Sequence[Any], binning: Binning) -> Levels:
    """The most frequent levels, by falling count; all levels that are too rare or too many to be listed count as others.

    The others must be as many applications as a listed level needs, or the one rare level among them could be guessed: so
    the rarest listed levels are counted with them until they are.
    """
    found = counted(name, values)
    missing = found.pop(MISSING, 0)
    ranked = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
    named = {level: count for level, count in ranked[: binning.levels] if count >= binning.fewest}
    others = found.total() - sum(named.values())
    while 0 < others < binning.fewest and named:
        others += named.popitem()[1]
    return Levels(name, named, others, missing)


def _filled(edges: Sequence[float], values: Any) -> Bins:
    *counts, missing = Bins(tuple(edges), (0,) * (len(edges) + 1)).count(values)
    return Bins(tuple(edges), tuple(counts), missing)


def _cuts(grid: NDArray[np.int64], most: int, fewest: int) -> list[int]:
    """The highest value below each cut, so that at most `most` bins hold about equally many, and `fewest` each.

    A value frequent enough to fill a bin gets a bin of its own, and the rest share the other bins: otherwise amounts that
    are mostly 0 would leave a single bin for all others.
    """
    values, counts = np.unique(grid, return_counts=True)
    cuts: list[int] = []
    held, left = 0, len(grid)
    for place, count in enumerate(counts.tolist()):
        share = max(left / (most - len(cuts)), fewest)
        full = held >= share or (held >= fewest and count >= share)
        if full and left - held >= fewest and len(cuts) < most - 1:
            cuts.append(int(values[place - 1]))
            left -= held
            held = 0
        held += count
    return cuts


def _unit(value: int) -> int:
    """The place value of a whole number's second digit: 100 for 1,234."""
    return int(10 ** max(len(str(value if value >= 0 else ~value)) - 2, 0))


def _two_digits(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers, rounded down to two digits: 1,234 becomes 1,200. So no edge of a bin is one person's exact figure."""
    return np.array([value - value % _unit(value) for value in values.tolist()], np.int64)
