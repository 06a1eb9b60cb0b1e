"""Crosses that a training finds by itself: pairs of parts whose levels together say what neither says alone.

What the models without the pair get wrong (outcome less probability) is averaged in each cell of the pair on some
rows, drawn towards nothing where the cell is small, and tried on the others. The gain in log-likelihood there must be
many times what chance would give, since hundreds of pairs are tried.
"""

from itertools import combinations
from typing import Final

import numpy as np
from sklearn.model_selection import StratifiedKFold

from models.training.arrays import Labels, LevelCodes, Weights
from models.training.encoding import EncoderFit
from models.training.recipe import Recipe
from scoring.features import Matrix

_MOST_PARTS: Final = 40
"""Parts of which pairs are tried, those first whose levels leave most to explain: 780 pairs take seconds."""
_MOST_CELLS: Final = 20_000
"""Cells of a pair: its table goes into the model's file."""
_MOST_CROSSES: Final = 8
_SURE: Final = 4.5
"""Standard errors that a gain must be above 0, and above the better of its parts alone."""
_SHRINKAGE: Final = 8.0
"""Information (rows × p × (1 − p)) that a cell needs to be believed half."""
_FOLDS: Final = 4


class _Residuals:
    """What a model leaves to explain: `score` of each row, and its `information` (Fisher's)."""

    def __init__(self, bad: Labels, probabilities: Matrix, seed: int, weights: Weights) -> None:
        self.score = bad - probabilities
        self.information = probabilities * (1 - probabilities)
        if weights is not None:
            self.score, self.information = self.score * weights, self.information * weights
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
        self.fold = np.zeros(len(bad), np.int64)
        for number, (_, apply) in enumerate(folds.split(bad, bad)):
            self.fold[apply] = number

    def gain(self, index: LevelCodes, size: int) -> Matrix:
        """The log-likelihood that each row gains (to second order) by its cell's mean, learned on the other folds."""
        place = self.fold * size + index
        scores = np.bincount(place, self.score, size * _FOLDS).reshape(_FOLDS, size)
        known = np.bincount(place, self.information, size * _FOLDS).reshape(_FOLDS, size)
        of_others = (scores.sum(axis=0) - scores) / (known.sum(axis=0) - known + _SHRINKAGE)
        shift = of_others.ravel()[place]
        result: Matrix = self.score * shift - 0.5 * self.information * shift**2
        return result


def found_crosses(
    fit: EncoderFit, bad: Labels, probabilities: Matrix, recipe: Recipe
) -> dict[str, tuple[str, ...]]:
    """Pairs worth a look-up of their own, the best first: what it is → its parts. `probabilities` are of models that
    had not seen the row; `fit` has the rows' levels."""
    residuals = _Residuals(bad, probabilities, recipe.seed, fit.weights)
    codes = {part: fit.codes[:, place] for place, part in enumerate(fit.encoder.vocabulary)}
    sizes = {part: len(levels) + 1 for part, levels in fit.encoder.vocabulary.items()}
    alone = {part: residuals.gain(codes[part], sizes[part]) for part in codes if sizes[part] > 2}
    parts = sorted(alone, key=lambda part: -float(alone[part].sum()))[:_MOST_PARTS]
    gains: dict[tuple[str, ...], float] = {}
    for pair in combinations(parts, 2):
        a, b = pair
        of = recipe.features.fields_of(pair)
        if len(of) < 2 or sizes[a] * sizes[b] > _MOST_CELLS:
            continue
        better = max((alone[a], alone[b]), key=lambda each: float(each.sum()))
        gain = residuals.gain(codes[a] * sizes[b] + codes[b], sizes[a] * sizes[b])
        if min(_sureness(gain), _sureness(gain - np.maximum(better.mean(), 0))) >= _SURE:
            gains[pair] = float(gain.sum())
    best = sorted(gains, key=lambda pair: -gains[pair])[:_MOST_CROSSES]
    return {" × ".join(pair): pair for pair in best}


def _sureness(gain: Matrix) -> float:
    """How many standard errors a mean gain is above 0."""
    error = float(gain.std()) / len(gain) ** 0.5
    return float(gain.mean()) / error if error > 0 else 0.0
