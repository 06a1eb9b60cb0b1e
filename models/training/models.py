"""Fitting the two models on a scaled matrix."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from models.training.encoding import Codes
from models.training.trees import trees_of
from scoring.estimators import Blend, Estimator, Network, bounded
from scoring.features import Matrix

TREES: dict[str, Any] = {
    "n_estimators": 1200,
    "learning_rate": 0.04,
    "max_depth": 3,
    "num_leaves": 8,
    "extra_trees": True,
    "min_child_samples": 100,
    "colsample_bytree": 0.3,
    "subsample": 0.8,
    "subsample_freq": 1,
    "reg_lambda": 10.0,
    "deterministic": True,
    "force_row_wise": True,
    "n_jobs": 2,
    "verbose": -1,
}
"""Many weak trees with thresholds drawn at random: on data this noisy a greedy threshold learns the noise."""
REGRESSION_PENALTY = 0.002
TREES_WEIGHT = 0.65
NETWORK: dict[str, Any] = {"hidden_layer_sizes": (16,), "alpha": 3.0, "batch_size": 256, "max_iter": 12}
NETWORKS = 3


def fit_lightgbm(matrix: Matrix, bad: Codes, seed: int) -> Blend:
    """Trees and regression; the trees as arrays are asserted to say what LightGBM says."""
    boosted = LGBMClassifier(**TREES, random_state=seed).fit(matrix, bad)
    trees = trees_of(boosted.booster_)
    sample = matrix[:2_000]
    if not np.allclose(trees.log_odds(sample), boosted.predict(sample, raw_score=True), rtol=0, atol=1e-9):
        raise ArithmeticError("the trees as arrays do not say what LightGBM says")
    inputs = bounded(matrix)
    linear = LogisticRegression(C=REGRESSION_PENALTY, max_iter=1_000).fit(inputs, bad)
    return Blend(trees, linear.coef_[0], float(linear.intercept_[0]), inputs.mean(axis=0), TREES_WEIGHT)


def fit_deeplearning(matrix: Matrix, bad: Codes, seed: int) -> Network:
    """A bag of multi-layer perceptrons, as one wide network; asserted to say what scikit-learn's say on average."""
    inputs = bounded(matrix)
    members = []
    for number in range(NETWORKS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
            members.append(MLPClassifier(**NETWORK, random_state=seed + number).fit(inputs, bad))
    network = Network(
        hidden=np.concatenate([member.coefs_[0] for member in members], axis=1),
        hidden_bias=np.concatenate([member.intercepts_[0] for member in members]),
        output=np.concatenate([member.coefs_[1][:, 0] for member in members]) / len(members),
        output_bias=float(np.mean([member.intercepts_[1][0] for member in members])),
        mean=inputs.mean(axis=0),
    )
    sample = inputs[:2_000]
    chances = [member.predict_proba(sample)[:, 1] for member in members]
    expected = np.mean([np.log(chance / (1 - chance)) for chance in chances], axis=0)
    if not np.allclose(network.log_odds(sample), expected, rtol=0, atol=1e-6):
        raise ArithmeticError("the network as arrays does not say what scikit-learn's networks say")
    return network


Fitters = dict[str, Callable[[Matrix, Codes, int], Estimator]]

FITTERS: Fitters = {
    "lightgbm": fit_lightgbm,
    "deeplearning": fit_deeplearning,
}
"""Model → how it is fitted."""
