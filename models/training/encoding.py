"""Fitting the encoder, and the matrix that the models are trained on.

What a level's bad rate or effect says of a row must not come from that row's own label. So the training matrix is
cross-fitted: each part of the rows gets the figures learned from the others; the encoder that serves learned them
from all.
"""

from collections.abc import Sequence
from sys import intern

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from models.training.arrays import Labels, LevelCodes, Rows
from models.training.recipe import Recipe
from scoring.encoder import Encoder, Lookup
from scoring.features import NUMBERS, PARTS, SAME, Columns, Matrix
from scoring.scaler import Scaler


def blank_encoder(columns: Columns, recipe: Recipe) -> Encoder:
    """An encoder that knows the levels, and as yet no figures; nothing of it touches an excluded field."""
    vocabulary = {
        # A pickle writes a text once and refers to it afterwards: one object for equal levels makes equal files.
        name: sorted(
            {intern(part.level(*raw)) for raw in set(zip(*(columns[f] for f in part.fields), strict=True))}
        )
        for name, part in PARTS.items()
        if recipe.excluded.isdisjoint(part.fields)
    }
    chosen = recipe.columns
    numbers = [name for name in chosen.numbers if recipe.excluded.isdisjoint(NUMBERS[name].fields)]
    same = [name for name in chosen.same if all(part in vocabulary for part in SAME[name])]
    return Encoder(vocabulary, numbers, same, [], [])


class EncoderFit:
    """Fits the figures of an encoder on some rows and labels."""

    def __init__(self, columns: Columns, recipe: Recipe) -> None:
        """`columns` are all rows that will be fitted on or encoded."""
        self.encoder = encoder = blank_encoder(columns, recipe)
        self.recipe = recipe
        self.columns = columns
        self.codes = encoder.codes(columns)
        self._sizes = {part: len(levels) + 1 for part, levels in encoder.vocabulary.items()}
        self._place = {part: number for number, part in enumerate(encoder.vocabulary)}

    def encoder_of(self, rows: Rows, bad: Labels) -> Encoder:
        """The encoder with the figures of these rows; `bad` are their labels."""
        vocabulary, chosen = self.encoder.vocabulary, self.recipe.columns
        flags = [
            (part, int(code))
            for part in chosen.one_hot
            if part in vocabulary
            for code in np.flatnonzero(self._enough(part, rows))
            if code
        ]
        lookups = [self._frequency(part, rows) for part in chosen.frequencies if part in vocabulary]
        keys = [(part,) for part in chosen.rates] + list(chosen.crosses.values())
        lookups += [self._rate(key, rows, bad) for key in keys if all(part in vocabulary for part in key)]
        lookups += self._effects([part for part in chosen.effects if part in vocabulary], rows, bad)
        return Encoder(vocabulary, self.encoder.numbers, self.encoder.same, flags, lookups)

    def matrix(self, encoder: Encoder, rows: Rows) -> Matrix:
        """These rows as the encoder encodes them."""
        columns = {name: [values[row] for row in rows] for name, values in self.columns.items()}
        return encoder.matrix(columns, self.codes[rows])

    def _enough(self, part: str, rows: Rows) -> NDArray[np.bool_]:
        """The levels that stand often enough, and not almost always, for a column of their own."""
        counts = np.bincount(self.codes[rows, self._place[part]], minlength=self._sizes[part])
        fewest = self.recipe.encoding.fewest_one_hot
        enough: NDArray[np.bool_] = (counts >= fewest) & (counts <= len(rows) - fewest)
        return enough

    def _index(self, key: Sequence[str], rows: Rows) -> tuple[LevelCodes, int]:
        """The place of each row in the table of a part or a cross, and the table's size."""
        index, size = np.zeros(len(rows), np.int64), 1
        for part in key:
            index = index * self._sizes[part] + self.codes[rows, self._place[part]]
            size *= self._sizes[part]
        return index, size

    def _rate(self, key: tuple[str, ...], rows: Rows, bad: Labels) -> Lookup:
        """The bad rate of each level, drawn towards the overall one where the level is rare."""
        index, size = self._index(key, rows)
        counts, bads = np.bincount(index, minlength=size), np.bincount(index, bad, size)
        smoothing = self.recipe.encoding.smoothing
        rate = (bads + smoothing * bad.mean()) / (counts + smoothing)
        return Lookup(f"bad rate of {' × '.join(key)}", key, rate)

    def _frequency(self, part: str, rows: Rows) -> Lookup:
        """The logarithm of how often each level stands."""
        index, size = self._index((part,), rows)
        return Lookup(
            f"frequency of {part}",
            (part,),
            np.log1p(np.bincount(index, minlength=size) * (40_000 / len(rows))),
        )

    def _effects(self, parts: Sequence[str], rows: Rows, bad: Labels) -> list[Lookup]:
        """The effect of each level beside all the others: a logistic regression with strong shrinkage."""
        settings, blocks, kept = self.recipe.encoding, [], []
        for part in parts:
            codes = self.codes[rows, self._place[part]]
            counts = np.bincount(codes, minlength=self._sizes[part])
            often = np.flatnonzero(counts >= settings.fewest_effect)
            position = np.full(self._sizes[part], -1)
            position[often] = np.arange(len(often))
            known = np.flatnonzero(position[codes] >= 0)
            ones = np.ones(len(known))
            blocks.append(sparse.csr_matrix((ones, (known, position[codes[known]])), (len(rows), len(often))))
            kept.append(often)
        model = LogisticRegression(C=settings.effect_penalty, max_iter=300, tol=1e-3).fit(
            sparse.hstack(blocks).tocsr(), bad
        )
        lookups, start = [], 0
        for part, often in zip(parts, kept, strict=True):
            table = np.zeros(self._sizes[part])
            table[often] = model.coef_[0, start : start + len(often)]
            start += len(often)
            lookups.append(Lookup(f"effect of {part}", (part,), table))
        return lookups


def cross_fitted(fit: EncoderFit, rows: Rows, bad: Labels, seed: int) -> tuple[Encoder, Scaler, Matrix]:
    """The encoder and scaler of these rows, and the scaled matrix to train on; `bad` are the rows' labels."""
    encoder = fit.encoder_of(rows, bad)
    matrix = fit.matrix(encoder, rows)
    first = len(encoder.columns) - len(encoder.lookups)
    folds = StratifiedKFold(fit.recipe.encoding.folds, shuffle=True, random_state=seed)
    for learn, apply in folds.split(rows, bad):
        of_others = fit.encoder_of(rows[learn], bad[learn])
        part = fit.matrix(of_others, rows[apply])
        matrix[apply, first:] = part[:, part.shape[1] - len(encoder.lookups) :]
    scaler = scaler_of(matrix)
    return encoder, scaler, scaler.transform(matrix)


def scaler_of(matrix: Matrix) -> Scaler:
    """Mean and standard deviation of each column, over what is not missing; a constant column keeps its size."""
    deviation = np.nanstd(matrix, axis=0)
    return Scaler(np.nanmean(matrix, axis=0), np.where(deviation > 0, deviation, 1.0))
