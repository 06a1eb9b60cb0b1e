"""What the models are worth on rows that they were not trained on: repeated, stratified cross-validation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold

from models.training.arrays import Labels, Rows, Weights
from models.training.encoding import EncoderFit, cross_fitted
from models.training.fitting import FITTERS, Fitters, Sample
from models.training.kinds import Kinds
from models.training.parts import Arrays, Once, afresh
from models.training.recipe import Recipe
from scoring.estimators import probability
from scoring.features import Matrix

BINS = 10
"""Of the expected calibration error."""


@dataclass(frozen=True)
class Calibration:
    """What turns log-odds into honest ones: slope × log-odds + intercept (Platt, 1999)."""

    slope: float
    intercept: float

    def __call__(self, log_odds: Matrix) -> Matrix:
        result: Matrix = self.slope * log_odds + self.intercept
        return result


@dataclass
class OutOfFold:
    """Log-odds of every row by models that never saw it: `log_odds` (repeats × rows), calibrated on the other folds; each
    fold's ROC-AUC; and the calibration that the first repeat asks for, which is that of the model that serves."""

    log_odds: Matrix
    aucs: list[float] = field(default_factory=list)
    calibration: Calibration = Calibration(1.0, 0.0)


def calibration_of(log_odds: Matrix, bad: Labels, weights: Weights = None) -> Calibration:
    """The calibration that rows with known outcomes ask for."""
    fitted = LogisticRegression(C=1e6).fit(log_odds[:, None], bad, weights)
    return Calibration(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


def cross_validate(
    fit: EncoderFit,
    bad: Labels,
    recipe: Recipe,
    step: Callable[[], object],
    fitters: Fitters | None = None,
    once: Once = afresh,
) -> dict[str, OutOfFold]:
    """Both models' out-of-fold log-odds; encoder, scaler and models are fitted anew in every fold. `step` is called
    after each fold. `fitters` may name fewer models. `once` may have folds that were computed before."""
    fitters = FITTERS if fitters is None else fitters
    results = {name: OutOfFold(np.zeros((recipe.repeats, len(bad)))) for name in fitters}
    for repeat in range(recipe.repeats):
        reseeded = recipe.reseeded(repeat)
        folds = list(_folds(bad, reseeded))
        for number, (train, test) in enumerate(folds):
            fold = partial(_judged, fit, bad, train, test, reseeded, fitters)
            for name, log_odds in once(f"fold-{repeat}-{number}", fold).items():
                results[name].log_odds[repeat, test] = log_odds
                results[name].aucs.append(
                    float(
                        roc_auc_score(
                            bad[test],
                            results[name].log_odds[repeat, test],
                            sample_weight=fit.weights_of(test),
                        )
                    )
                )
            step()
        for result in results.values():
            if repeat == 0:
                result.calibration = calibration_of(result.log_odds[0], bad, fit.weights)
            _calibrate_by_fold(result.log_odds[repeat], bad, folds, fit)
    return results


def _judged(
    fit: EncoderFit, bad: Labels, train: Rows, test: Rows, recipe: Recipe, fitters: Fitters
) -> Arrays:
    """Each model's log-odds of the rows to judge by, fitted on the others."""
    encoder, scaler, matrix = cross_fitted(fit, train, bad[train], recipe.seed)
    held_back = scaler.transform(fit.matrix(encoder, test))
    sample = Sample(matrix, bad[train], recipe, Kinds.of(encoder), fit.weights_of(train))
    return {name: fitter(sample).log_odds(held_back) for name, fitter in fitters.items()}


def _folds(bad: Labels, recipe: Recipe) -> Iterator[tuple[Rows, Rows]]:
    """The rows to train on and those to judge by, each time."""
    folds: Iterator[tuple[Rows, Rows]] = StratifiedKFold(
        recipe.folds, shuffle=True, random_state=recipe.seed
    ).split(bad, bad)
    return folds


def _calibrate_by_fold(
    log_odds: Matrix, bad: Labels, folds: list[tuple[Rows, Rows]], fit: EncoderFit
) -> None:
    """Calibrate each fold with what the others ask for, in place."""
    raw = log_odds.copy()
    for train, test in folds:
        log_odds[test] = calibration_of(raw[train], bad[train], fit.weights_of(train))(raw[test])


def metrics(result: OutOfFold, bad: Labels, weights: Weights = None) -> dict[str, float]:
    """The figures that the manifest keeps: ROC-AUC as mean and spread over the folds, the others over all rows."""
    each = list(_of_repeats(result.log_odds, bad, weights))
    mean = {name: float(np.mean([figures[name] for figures in each])) for name in each[0]}
    auc = float(np.mean(result.aucs))
    return {"roc_auc": auc, "roc_auc_sd": float(np.std(result.aucs)), "gini": 2 * auc - 1, **mean}


def _of_repeats(log_odds: Matrix, bad: Labels, weights: Weights) -> Iterator[dict[str, float]]:
    for row in log_odds:
        probabilities = probability(row)
        false, true, _ = roc_curve(bad, probabilities, sample_weight=weights)
        fitted = calibration_of(row, bad, weights)
        yield {
            "ks": float(np.max(true - false)),
            "brier": float(brier_score_loss(bad, probabilities, sample_weight=weights)),
            "log_loss": float(log_loss(bad, probabilities, sample_weight=weights)),
            "calibration_error": calibration_error(probabilities, bad, weights),
            "calibration_slope": fitted.slope,
            "calibration_intercept": fitted.intercept,
        }


def calibration_error(probabilities: Matrix, bad: Labels, weights: Weights = None) -> float:
    """Expected calibration error over BINS bins of equally many rows: mean distance of bad rate and mean probability."""
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, BINS)
    if weights is not None:
        apart = (abs(float(weights[part] @ (bad[part] - probabilities[part]))) for part in parts)
        return sum(apart) / float(weights.sum())
    return float(
        sum(len(part) * abs(bad[part].mean() - probabilities[part].mean()) for part in parts) / len(bad)
    )
