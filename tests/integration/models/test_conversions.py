"""Which encoders and classifiers convert exactly, each beside its original on a thousand made-up applicants."""

import pickle
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from lightgbm import LGBMClassifier
from onnx import helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier

from models.handover.check import check, install
from models.handover.errors import NotConvertible, WrongLabels
from models.synthetic import synthetic_applicants
from scoring import load
from scoring.errors import ModelError, UnreadableGraph, UnsafePickle
from tests.integration.models.conftest import CODES, NUMBERS, bad_of, frame_of, usual_encoder, write

LGBM = LGBMClassifier(n_estimators=15, verbose=-1)
CLASSIFIERS: dict[str, Any] = {
    "logistic": LogisticRegression(max_iter=300),
    "mlp": MLPClassifier((5,), max_iter=60, random_state=1),
    "tree": DecisionTreeClassifier(max_depth=6, random_state=1),
    "forest": RandomForestClassifier(20, random_state=1),
    "extra-trees": ExtraTreesClassifier(20, random_state=1),
    "boosting": GradientBoostingClassifier(n_estimators=15, random_state=1),
    "histogram-boosting": HistGradientBoostingClassifier(max_iter=20),
    "lightgbm": LGBM,
    "calibrated-sigmoid": CalibratedClassifierCV(LGBM, cv=2),
    "calibrated-isotonic": CalibratedClassifierCV(
        RandomForestClassifier(10, random_state=1), method="isotonic", cv=2
    ),
    "calibrated-logistic": CalibratedClassifierCV(LogisticRegression(max_iter=300), cv=2),
    "voting": VotingClassifier(
        [("a", LogisticRegression(max_iter=300)), ("b", RandomForestClassifier(10, random_state=1))],
        voting="soft",
        weights=[2, 1],
    ),
    "stacking": StackingClassifier([("a", LogisticRegression(max_iter=300)), ("b", LGBM)], cv=2),
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
}


def parts_of(frame: pd.DataFrame, encoder: Any, model: BaseEstimator) -> dict[str, Any]:
    bad = bad_of(frame)
    bad ^= (np.arange(len(bad)) % 7 == 0).astype(int)  # some noise, or every model is certain
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder = encoder.fit(frame, bad)
        scaler = StandardScaler().fit(encoder.transform(frame))
        fitted = model.fit(scaler.transform(encoder.transform(frame)), bad)
    return {"encoder_hot": encoder, "std_scaler": scaler, "lightgbm_model": fitted}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_usual_classifiers_are_served_as_they_were_trained(
    tmp_path: Path, frame: pd.DataFrame, name: str
) -> None:
    parts = parts_of(frame, usual_encoder(), pickle.loads(pickle.dumps(CLASSIFIERS[name])))
    install(write(tmp_path / name, **parts), tmp_path / "pickles")
    rows = list(synthetic_applicants(300, seed=23))
    matrix = parts["std_scaler"].transform(parts["encoder_hot"].transform(frame_of(rows)))
    expected = parts["lightgbm_model"].predict_proba(matrix)[:, 1]
    served = [score.probability for score in load(tmp_path / "pickles").score(rows, explained=False)]
    assert served == pytest.approx(expected, abs=1e-5)
    assert expected.std() > 0.05, "the model tells applicants apart"


def codes(*steps: Any) -> ColumnTransformer:
    """An encoder with these steps on the codes."""
    return ColumnTransformer(
        [("numbers", SimpleImputer(), NUMBERS), ("codes", make_pipeline(*steps), CODES)], sparse_threshold=0
    )


def numbers(*steps: Any) -> ColumnTransformer:
    """An encoder with these steps on the numbers."""
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), *steps), NUMBERS),
            ("codes", OneHotEncoder(handle_unknown="ignore"), CODES),
        ],
        sparse_threshold=0,
    )


ENCODERS: dict[str, Any] = {
    "rare levels together": codes(OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.05)),
    "first level dropped": codes(OneHotEncoder(handle_unknown="ignore", drop="first")),
    "ordinal, gap as NaN, then imputed": codes(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), SimpleImputer()
    ),
    "ordinal, gap as a number": codes(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    ),
    "imputed by the most frequent": codes(
        SimpleImputer(strategy="most_frequent", missing_values=None), OneHotEncoder(handle_unknown="ignore")
    ),
    "imputed by a constant": codes(
        SimpleImputer(strategy="constant", fill_value="missing", missing_values=None),
        OneHotEncoder(handle_unknown="ignore"),
    ),
    "target rates": codes(TargetEncoder(random_state=1, cv=2)),
    "log": numbers(FunctionTransformer(np.log1p)),
    "min-max": numbers(MinMaxScaler()),
    "robust": numbers(RobustScaler()),
    "bins": numbers(KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf")),
    "numbers passed on": ColumnTransformer(
        [("codes", OneHotEncoder(handle_unknown="ignore"), CODES)],
        remainder="passthrough",
        sparse_threshold=0,
    ),
    "places instead of names": ColumnTransformer(
        [
            ("numbers", SimpleImputer(), slice(0, 3)),
            ("codes", OneHotEncoder(handle_unknown="ignore"), [3, 4, 5]),
        ],
        sparse_threshold=0,
    ),
    "gaps flagged": ColumnTransformer(
        [
            ("numbers", SimpleImputer(add_indicator=True), NUMBERS),
            ("codes", OneHotEncoder(handle_unknown="ignore"), CODES),
        ],
        sparse_threshold=0,
    ),
    "frames from part to part": codes(OneHotEncoder(handle_unknown="ignore", sparse_output=False)).set_output(
        transform="pandas"
    ),
    "a union": FeatureUnion(
        [
            ("one", usual_encoder()),
            ("two", ColumnTransformer([("n", SimpleImputer(strategy="median"), NUMBERS)])),
        ]
    ),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_the_usual_encoders_are_served_as_they_were_trained(
    tmp_path: Path, frame: pd.DataFrame, name: str
) -> None:
    whole = frame if "passed on" not in name else frame.fillna({"MONTHS_IN_RESIDENCE": 6.0})
    model = LGBM if "passed on" in name else LogisticRegression(max_iter=300)
    parts = parts_of(whole, ENCODERS[name], model)
    install(write(tmp_path / "folder", **parts), tmp_path / "pickles")
    rows = list(synthetic_applicants(300, seed=23))
    matrix = parts["std_scaler"].transform(parts["encoder_hot"].transform(frame_of(rows)))
    expected = parts["lightgbm_model"].predict_proba(matrix)[:, 1]
    served = [score.probability for score in load(tmp_path / "pickles").score(rows, explained=False)]
    assert served == pytest.approx(expected, abs=1e-5)


def test_a_kind_that_has_no_conversion_is_named(tmp_path: Path, frame: pd.DataFrame) -> None:
    parts = parts_of(frame, usual_encoder(), GaussianProcessClassifier(max_iter_predict=5))
    with pytest.raises(ModelError, match=r"GaussianProcessClassifier|gaussian_process|lightgbm") as refusal:
        check(write(tmp_path / "odd", **parts))
    assert str(refusal.value).endswith(".")


def test_lightgbms_own_categories_are_refused_with_what_to_do(tmp_path: Path, frame: pd.DataFrame) -> None:
    encoder = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), NUMBERS),
            (
                "codes",
                OrdinalEncoder(
                    handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
                ),
                CODES,
            ),
        ]
    ).fit(frame)
    matrix = encoder.transform(frame)
    model = LGBMClassifier(n_estimators=5, min_child_samples=5, verbose=-1).fit(
        matrix - matrix.min(axis=0),
        frame["RESIDENCIAL_STATE"].isin(["AC", "RJ", "SP", "MG"]).astype(int),
        categorical_feature=[5],
    )
    with pytest.raises(NotConvertible, match="encode the categories before it"):
        check(write(tmp_path / "categories", encoder_hot=encoder, lightgbm_model=model))


def served_beside(target: Path, expected: Any, rows: list[dict[str, Any]]) -> None:
    served = [score.probability for score in load(target).score(rows, explained=False)]
    assert served == pytest.approx(expected, abs=1e-5)


def test_lightgbms_own_text_is_accepted(tmp_path: Path, frame: pd.DataFrame) -> None:
    parts = parts_of(frame, usual_encoder(), LGBM)
    model = parts.pop("lightgbm_model")
    folder = write(tmp_path / "text", **parts)
    model.booster_.save_model(folder / "lightgbm_model.txt")
    install(folder, tmp_path / "pickles")
    rows = list(synthetic_applicants(200, seed=23))
    matrix = parts["std_scaler"].transform(parts["encoder_hot"].transform(frame_of(rows)))
    served_beside(tmp_path / "pickles", model.predict_proba(matrix)[:, 1], rows)


def test_skops_files_are_accepted_in_the_place_of_every_pickle(tmp_path: Path, frame: pd.DataFrame) -> None:
    parts = parts_of(frame, usual_encoder(), RandomForestClassifier(10, random_state=1))
    folder = tmp_path / "skops"
    folder.mkdir()
    for name, part in parts.items():
        skops.io.dump(part, folder / f"{name}.skops")
    install(folder, tmp_path / "pickles")
    rows = list(synthetic_applicants(200, seed=23))
    matrix = parts["std_scaler"].transform(parts["encoder_hot"].transform(frame_of(rows)))
    served_beside(tmp_path / "pickles", parts["lightgbm_model"].predict_proba(matrix)[:, 1], rows)


def test_an_onnx_model_of_xgboost_is_served_as_it_is(tmp_path: Path, frame: pd.DataFrame) -> None:
    import xgboost
    from onnxmltools import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    parts = parts_of(frame, usual_encoder(), xgboost.XGBClassifier(n_estimators=15, max_depth=3))
    model = parts.pop("lightgbm_model")
    folder = write(tmp_path / "xgboost", **parts)
    width = model.n_features_in_
    graph = convert_xgboost(model, initial_types=[("x", FloatTensorType([None, width]))], target_opset=15)
    (folder / "lightgbm_model.onnx").write_bytes(graph.SerializeToString())
    install(folder, tmp_path / "pickles")
    assert (tmp_path / "pickles" / "lightgbm_model.onnx").read_bytes() == graph.SerializeToString()
    rows = list(synthetic_applicants(200, seed=23))
    matrix = parts["std_scaler"].transform(parts["encoder_hot"].transform(frame_of(rows)))
    served_beside(tmp_path / "pickles", model.predict_proba(matrix)[:, 1], rows)
    folder.joinpath("lightgbm_model.onnx").unlink()
    write(folder, lightgbm_model=model)
    with pytest.raises(UnsafePickle, match="XGBoost's; export it"):
        check(folder)


def test_a_graph_whose_inputs_are_the_fields_needs_nothing_beside_it(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Sub", ["AGE", "middle"], ["young"]),
        helper.make_node("Mul", ["young", "slope"], ["by_age"]),
        helper.make_node("Where", ["gap", "zero", "by_age"], ["whole"]),
        helper.make_node("IsNaN", ["MONTHS_IN_RESIDENCE"], ["gap"]),
        helper.make_node("LabelEncoder", ["RESIDENCE_TYPE"], ["home"], domain="ai.onnx.ml", keys_strings=["0", "1", ""], values_floats=[0.1, 0.2, 0.3]),
        helper.make_node("Add", ["whole", "home"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["chance"]),
    ]  # fmt: skip
    nodes[2:4] = nodes[3], nodes[2]
    inputs = [
        helper.make_tensor_value_info(name, kind, [None, 1])
        for name, kind in (("AGE", 1), ("MONTHS_IN_RESIDENCE", 1), ("RESIDENCE_TYPE", 8))
    ]
    constants = [
        helper.make_tensor(name, 1, [1], [value])
        for name, value in (("middle", 40), ("slope", -0.05), ("zero", 0))
    ]
    outputs = [helper.make_tensor_value_info("chance", 1, [None, 1])]
    graph = helper.make_graph(nodes, "by-name", inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    folder = tmp_path / "graph"
    folder.mkdir()
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    (folder / "deeplearning_model.onnx").write_bytes(model.SerializeToString())
    install(folder, tmp_path / "pickles")
    scorer = load(tmp_path / "pickles", "deeplearning")
    row = next(iter(synthetic_applicants(1))) | {"AGE": 60, "MONTHS_IN_RESIDENCE": 5, "RESIDENCE_TYPE": None}
    (score,) = scorer.score([row])
    assert score.probability == pytest.approx(1 / (1 + np.exp(1.0 - 0.3)), abs=1e-6)
    assert score.contributions.keys() == {"AGE", "MONTHS_IN_RESIDENCE", "RESIDENCE_TYPE"}


def test_a_classifiers_own_names_of_classes_in_a_graph_are_asked_for(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    bad = np.where(bad_of(frame) == 1, "bad", "good")
    encoder = usual_encoder().fit(frame)
    model = LogisticRegression(max_iter=300).fit(encoder.transform(frame), bad)
    width = model.n_features_in_
    graph = convert_sklearn(
        model, initial_types=[("x", FloatTensorType([None, width]))], target_opset=15
    )  # with ZipMap
    folder = write(tmp_path / "words", encoder_hot=encoder)
    (folder / "lightgbm_model.onnx").write_bytes(graph.SerializeToString())
    with pytest.raises(WrongLabels, match="--bad bad"):
        check(folder)
    install(folder, tmp_path / "pickles", bad="bad")
    rows = list(synthetic_applicants(200, seed=23))
    served_beside(tmp_path / "pickles", model.predict_proba(encoder.transform(frame_of(rows)))[:, 0], rows)


def test_a_graph_that_gives_no_probabilities_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    encoder = usual_encoder().fit(frame)
    width = encoder.transform(frame).shape[1]
    graph = helper.make_graph(
        [helper.make_node("ReduceSum", ["x"], ["sum"])], "logits",
        [helper.make_tensor_value_info("x", 1, [None, width])], [helper.make_tensor_value_info("sum", 1, [None, None])],
    )  # fmt: skip
    folder = write(tmp_path / "logits", encoder_hot=encoder)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    (folder / "lightgbm_model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(UnreadableGraph, match="let it end in a sigmoid or softmax"):
        check(folder)


def test_a_graph_that_keras_wrote_gives_what_keras_expected(tmp_path: Path) -> None:
    """The graph and the scores came from Keras 3.15 on PyTorch, of made-up applicants."""
    folder = tmp_path / "keras"
    shutil.copytree(Path(__file__).parent / "keras", folder)
    learned = pd.DataFrame(
        {
            "AGE": [20.0, 40.0, 60.0],
            "PERSONAL_MONTHLY_INCOME": [300.0, 900.0, 2000.0],
            "COMPANY": ["N", "Y", "N"],
            "PAYMENT_DAY": ["1", "10", "25"],
        }
    )
    encoder = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), ["AGE", "PERSONAL_MONTHLY_INCOME"]),
            ("codes", OneHotEncoder(handle_unknown="ignore"), ["COMPANY", "PAYMENT_DAY"]),
        ],
        sparse_threshold=0,
    ).fit(learned)
    write(folder, encoder_hot=encoder, std_scaler=StandardScaler().fit(encoder.transform(learned)))
    report = install(folder, tmp_path / "pickles")
    assert report.expected == 60
    assert list(report.models) == ["deeplearning"]
    graph = (folder / "deeplearning_model.onnx").read_bytes()
    assert (tmp_path / "pickles" / "deeplearning_model.onnx").read_bytes() == graph
