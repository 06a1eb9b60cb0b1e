"""From a fitted classifier to nodes of a graph that give the probability of the bad class.

skl2onnx converts most classifiers. Some it converts wrongly, not at all, or only in single precision; they are written
here: calibrated classifiers, votes, stacks and boosted trees.
"""

from typing import Any, Final

import numpy as np
from lightgbm import Booster, LGBMClassifier
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from models.handover.errors import NotConvertible, WrongLabels
from models.handover.forest import write_histogram_boosting, write_lightgbm
from models.handover.graph import DOUBLE, FLOAT, OPSETS, GraphBuilder
from models.handover.numeric import write_numbers

_LOG_ODDS: Final = (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    LGBMClassifier,
    LogisticRegression,
)
"""Classifiers whose decision function is the log-odds."""
_EXACT_IN_DOUBLE: Final = (LogisticRegression, MLPClassifier)
"""Classifiers that consist of sums and products only, which onnxruntime can compute in double precision."""


def bad_column(classes: Any, bad: str | None, file: str) -> int:
    """Which of a classifier's two classes is the bad one: 1 or True where they are 0 and 1, else the declared one.

    Raises WrongLabels, with what to declare.
    """
    known = [
        entry.item() if isinstance(entry, np.generic) else entry for entry in np.asarray(classes).ravel()
    ]
    told = ", ".join(repr(entry) for entry in known[:6])
    if len(known) != 2:
        raise WrongLabels(
            f"{file} knows {len(known)} classes ({told}); a credit decision has two, good and bad."
        )
    if bad is not None:
        names = [_label(entry) for entry in known]
        if _label(bad) not in names:
            raise WrongLabels(f"{file} has no class {bad!r}; its classes are {told}.")
        return names.index(_label(bad))
    if known in ([0, 1], [False, True]):
        return 1
    raise WrongLabels(
        f"{file} has the classes {told}, and nobody can tell which is the bad one; "
        f"say it with --bad {_label(known[0])} or --bad {_label(known[1])}."
    )


def _label(value: Any) -> str:
    """A class as people type it: 1 for 1.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write_bad_probability(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    """The probability of the classifier's class number `column` (rows × 1, doubles), from a table of doubles."""
    if isinstance(model, Pipeline):
        *before, last = [step for _, step in model.steps]
        before = [step for step in before if step not in (None, "passthrough")]
        if before:
            given = write_numbers(
                builder, Pipeline([(str(n), step) for n, step in enumerate(before)]), given, width
            )
            width = _width_of(last, width)
        return write_bad_probability(builder, last, given, width, column)
    if type(model) is CalibratedClassifierCV:
        return _calibrated(builder, model, given, width, column)
    if type(model) is VotingClassifier:
        return _voting(builder, model, given, width, column)
    if type(model) is StackingClassifier:
        return _stacked(builder, model, given, width, column)
    log_odds = None
    if type(model) is HistGradientBoostingClassifier:
        log_odds = write_histogram_boosting(builder, model, given)
    elif isinstance(model, Booster | LGBMClassifier):
        log_odds = write_lightgbm(builder, model if isinstance(model, Booster) else model.booster_, given)
    if log_odds is not None:
        return _as_class(builder, _logistic(builder, log_odds), column)
    return _by_skl2onnx(builder, model, given, width, column)


def _width_of(model: Any, width: int) -> int:
    return int(getattr(model, "n_features_in_", width))


def _as_class(builder: GraphBuilder, of_second: str, column: int) -> str:
    """The probability of a class, given that of the second."""
    return of_second if column else str(builder.node("Sub", builder.constant(np.array(1.0)), of_second))


def _logistic(builder: GraphBuilder, log_odds: str) -> str:
    return str(builder.node("Sigmoid", log_odds))


def _by_skl2onnx(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    exact = isinstance(model, _EXACT_IN_DOUBLE)
    tensor, kind = (DoubleTensorType, DOUBLE) if exact else (FloatTensorType, FLOAT)
    try:
        converted = convert_sklearn(
            model,
            initial_types=[("x", tensor([None, width]))],
            options={id(model): {"zipmap": False}},
            target_opset=OPSETS,
        )
        _, probabilities = builder.take_in(converted, builder.cast(given, kind))
    except Exception as error:  # it raises many kinds
        raise NotConvertible(
            f"{type(model).__name__} has no exact conversion ({' '.join(str(error).split())[:160]}); convert it to ONNX "
            "yourself and hand over that, or train a kind that has one: logistic regression, trees, forests, gradient "
            "boosting, LightGBM, a multi-layer perceptron, votes and calibrations of these."
        ) from None
    return builder.cast(builder.columns(probabilities, [column]), DOUBLE)


def _voting(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    if model.voting != "soft":
        raise NotConvertible("VotingClassifier gives probabilities with voting='soft' alone.")
    weights = np.asarray(model._weights_not_none or [1.0] * len(model.estimators_), float)
    parts = [write_bad_probability(builder, part, given, width, column) for part in model.estimators_]
    return str(
        builder.node("MatMul", builder.beside(parts), builder.constant((weights / weights.sum())[:, None]))
    )


def _stacked(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    """The probability that the last classifier computes from the others' probabilities of class 1, and, in some stacks, from
    the columns themselves."""
    parts = []
    for part, method in zip(model.estimators_, model.stack_method_, strict=True):
        probability = write_bad_probability(builder, part, given, width, 1)
        if method == "decision_function" and type(part) in _LOG_ODDS:
            probability = _logit(builder, probability)
        elif method != "predict_proba":
            raise NotConvertible(
                f"StackingClassifier over {type(part).__name__}.{method} has no exact conversion."
            )
        parts.append(probability)
    if model.passthrough:
        parts.append(given)
    return write_bad_probability(
        builder,
        model.final_estimator_,
        builder.beside(parts),
        len(parts) + model.passthrough * (width - 1),
        column,
    )


def _calibrated(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    """The mean of the folds' probabilities: in each, a calibrator turns its classifier's score of class 1 into one."""
    parts = []
    for fold in model.calibrated_classifiers_:
        probability = write_bad_probability(builder, fold.estimator, given, width, 1)
        if hasattr(fold.estimator, "decision_function"):
            if type(fold.estimator) not in _LOG_ODDS:
                raise NotConvertible(
                    f"CalibratedClassifierCV over {type(fold.estimator).__name__} has no exact conversion."
                )
            probability = _logit(builder, probability)
        (calibrator,) = fold.calibrators
        if hasattr(calibrator, "X_thresholds_"):
            parts.append(_isotonic(builder, calibrator, probability))
        elif hasattr(calibrator, "a_"):
            line = builder.node(
                "Add",
                builder.node("Mul", probability, builder.constant(np.array(-calibrator.a_))),
                builder.constant(np.array(-calibrator.b_)),
            )
            parts.append(_logistic(builder, str(line)))
        else:
            raise NotConvertible(
                f"CalibratedClassifierCV with method={fold.method!r} has no exact conversion."
            )
    mean = builder.node(
        "MatMul", builder.beside(parts), builder.constant(np.full((len(parts), 1), 1 / len(parts)))
    )
    return _as_class(builder, str(mean), column)


def _logit(builder: GraphBuilder, probability: str) -> str:
    other = builder.node("Sub", builder.constant(np.array(1.0)), probability)
    return str(builder.node("Log", builder.node("Div", probability, other)))


def _isotonic(builder: GraphBuilder, calibrator: Any, score: str) -> str:
    """Isotonic calibration: straight lines between its points, and the outer points' values beyond them."""
    x, y = np.asarray(calibrator.X_thresholds_, float), np.asarray(calibrator.y_thresholds_, float)
    start, lengths, rises = x[:-1], np.diff(x), np.diff(y)
    slopes = np.divide(rises, lengths, out=np.zeros_like(rises), where=lengths > 0)
    passed = builder.node("Sub", score, builder.constant(start[None]))
    passed = builder.node("Max", passed, builder.constant(np.zeros((1, 1))))
    passed = builder.node("Min", passed, builder.constant(lengths[None]))
    risen = builder.node("MatMul", passed, builder.constant(slopes[:, None]))
    return str(builder.node("Add", risen, builder.constant(np.array(y[0]))))
