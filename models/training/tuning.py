"""The settings of the two models that suit a portfolio's data, chosen by cross-validation within the rows that train.

Few settings are tried, each a kind of model rather than a fine grid: on hundreds of applications the best of many is
the luckiest. What is compared is the mean of the folds' ROC-AUC.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Any, Final, Self

import numpy as np
from lightgbm import LGBMClassifier
from scipy.stats import rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier

from models.training.arrays import Labels, Rows, Weights
from models.training.crosses import found_crosses
from models.training.encoding import EncoderFit, cross_fitted
from models.training.fitting import regression
from models.training.parts import Arrays, Once, afresh
from models.training.recipe import TUNING_STEPS, Recipe
from models.training.sizing import sized
from scoring.estimators import bounded, probability
from scoring.features import Columns, Matrix

MOST_ROWS: Final = 24_000
"""Applications that the settings are chosen on, drawn evenly of both outcomes: more would not choose otherwise."""
_SMALL: Final = 3_000
"""Up to so many applications the folds are drawn twice: one draw would decide."""
_TREES: Final[dict[str, tuple[dict[str, Any], tuple[int, ...]]]] = {
    "best thresholds": ({"extra_trees": False}, (100, 200, 400, 700)),
    "drawn thresholds": ({"extra_trees": True}, (400, 900)),
}
"""Ways to grow trees → what differs from the recipe, and after how many trees it is judged."""
_PENALTIES: Final = (0.001, 0.003, 0.01, 0.05)
"""Of the regression: scikit-learn's C."""
_WEIGHTS: Final = (0.3, 0.5, 0.65, 0.8, 1.0)
"""Of the trees in the blend."""
_EPOCHS: Final = (6, 12, 20)
_ALPHAS: Final = (3.0,)
_JUDGE_NETWORKS: Final = 4
"""Splits on which networks are tried: they learn slowly, and differ little."""
_LINEAR_WEIGHTS: Final = (0.0, 0.3, 0.6)
"""Of the regression beside the networks."""

Trees = tuple[str, int]
Networks = tuple[float, int]
_PATIENCE: Final = 3e-4
"""ROC-AUC that a dearer setting must gain."""


@dataclass
class _Tried:
    """Log-odds of the rows judged, by what was tried: of one split."""

    judged: Rows
    trees: dict[Trees, Matrix] = field(default_factory=dict)
    regressions: dict[float, Matrix] = field(default_factory=dict)
    networks: dict[Networks, Matrix] = field(default_factory=dict)

    def arrays(self) -> Arrays:
        """All that was tried, a row a setting."""
        return {
            "trees": np.array(list(self.trees.values())),
            "regressions": np.array(list(self.regressions.values())),
            "networks": np.array(list(self.networks.values())),
        }

    @classmethod
    def of(cls, judged: Rows, log_odds: Arrays) -> Self:
        """Back from `arrays`: settings are always tried in the same order, networks not on every split."""
        trees = [(name, count) for name, (_, counts) in _TREES.items() for count in counts]
        return cls(
            judged,
            trees=dict(zip(trees, log_odds["trees"], strict=True)),
            regressions=dict(zip(_PENALTIES, log_odds["regressions"], strict=True)),
            networks=dict(zip(product(_ALPHAS, _EPOCHS), log_odds["networks"], strict=False)),
        )


def tuned(
    columns: Columns,
    bad: Labels,
    recipe: Recipe,
    step: Callable[[], object],
    weights: Weights = None,
    once: Once = afresh,
) -> Recipe:
    """The recipe with settings that suit these applications, and the crosses found in them; as it is where it is not
    to be tuned. `step` is called TUNING_STEPS times. `once` may have splits that were tried before. Raises UnusableData when there are too few of an outcome."""
    if not recipe.tuned:
        return recipe
    recipe = sized(recipe, bad)
    some = _drawn(bad, recipe.seed)
    fit = EncoderFit(
        {name: [values[row] for row in some] for name, values in columns.items()},
        recipe,
        None if weights is None else weights[some],
    )
    of_some, splits = bad[some], list(_splits(bad[some], recipe.seed))
    tried = []
    for number, (train, test) in enumerate(splits):
        networks = number < _JUDGE_NETWORKS
        split = partial(_try, fit, of_some, train, test, recipe, networks)
        tried.append(_Tried.of(test, once(f"split-{number}", split)))
        for _ in range(_steps(number + 1, len(splits)) - _steps(number, len(splits))):
            step()
    recipe, blended = _choose(tried, of_some, recipe, fit)
    crosses = found_crosses(fit, of_some, probability(blended), recipe)
    return replace(recipe, columns=replace(recipe.columns, crosses={**recipe.columns.crosses, **crosses}))


def _steps(done: int, splits: int) -> int:
    return TUNING_STEPS * done // splits


def _drawn(bad: Labels, seed: int) -> Rows:
    """The rows to choose by: all, or as many of each outcome as its share."""
    if len(bad) <= MOST_ROWS:
        return np.arange(len(bad))
    draw = np.random.default_rng(seed)
    share = MOST_ROWS / len(bad)
    rare, often = (np.flatnonzero(bad == outcome) for outcome in (1, 0))
    least = min(len(rare), 2_000)
    kept = [draw.choice(of, max(round(share * len(of)), min(least, len(of))), False) for of in (rare, often)]
    rows: Rows = np.sort(np.concatenate(kept))
    return rows


def _splits(bad: Labels, seed: int) -> Iterator[tuple[Rows, Rows]]:
    folds, repeats = (5, 2) if len(bad) <= _SMALL else (3, 1)
    for repeat in range(repeats):
        yield from StratifiedKFold(folds, shuffle=True, random_state=seed + repeat).split(bad, bad)


def _try(fit: EncoderFit, bad: Labels, train: Rows, test: Rows, recipe: Recipe, networks: bool) -> Arrays:
    """What is tried on one split: see `_Tried.of`."""
    encoder, scaler, matrix = cross_fitted(fit, train, bad[train], recipe.seed)
    held_back, outcomes = scaler.transform(fit.matrix(encoder, test)), bad[train]
    weights = fit.weights_of(train)
    tried = _Tried(test)
    for name, (settings, counts) in _TREES.items():
        trees = {**recipe.lightgbm.trees, **settings, "n_estimators": max(counts)}
        grown = (
            LGBMClassifier(**trees, random_state=recipe.seed)
            .fit(matrix, outcomes, sample_weight=weights)
            .booster_
        )
        for count in counts:
            tried.trees[name, count] = np.asarray(
                grown.predict(held_back, raw_score=True, num_iteration=count), float
            )
    inputs, judged = bounded(matrix), bounded(held_back)
    for penalty in _PENALTIES:
        line = regression(inputs, outcomes, penalty, weights)
        tried.regressions[penalty] = line.decision_function(judged)
    for alpha in _ALPHAS if networks else ():
        for epochs, log_odds in _network(inputs, outcomes, judged, alpha, recipe, weights):
            tried.networks[alpha, epochs] = log_odds
    return tried.arrays()


def _network(
    inputs: Matrix, bad: Labels, judged: Matrix, alpha: float, recipe: Recipe, weights: Weights
) -> Iterator[tuple[int, Matrix]]:
    """A network's log-odds after each number of epochs."""
    settings = {**recipe.deeplearning.settings, "alpha": alpha, "max_iter": 1, "warm_start": True}
    network = MLPClassifier(**settings, random_state=recipe.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for epoch in range(1, max(_EPOCHS) + 1):
            network.partial_fit(inputs, bad, weights, classes=[0, 1])
            if epoch in _EPOCHS:
                share = np.clip(network.predict_proba(judged)[:, 1], 1e-12, 1 - 1e-12)
                yield epoch, np.log(share / (1 - share))


def _choose(tried: list[_Tried], bad: Labels, recipe: Recipe, fit: EncoderFit) -> tuple[Recipe, Matrix]:
    """The recipe with the best settings, and the log-odds that its blend gave rows that it had not seen."""

    def worth(log_odds: Callable[[_Tried], Matrix], splits: list[_Tried] = tried) -> float:
        return float(
            np.mean(
                [_roc_auc(log_odds(each), bad[each.judged], fit.weights_of(each.judged)) for each in splits]
            )
        )

    def blend(trees: Trees, penalty: float, weight: float) -> Callable[[_Tried], Matrix]:
        return lambda each: weight * each.trees[trees] + (1 - weight) * each.regressions[penalty]

    def beside(network: Networks, weight: float) -> Callable[[_Tried], Matrix]:
        return lambda each: (1 - weight) * each.networks[network] + weight * each.regressions[penalty]

    first = tried[0]
    found = {asked: worth(blend(*asked)) for asked in product(first.trees, first.regressions, _WEIGHTS)}
    trees, penalty, weight = _cheapest(found)
    some = tried[:_JUDGE_NETWORKS]
    nets = {asked: worth(beside(*asked), some) for asked in product(first.networks, _LINEAR_WEIGHTS)}
    (alpha, epochs), linear_weight = _cheapest(nets)
    lightgbm = replace(
        recipe.lightgbm,
        trees={**recipe.lightgbm.trees, **_TREES[trees[0]][0], "n_estimators": trees[1]},
        trees_weight=weight,
        regression_penalty=penalty,
    )
    settings = {**recipe.deeplearning.settings, "alpha": alpha, "max_iter": epochs}
    deeplearning = replace(recipe.deeplearning, settings=settings, linear_weight=linear_weight)
    sums, times = np.zeros(len(bad)), np.zeros(len(bad))
    for each in tried:
        sums[each.judged] += blend(trees, penalty, weight)(each)
        times[each.judged] += 1
    return replace(recipe, lightgbm=lightgbm, deeplearning=deeplearning), sums / times


def _roc_auc(log_odds: Matrix, bad: Labels, weights: Weights = None) -> float:
    """The area under the ROC curve by ranks (Mann and Whitney): scikit-learn's, at a tenth of its cost."""
    if weights is not None:
        return float(roc_auc_score(bad, log_odds, sample_weight=weights))
    bads = int(bad.sum())
    ranks = float(rankdata(log_odds)[bad == 1].sum())
    return (ranks - bads * (bads + 1) / 2) / (bads * (len(bad) - bads))


def _cheapest(found: dict[Any, float]) -> Any:
    """The first of the settings that is about as good as the best; they stand in the order of what they cost."""
    best = max(found.values())
    return next(asked for asked, worth in found.items() if worth >= best - _PATIENCE)
