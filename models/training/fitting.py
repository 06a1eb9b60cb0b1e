"""Fitting the two models on a scaled matrix."""

import warnings
from collections.abc import Callable

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from models.training.arrays import Labels
from models.training.recipe import Recipe
from models.training.trees import trees_of
from scoring.estimators import Blend, Estimator, Network, bounded
from scoring.features import Matrix


def fit_lightgbm(matrix: Matrix, bad: Labels, recipe: Recipe) -> Blend:
    """Trees and regression; the trees as arrays are asserted to say what LightGBM says."""
    settings = recipe.lightgbm
    boosted = LGBMClassifier(**settings.trees, random_state=recipe.seed).fit(matrix, bad)
    trees = trees_of(boosted.booster_)
    sample = matrix[:2_000]
    if not np.allclose(trees.log_odds(sample), boosted.predict(sample, raw_score=True), rtol=0, atol=1e-9):
        raise ArithmeticError("the trees as arrays do not say what LightGBM says")
    inputs = bounded(matrix)
    linear = LogisticRegression(C=settings.regression_penalty, max_iter=1_000).fit(inputs, bad)
    return Blend(
        trees, linear.coef_[0], float(linear.intercept_[0]), inputs.mean(axis=0), settings.trees_weight
    )


def fit_deeplearning(matrix: Matrix, bad: Labels, recipe: Recipe) -> Network:
    """A bag of multi-layer perceptrons, as one wide network; asserted to say what scikit-learn's say on average."""
    inputs, settings = bounded(matrix), recipe.deeplearning
    members: list[MLPClassifier] = []
    for number in range(settings.networks):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
            network = MLPClassifier(**settings.settings, random_state=recipe.seed + number)
            members.append(network.fit(inputs, bad))
    bag = Network(
        hidden=np.concatenate([member.coefs_[0] for member in members], axis=1),
        hidden_bias=np.concatenate([member.intercepts_[0] for member in members]),
        output=np.concatenate([member.coefs_[1][:, 0] for member in members]) / len(members),
        output_bias=float(np.mean([member.intercepts_[1][0] for member in members])),
        mean=inputs.mean(axis=0),
    )
    sample = inputs[:2_000]
    probabilities = [member.predict_proba(sample)[:, 1] for member in members]
    expected = np.mean([np.log(each / (1 - each)) for each in probabilities], axis=0)
    if not np.allclose(bag.log_odds(sample), expected, rtol=0, atol=1e-6):
        raise ArithmeticError("the network as arrays does not say what scikit-learn's networks say")
    return bag


Fitters = dict[str, Callable[[Matrix, Labels, Recipe], Estimator]]

FITTERS: Fitters = {
    "lightgbm": fit_lightgbm,
    "deeplearning": fit_deeplearning,
}
"""Model → how it is fitted."""
