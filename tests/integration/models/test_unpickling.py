"""A pickle may hold what models are made of, and name nothing else."""

import copyreg
import io
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from lightgbm import LGBMClassifier
from scipy.stats import rv_continuous
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, SplineTransformer, StandardScaler

from models.handover.unpickling import unpickle
from scoring.errors import UnreadablePickle, UnsafePickle


@pytest.mark.parametrize("name", ["numpy.testing._private.utils:runstring", "numpy.lib.npyio:load",
        "numpy:memmap",
        "lightgbm.basic:Path",
        "sklearn.utils.parallel:Parallel", "sklearn.utils._joblib:Parallel", "builtins:getattr", "pathlib:Path.write_text", "subprocess:Popen",
        "numpy:memmap.tofile", "numpy:vectorize", "numpy._pytesttester:PytestTester", "numpy.lib._datasource:DataSource",
        "numpy._core._internal:_ufunc_reconstruct", "scipy.stats._distn_infrastructure:rv_continuous",
        "scipy._lib._util:MapWrapper", "sklearn.utils.parallel:_FuncWrapper", "sklearn.conftest:pytest",
        "scoring.unpickling:_Unpickler", "scoring.loading:load", "functools:partial", "importlib:import_module"])  # fmt: skip
def test_names_outside_the_allow_list_are_refused(name: str) -> None:
    module, _, attribute = name.partition(":")
    data = (
        b"\x80\x04\x8c"
        + bytes([len(module)])
        + module.encode()
        + b"\x8c"
        + bytes([len(attribute)])
        + attribute.encode()
        + b"\x93."
    )
    with pytest.raises((UnsafePickle, UnreadablePickle)):
        unpickle(data, "model.pkl")


class Distribution:
    """scipy.stats executes the text in a distribution's state when it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        state = {"_parse_arg_template": f"open({str(self.trace)!r}, 'w')"}
        return copyreg._reconstructor, (rv_continuous, object, None), state  # type: ignore[attr-defined]


def test_a_class_of_an_allowed_library_that_executes_its_state_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    data = pickle.dumps(Distribution(trace))
    with pytest.raises(UnsafePickle, match="best_estimator_"):
        unpickle(data, "lightgbm_model.pkl")
    assert not trace.exists()
    with pytest.raises(KeyError):
        pickle.loads(data)
    assert trace.exists(), "scipy no longer executes it; the refusal may be reconsidered"


def test_what_joblib_writes_is_refused_with_advice() -> None:
    file = io.BytesIO()
    joblib.dump(StandardScaler().fit(np.eye(3)), file)
    with pytest.raises(UnsafePickle, match=r"write it with pickle\.dump"):
        unpickle(file.getvalue(), "std_scaler.pkl")


@pytest.mark.parametrize("estimator", [LogisticRegression(),
        make_pipeline(FunctionTransformer(np.tanh), SplineTransformer(), PCA(2), LogisticRegression()),
        CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=2),
        RandomForestClassifier(5), HistGradientBoostingClassifier(max_iter=5), LGBMClassifier(n_estimators=3, verbose=-1), MLPClassifier((3,), max_iter=20)], ids=lambda e: type(e).__name__)  # fmt: skip
def test_the_usual_estimators_are_read(estimator: Any) -> None:
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(200, 4))
    fitted = estimator.fit(matrix, matrix[:, 0] > 0)
    read = unpickle(pickle.dumps(fitted), "model.pkl")
    assert np.array_equal(read.predict_proba(matrix), fitted.predict_proba(matrix))


@pytest.mark.parametrize("search", [RandomizedSearchCV, GridSearchCV], ids=lambda search: search.__name__)
@pytest.mark.parametrize("scoring", [None, "roc_auc"])
def test_every_search_is_refused_with_what_to_hand_over_instead(search: Any, scoring: str | None) -> None:
    matrix = np.random.default_rng(1).normal(size=(200, 4))
    found = search(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, scoring=scoring).fit(
        matrix, matrix[:, 0] > 0
    )
    with pytest.raises(UnsafePickle, match=r"hand over its best_estimator_\.$"):
        unpickle(pickle.dumps(found), "lightgbm_model.pkl")
    unpickle(pickle.dumps(found.best_estimator_), "lightgbm_model.pkl")
