"""The fairness of a training: its own out-of-fold scores by group, and on a sample what tells of the groups and what else
could be fitted.

The sample keeps this short: proxies and alternatives are found by dozens of small fits, each on some thousands of rows.
"""

from collections.abc import Callable

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from creditrisk.application import FIELDS
from creditrisk.portfolio import active
from models.fairness.alternatives import MOST_TRIALS, Fit, proposals, search, targets_of
from models.fairness.grouping import Grouping, grouping_of, sensitive
from models.fairness.inputs import Fold
from models.fairness.proxies import proxies_of
from models.fairness.rates import compare
from models.fairness.report import Fairness
from models.training.arrays import Labels
from models.training.data import Data
from models.training.encoding import EncoderFit, cross_fitted
from models.training.recipe import Recipe
from models.training.segments import APPROVE_SHARE, threshold_approving
from models.training.train import Training
from scoring.estimators import bounded, probability
from scoring.features import Matrix

MOST_ROWS = 20_000
"""Applications that proxies and alternatives are looked for in."""
FOLDS = 3
MODEL = "lightgbm"
_FEWER_TREES, _LARGER_STEP = 4, 2
"""How many times fewer trees an alternative has, and how many times larger each one's step: fewer rows bear less of both."""


def steps() -> int:
    """How often measuring calls its `step`."""
    return 1 + len(sensitive(FIELDS)) + 1 + MOST_TRIALS


class _Steps:
    """Calls a step, and in the end as often as was not needed."""

    def __init__(self, step: Callable[[], object], left: int) -> None:
        self._step, self._left = step, left

    def __call__(self) -> None:
        if self._left:
            self._left -= 1
            self._step()

    def finish(self) -> None:
        while self._left:
            self()


def measure(training: Training, data: Data, step: Callable[[], object]) -> Fairness:
    """The fairness of a training's `lightgbm`, by every field that the portfolio protects or holds. The same training gives
    the same figures. `step` is called `steps()` times."""
    counted = _Steps(step, steps())
    found = _measure(training, data, counted)
    counted.finish()
    return found


def _measure(training: Training, data: Data, step: Callable[[], object]) -> Fairness:
    probabilities = probability(training.out_of_fold[MODEL].log_odds[0])
    thresholds = (active().policy.decline_from, threshold_approving(probabilities))
    fields = sensitive(FIELDS)
    made = {field.name: grouping_of(field, data.columns.get(field.name, ())) for field in fields}
    groupings = [grouping for grouping in made.values() if grouping]
    comparisons = [compare(grouping, probabilities, data.bad, thresholds) for grouping in groupings]
    sample = _sample(len(data), training.recipe.seed)
    bad = data.bad[sample]
    folds = folds_of(Data(data.take(sample), bad, {}, ""), training.recipe)
    step()
    used = training.facts["fields"]
    proxies = []
    for grouping in groupings:
        here = grouping.take(sample)
        name = grouping.field.name
        proxies.append(proxies_of(here, folds, probabilities[sample], name in used, training.recipe.seed))
        step()
    found = tuple(each for each in proxies if each)
    targets = targets_of([compare(g.take(sample), probabilities[sample], bad, thresholds) for g in groupings])
    about: list[Grouping] = [target.grouping for target in targets]
    trials = (
        search(
            proposals(targets, found, used),
            folds,
            bad,
            about,
            lighter(training.recipe),
            training.recipe.lightgbm.trees_weight,
            APPROVE_SHARE,
            step,
        )
        if about
        else []
    )
    return Fairness(
        thresholds,
        APPROVE_SHARE,
        len(sample),
        len(data),
        tuple(comparisons),
        tuple(field for field in fields if made[field.name] is None),
        found,
        tuple(trials),
    )


def _sample(rows: int, seed: int) -> Labels:
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))


def folds_of(data: Data, recipe: Recipe) -> list[Fold]:
    """The model's inputs, fold by fold: encoder and scaler are fitted on the rows to learn from."""
    fit = EncoderFit(data.columns, recipe)
    folds = []
    for learn, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=recipe.seed).split(
        data.bad, data.bad
    ):
        encoder, scaler, matrix = cross_fitted(fit, learn, data.bad[learn], recipe.seed)
        held_back = scaler.transform(fit.matrix(encoder, judge))
        folds.append(Fold(learn, judge, matrix, held_back, tuple(encoder.column_fields)))
    return folds


def lighter(recipe: Recipe) -> Fit:
    """The recipe's `lightgbm` with fewer trees and larger steps, which ranks much as the whole model does."""
    given = recipe.lightgbm
    settings = {
        **given.trees,
        "n_estimators": max(given.trees["n_estimators"] // _FEWER_TREES, 1),
        "learning_rate": given.trees["learning_rate"] * _LARGER_STEP,
        "n_jobs": 1,
    }

    def fit(
        inputs: Matrix, bad: Labels, weights: Matrix, stronger: float, held_back: Matrix
    ) -> tuple[Matrix, Matrix]:
        reg_lambda = stronger * max(settings.get("reg_lambda", 0.0), 1.0)
        trees = LGBMClassifier(**{**settings, "reg_lambda": reg_lambda}, random_state=recipe.seed)
        trees.fit(inputs, bad, sample_weight=weights)
        regression = LogisticRegression(C=given.regression_penalty / stronger, max_iter=1_000)
        regression.fit(bounded(inputs), bad, sample_weight=weights)
        return (
            np.asarray(trees.predict(held_back, raw_score=True), float),
            regression.decision_function(bounded(held_back)),
        )

    return fit
