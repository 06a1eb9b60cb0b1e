"""Fitting the encoder, and the matrix that the models are trained on.

What a level's bad rate or effect says of a row must not come from that row's own label. So the training matrix is
cross-fitted: each part of the rows gets the figures learned from the others; the encoder that serves learned them
from all.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from sys import intern

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from models.table import UnusableData
from models.training.arrays import Labels, LevelCodes, Rows, Weights
from models.training.kinds import FREQUENCY, PAIR
from models.training.recipe import Recipe
from scoring.chains import Chain
from scoring.encoder import Encoder, Lookup
from scoring.features import Columns, Features, Matrix
from scoring.scaler import Scaler

PER = 40_000
"""A frequency counts how often a level stands in so many applications, however many there are."""


def blank_encoder(columns: Columns, recipe: Recipe) -> Encoder:
    """An encoder that knows the levels, and as yet no figures; nothing of it touches an excluded field.

    It has the parts that the recipe makes columns of, and those that tell whether a field's value is new.
    """
    features, chosen = recipe.features, recipe.columns
    wanted = chosen.parts | {part for pair in chosen.same for part in features.same[pair]}
    found = {
        # A pickle writes a text once and refers to it afterwards: one object for equal levels makes equal files.
        name: sorted(
            {intern(part.level(*raw)) for raw in set(zip(*(columns[f] for f in part.fields), strict=True))}
        )
        for name, part in features.parts.items()
        if recipe.excluded.isdisjoint(part.fields) and (name in wanted or recipe.features.search)
    }
    rows = len(next(iter(columns.values())))
    vocabulary = {name: levels for name, levels in found.items() if not _names(features, levels, rows)}
    numbers = [name for name in chosen.numbers if recipe.excluded.isdisjoint(features.numbers[name].fields)]
    same = [name for name in chosen.same if all(part in vocabulary for part in features.same[name])]
    return Encoder(vocabulary, numbers, same, [], [], _features=features)


def _names(features: Features, levels: list[str], rows: int) -> bool:
    """Whether so many levels name the applicants, rather than tell something that several have in common."""
    return features.search and len(levels) > max(100, rows / 2)


class EncoderFit:
    """Fits the figures of an encoder on some rows and labels."""

    def __init__(self, columns: Columns, recipe: Recipe, weights: Weights = None) -> None:
        """`columns` are all rows that will be fitted on or encoded; `weights` are theirs."""
        self.encoder = encoder = blank_encoder(columns, recipe)
        self.recipe = recipe
        self.columns = columns
        self.weights = weights
        self.codes = encoder.codes(columns)
        self._sizes = {part: len(levels) + 1 for part, levels in encoder.vocabulary.items()}
        self._place = {part: number for number, part in enumerate(encoder.vocabulary)}

    def weights_of(self, rows: Rows) -> Weights:
        """The weights of some rows."""
        return None if self.weights is None else self.weights[rows]

    def encoder_of(self, rows: Rows, bad: Labels) -> Encoder:
        """The encoder with the figures of these rows; `bad` are their labels."""
        vocabulary, chosen = self.encoder.vocabulary, self.recipe.columns
        flags = self._flags([part for part in chosen.one_hot if part in vocabulary], rows)
        lookups = [self._frequency(part, rows) for part in chosen.frequencies if part in vocabulary]
        keys = [(part,) for part in chosen.rates] + list(chosen.crosses.values())
        lookups += [self._rate(key, rows, bad) for key in keys if all(part in vocabulary for part in key)]
        paired = [part for part in chosen.paired if part in vocabulary]
        lookups += [self._pair(pair, rows, bad) for pair in combinations(paired, 2)]
        lookups += self._effects([part for part in chosen.effects if part in vocabulary], rows, bad)
        chains = [
            self._chain(parts, rows, bad)
            for parts in chosen.chains.values()
            if all(part in vocabulary for part in parts)
        ]
        return replace(self.encoder, one_hot=flags, lookups=lookups, chains=chains, _ready={})

    def matrix(self, encoder: Encoder, rows: Rows) -> Matrix:
        """These rows as the encoder encodes them."""
        columns = {name: [values[row] for row in rows] for name, values in self.columns.items()}
        return encoder.matrix(columns, self.codes[rows])

    def _flags(self, parts: Sequence[str], rows: Rows) -> list[tuple[str, int]]:
        """The levels that have a column of their own: where there are too many, the most frequent."""
        flags = [
            (part, int(code)) for part in parts for code in np.flatnonzero(self._enough(part, rows)) if code
        ]
        if len(flags) <= self.recipe.encoding.most_one_hot:
            return flags
        counts = [int((self.codes[rows, self._place[part]] == code).sum()) for part, code in flags]
        kept = sorted(np.argsort(counts, kind="stable")[-self.recipe.encoding.most_one_hot :])
        return [flags[place] for place in kept]

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

    def _counted(self, index: LevelCodes, size: int, rows: Rows, bad: Labels) -> tuple[Matrix, Matrix]:
        """How many applications, and how many bad ones, the rows at each place of a table stand for."""
        weights = self.weights_of(rows)
        of_bad = bad if weights is None else bad * weights
        counts, bads = np.bincount(index, weights, size), np.bincount(index, of_bad, size)
        return counts.astype(float), bads.astype(float)

    def _bad_rate(self, rows: Rows, bad: Labels) -> float:
        return float(np.average(bad, weights=self.weights_of(rows)))

    def _rate(self, key: tuple[str, ...], rows: Rows, bad: Labels) -> Lookup:
        """The bad rate of each level, drawn towards the overall one where the level is rare."""
        index, size = self._index(key, rows)
        counts, bads = self._counted(index, size, rows, bad)
        smoothing = self.recipe.encoding.smoothing
        rate = (bads + smoothing * self._bad_rate(rows, bad)) / (counts + smoothing)
        return Lookup(f"bad rate of {' × '.join(key)}", key, rate)

    def _pair(self, pair: tuple[str, str], rows: Rows, bad: Labels) -> Lookup:
        """The log-odds of two parts' levels together, drawn towards the sum of what each says by itself: a pair that is
        rare, or was never seen, counts as its two parts do."""
        overall = logit(self._bad_rate(rows, bad))
        each = [logit(self._rate((part,), rows, bad).table) - overall for part in pair]
        expected = expit(overall + np.add.outer(*each)).ravel()
        index, size = self._index(pair, rows)
        smoothing = self.recipe.encoding.smoothing
        counts, bads = self._counted(index, size, rows, bad)
        table = logit((bads + smoothing * expected) / (counts + smoothing))
        return Lookup(f"{PAIR}{' × '.join(pair)}", pair, table)

    def _chain(self, parts: tuple[str, ...], rows: Rows, bad: Labels) -> Chain:
        """The bad rate of a narrow place, drawn towards that of the wider one that the application names with it."""
        own, passed = [], []
        for part in parts:
            index, size = self._index((part,), rows)
            counts, bads = self._counted(index, size, rows, bad)
            of_all = counts + self.recipe.encoding.chain_smoothing
            own.append(bads / of_all)
            passed.append(np.asarray(self.recipe.encoding.chain_smoothing / of_all, float))
        return Chain(f"bad rate of {' › '.join(parts)}", parts, self._bad_rate(rows, bad), own, passed)

    def _frequency(self, part: str, rows: Rows) -> Lookup:
        """The logarithm of how often each level stands."""
        index, size = self._index((part,), rows)
        weights = self.weights_of(rows)
        counts, whole = np.bincount(index, weights, size), len(rows) if weights is None else weights.sum()
        return Lookup(f"{FREQUENCY}{part}", (part,), np.log1p(counts * (PER / whole)))

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
        if not parts or not any(map(len, kept)):
            return [Lookup(f"effect of {part}", (part,), np.zeros(self._sizes[part])) for part in parts]
        model = LogisticRegression(C=settings.effect_penalty, max_iter=300, tol=1e-3).fit(
            sparse.hstack(blocks).tocsr(), bad, self.weights_of(rows)
        )
        lookups, start = [], 0
        for part, often in zip(parts, kept, strict=True):
            table = np.zeros(self._sizes[part])
            table[often] = model.coef_[0, start : start + len(often)]
            start += len(often)
            lookups.append(Lookup(f"effect of {part}", (part,), table))
        return lookups


def cross_fitted(fit: EncoderFit, rows: Rows, bad: Labels, seed: int) -> tuple[Encoder, Scaler, Matrix]:
    """The encoder and scaler of these rows, and the scaled matrix to train on; `bad` are the rows' labels.

    Raises UnusableData when no column can be made."""
    encoder = fit.encoder_of(rows, bad)
    if not encoder.columns:
        raise UnusableData(
            "No field tells applicants apart without naming them: each has one value, or one for nearly every applicant. "
            "Define fields that several have in common, and look at their roles."
        )
    matrix = fit.matrix(encoder, rows)
    learned = len(encoder.lookups) + len(encoder.chains)
    first = len(encoder.columns) - learned
    folds = StratifiedKFold(fit.recipe.encoding.folds, shuffle=True, random_state=seed)
    for learn, apply in folds.split(rows, bad) if learned else ():
        of_others = fit.encoder_of(rows[learn], bad[learn])
        part = fit.matrix(of_others, rows[apply])
        matrix[apply, first:] = part[:, part.shape[1] - learned :]
    scaler = scaler_of(matrix)
    return encoder, scaler, scaler.transform(matrix)


def trimmed(encoder: Encoder) -> Encoder:
    """The encoder that serves: without the levels that no column came of, which a search looked through."""
    used = {part for part, _ in encoder.one_hot}
    looked_up = [each.parts for each in encoder.lookups] + [each.parts for each in encoder.chains]
    used |= {part for parts in looked_up for part in parts}
    used |= {part for name in encoder.same for part in encoder.features.same[name]}
    kept = {
        part: levels for part, levels in encoder.vocabulary.items() if part in used or part in encoder.fields
    }
    return replace(encoder, vocabulary=kept, _ready={})


def scaler_of(matrix: Matrix) -> Scaler:
    """Mean and standard deviation of each column, over what is not missing; a constant column keeps its size, and so does one that
    has no value at all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a column without any value
        mean, deviation = np.nanmean(matrix, axis=0), np.nanstd(matrix, axis=0)
    return Scaler(np.nan_to_num(mean), np.where(deviation > 0, deviation, 1.0))
