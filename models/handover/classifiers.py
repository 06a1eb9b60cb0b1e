"""From a fitted classifier to nodes of a graph that give the probability of the bad class.

skl2onnx and onnxmltools convert most; the few that they convert wrongly or not at all are written here: calibrated
classifiers, votes, histogram boosting.
"""

from typing import Any, Final

import numpy as np
from lightgbm import Booster, LGBMClassifier
from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from models.handover.errors import NotConvertible, WrongLabels
from models.handover.graph import DOUBLE, FLOAT, OPSETS, GraphBuilder
from models.handover.numeric import write_numbers

update_registered_converter(
    LGBMClassifier,
    "LightGbmLGBMClassifier",
    calculate_linear_classifier_output_shapes,
    convert_lightgbm,
    options={"nocl": [True, False], "zipmap": [True, False, "columns"], "raw_scores": [True, False]},
)

_EXACT_IN_DOUBLE: Final = (LogisticRegression, MLPClassifier)
"""These are sums and products alone, which onnxruntime also does in doubles."""


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
    """A class as it is typed: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write_bad_chance(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    """The probability of the classifier's class number `column` (rows × 1, doubles), from a table of doubles."""
    if isinstance(model, Pipeline):
        *before, last = [step for _, step in model.steps]
        before = [step for step in before if step not in (None, "passthrough")]
        if before:
            given = write_numbers(
                builder, Pipeline([(str(n), step) for n, step in enumerate(before)]), given, width
            )
            width = _width_of(last, width)
        return write_bad_chance(builder, last, given, width, column)
    if type(model) is CalibratedClassifierCV:
        return _calibrated(builder, model, given, width, column)
    if type(model) is VotingClassifier:
        return _voting(builder, model, given, width, column)
    if type(model) is HistGradientBoostingClassifier:
        return _as_class(builder, _logistic(builder, _histogram_trees(builder, model, given)), column)
    if isinstance(model, Booster):
        return _booster(builder, model, given, width, column)
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
    except Exception as error:  # it raises many kinds
        raise NotConvertible(
            f"{type(model).__name__} has no exact conversion ({' '.join(str(error).split())[:160]}); convert it to ONNX "
            "yourself and hand over that, or train a kind that has one: logistic regression, trees, forests, gradient "
            "boosting, LightGBM, a multi-layer perceptron, votes and calibrations of these."
        ) from None
    _, chances = builder.take_in(converted, builder.cast(given, kind))
    return builder.cast(builder.columns(chances, [column]), DOUBLE)


def _voting(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    if model.voting != "soft":
        raise NotConvertible("VotingClassifier gives probabilities with voting='soft' alone.")
    weights = np.asarray(model._weights_not_none or [1.0] * len(model.estimators_), float)
    parts = [write_bad_chance(builder, part, given, width, column) for part in model.estimators_]
    return str(
        builder.node("MatMul", builder.beside(parts), builder.constant((weights / weights.sum())[:, None]))
    )


def _calibrated(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    """The mean over the folds of what each calibrator makes of its classifier's score of class 1."""
    parts = []
    for fold in model.calibrated_classifiers_:
        chance = write_bad_chance(builder, fold.estimator, given, width, 1)
        if hasattr(fold.estimator, "decision_function"):
            if type(fold.estimator).__name__ not in (
                "LogisticRegression",
                "GradientBoostingClassifier",
                "HistGradientBoostingClassifier",
            ):
                raise NotConvertible(
                    f"CalibratedClassifierCV over {type(fold.estimator).__name__} has no exact conversion."
                )
            chance = _logit(builder, chance)
        (calibrator,) = fold.calibrators
        if hasattr(calibrator, "X_thresholds_"):
            parts.append(_isotonic(builder, calibrator, chance))
        elif hasattr(calibrator, "a_"):
            line = builder.node(
                "Add",
                builder.node("Mul", chance, builder.constant(np.array(-calibrator.a_))),
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


def _logit(builder: GraphBuilder, chance: str) -> str:
    other = builder.node("Sub", builder.constant(np.array(1.0)), chance)
    return str(builder.node("Log", builder.node("Div", chance, other)))


def _isotonic(builder: GraphBuilder, calibrator: Any, score: str) -> str:
    """Between two known points the straight line, beyond the outer ones their value."""
    x, y = np.asarray(calibrator.X_thresholds_, float), np.asarray(calibrator.y_thresholds_, float)
    start, lengths, rises = x[:-1], np.diff(x), np.diff(y)
    slopes = np.divide(rises, lengths, out=np.zeros_like(rises), where=lengths > 0)
    passed = builder.node("Sub", score, builder.constant(start[None]))
    passed = builder.node("Max", passed, builder.constant(np.zeros((1, 1))))
    passed = builder.node("Min", passed, builder.constant(lengths[None]))
    risen = builder.node("MatMul", passed, builder.constant(slopes[:, None]))
    return str(builder.node("Add", risen, builder.constant(np.array(y[0]))))


def _histogram_trees(builder: GraphBuilder, model: Any, given: str) -> str:
    """scikit-learn's histogram gradient boosting, as a sum of trees: its log-odds (rows × 1)."""
    if model.is_categorical_ is not None and np.any(model.is_categorical_):
        raise NotConvertible(
            "HistGradientBoostingClassifier with categorical_features has no exact conversion; encode them before it."
        )
    attributes: dict[str, list[Any]] = {
        key: [] for key in ("tree", "node", "feature", "value", "mode", "true", "false", "missing")
    }
    targets: dict[str, list[Any]] = {"tree": [], "node": [], "weight": []}
    for tree, (predictor,) in enumerate(model._predictors):
        for number, node in enumerate(predictor.nodes):
            leaf = bool(node["is_leaf"])
            attributes["tree"].append(tree)
            attributes["node"].append(number)
            attributes["feature"].append(0 if leaf else int(node["feature_idx"]))
            attributes["value"].append(0.0 if leaf else _below(float(node["num_threshold"])))
            attributes["mode"].append("LEAF" if leaf else "BRANCH_LEQ")
            attributes["true"].append(0 if leaf else int(node["left"]))
            attributes["false"].append(0 if leaf else int(node["right"]))
            attributes["missing"].append(0 if leaf else int(node["missing_go_to_left"]))
            if leaf:
                targets["tree"].append(tree)
                targets["node"].append(number)
                targets["weight"].append(float(node["value"]))
    log_odds = builder.node(
        "TreeEnsembleRegressor", builder.cast(given, FLOAT), domain="ai.onnx.ml", n_targets=1,
        nodes_treeids=attributes["tree"], nodes_nodeids=attributes["node"], nodes_featureids=attributes["feature"],
        nodes_values=attributes["value"], nodes_modes=attributes["mode"], nodes_truenodeids=attributes["true"],
        nodes_falsenodeids=attributes["false"], nodes_missing_value_tracks_true=attributes["missing"],
        target_treeids=targets["tree"], target_nodeids=targets["node"], target_ids=[0] * len(targets["tree"]),
        target_weights=targets["weight"], base_values=[float(np.ravel(model._baseline_prediction)[0])],
    )  # fmt: skip
    return builder.cast(log_odds, DOUBLE)


def _below(threshold: float) -> float:
    """The greatest number of single precision that is not above a threshold: so `<=` decides as in double."""
    single = np.float32(threshold)
    if float(single) > threshold:
        single = np.nextafter(single, np.float32(-np.inf))
    return float(np.clip(single, np.finfo(np.float32).min, np.finfo(np.float32).max))


def _booster(builder: GraphBuilder, model: Any, given: str, width: int, column: int) -> str:
    """LightGBM's own text: class 1 is the objective's 1."""
    from onnxmltools import convert_lightgbm as convert_booster
    from onnxmltools.convert.common.data_types import FloatTensorType as BoosterTensor

    try:
        converted = convert_booster(
            model, initial_types=[("x", BoosterTensor([None, width]))], zipmap=False, target_opset=15
        )
    except Exception as error:
        raise NotConvertible(
            f"LightGBM's text has no exact conversion ({' '.join(str(error).split())[:160]})."
        ) from None
    _, chances = builder.take_in(converted, builder.cast(given, FLOAT))
    return builder.cast(builder.columns(chances, [column]), DOUBLE)
