"""Fitting the two models on a scaled matrix.

The `lightgbm` model is a committee: trees and a regression, and the very networks of the `deeplearning` model.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from models.training.arrays import Labels, Weights
from models.training.kinds import Kinds
from models.training.recipe import Recipe
from models.training.trees import trees_of
from scoring.estimators import Blend, Committee, Network, bounded
from scoring.features import Matrix


@dataclass(frozen=True)
class Sample:
    """What models are fitted on: the scaled matrix, its rows' labels, the recipe, what the columns are, and how many
    applications each row stands for."""

    matrix: Matrix
    bad: Labels
    recipe: Recipe
    kinds: Kinds
    weights: Weights = None

    @cached_property
    def inputs(self) -> Matrix:
        """What the regression and the networks see: the columns for them, bounded."""
        return bounded(self.matrix[:, self.kinds.smooth])

    @property
    def mean(self) -> Matrix:
        """The mean of each input."""
        return np.asarray(np.average(self.inputs, axis=0, weights=self.weights), float)

    @cached_property
    def network(self) -> Network:
        """The bag of networks: fitted once, though both models use it."""
        return _bag(self)

    def whole(self, of_inputs: Matrix) -> Matrix:
        """Figures of the inputs (along the first axis) as figures of all columns: none for those that were not seen."""
        found = np.zeros((len(self.kinds.smooth), *of_inputs.shape[1:]))
        found[self.kinds.smooth] = of_inputs
        return found


def fit_lightgbm(sample: Sample) -> Committee:
    """Trees, regression and networks; the trees as arrays are asserted to say what LightGBM says."""
    share = sample.recipe.lightgbm.network_weight
    if not share:
        return Committee([_blend(sample)], [1.0])
    return Committee([_blend(sample), sample.network], [1 - share, share])


def regression(inputs: Matrix, bad: Labels, penalty: float, weights: Weights = None) -> LogisticRegression:
    """The logistic regression beside trees and networks; `penalty` is scikit-learn's C."""
    return LogisticRegression(C=penalty, max_iter=1_000).fit(inputs, bad, weights)


def fit_deeplearning(sample: Sample) -> Network:
    """A bag of multi-layer perceptrons, as one wide network; asserted to say what scikit-learn's say on average."""
    return sample.network


def _blend(sample: Sample) -> Blend:
    matrix, recipe = sample.matrix, sample.recipe
    settings = recipe.lightgbm
    trees = dict(settings.trees)
    if settings.rising:
        trees["monotone_constraints"] = sample.kinds.rising.astype(int).tolist()
    boosted = LGBMClassifier(**trees, random_state=recipe.seed).fit(
        matrix, sample.bad, sample_weight=sample.weights
    )
    arrays = trees_of(boosted.booster_)
    few = matrix[:2_000]
    if not np.allclose(arrays.log_odds(few), boosted.predict(few, raw_score=True), rtol=0, atol=1e-9):
        raise ArithmeticError("the trees as arrays do not say what LightGBM says")
    linear = regression(sample.inputs, sample.bad, settings.regression_penalty, sample.weights)
    coefficients, mean = sample.whole(linear.coef_[0]), sample.whole(sample.mean)
    return Blend(arrays, coefficients, float(linear.intercept_[0]), mean, settings.trees_weight)


def _bag(sample: Sample) -> Network:
    recipe, settings = sample.recipe, sample.recipe.deeplearning
    members: list[MLPClassifier] = []
    for number in range(settings.networks):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
            network = MLPClassifier(**settings.settings, random_state=recipe.seed + number)
            members.append(network.fit(sample.inputs, sample.bad, sample.weights))
    bag = Network(
        hidden=sample.whole(np.concatenate([member.coefs_[0] for member in members], axis=1)),
        hidden_bias=np.concatenate([member.intercepts_[0] for member in members]),
        output=np.concatenate([member.coefs_[1][:, 0] for member in members]) / len(members),
        output_bias=float(np.mean([member.intercepts_[1][0] for member in members])),
        mean=sample.whole(sample.mean),
    )
    few = sample.inputs[:2_000]
    probabilities = [member.predict_proba(few)[:, 1] for member in members]
    expected = np.mean([np.log(each / (1 - each)) for each in probabilities], axis=0)
    if not np.allclose(bag.log_odds(sample.matrix[:2_000]), expected, rtol=0, atol=1e-6):
        raise ArithmeticError("the network as arrays does not say what scikit-learn's networks say")
    if not settings.linear_weight:
        return bag
    linear = regression(sample.inputs, sample.bad, recipe.lightgbm.regression_penalty, sample.weights)
    return with_linear(
        bag, sample.whole(linear.coef_[0]), float(linear.intercept_[0]), settings.linear_weight
    )


def with_linear(network: Network, coefficients: Matrix, intercept: float, weight: float) -> Network:
    """The network whose log-odds are blended with a regression's, as one network: a line is the rectified line less
    its rectified mirror image, two units more."""
    line = np.stack([coefficients, -coefficients], axis=1)
    return replace(
        network,
        hidden=np.concatenate([network.hidden, line], axis=1),
        hidden_bias=np.concatenate([network.hidden_bias, [intercept, -intercept]]),
        output=np.concatenate([(1 - weight) * network.output, [weight, -weight]]),
        output_bias=(1 - weight) * network.output_bias,
    )


Fitters = dict[str, Callable[[Sample], Committee | Network]]

FITTERS: Fitters = {
    "lightgbm": fit_lightgbm,
    "deeplearning": fit_deeplearning,
}
"""Model → how it is fitted."""
