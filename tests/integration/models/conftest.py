"""Folders as a data scientist hands them over."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from creditrisk.application import FIELDS
from models.handover.conversion import convert
from models.handover.rewriting import rewrite
from models.handover.serving import serve
from models.synthetic import synthetic_applicants
from tests.integration.models.layers import LAYER

NUMBERS, CODES = (
    ["AGE", "PERSONAL_MONTHLY_INCOME", "MONTHS_IN_RESIDENCE"],
    ["PAYMENT_DAY", "PROFESSIONAL_STATE", "RESIDENCIAL_STATE"],
)


def frame_of(rows: list[dict[str, Any]], fields: list[str] = [*NUMBERS, *CODES]) -> pd.DataFrame:  # noqa: B006
    """The frame that docs/handover.md promises the encoder: quantities as floats, the rest as text."""
    return pd.DataFrame(
        {
            name: pd.Series([row[name] for row in rows], dtype=float if FIELDS[name].is_number else object)
            for name in fields
        }
    )


def bad_of(frame: pd.DataFrame) -> Any:
    """Made-up labels: young and poor is bad."""
    return ((frame["AGE"] < 35) & (frame["PERSONAL_MONTHLY_INCOME"] < 600)).astype(int)


def write(folder: Path, **parts: Any) -> Path:
    """Pickle the parts into a folder: encoder_hot=…, lightgbm_model=…"""
    folder.mkdir(exist_ok=True)
    for name, part in parts.items():
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(part))
    return folder


def usual_encoder() -> ColumnTransformer:
    """Not yet fitted."""
    return ColumnTransformer(
        [("numbers", SimpleImputer(), NUMBERS), ("codes", OneHotEncoder(handle_unknown="ignore"), CODES)],
        sparse_threshold=0,
    )


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stages, without the seconds that a process of their own takes to start; tests/integration has them closed."""
    stages: dict[str, Any] = {"convert": convert, "serve": serve, "rewrite": rewrite}

    def run(stage: str, order: dict[str, Any]) -> Any:
        return json.loads(json.dumps(stages[stage](json.loads(json.dumps(order)))))

    monkeypatch.setattr("models.handover.check.run", run)


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return frame_of(list(synthetic_applicants(600, seed=3)))


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Path:
    """Four files as a data scientist makes them with scikit-learn and LightGBM alone."""
    encoder = usual_encoder().fit(frame)
    scaler = StandardScaler().fit(encoder.transform(frame))
    matrix, bad = scaler.transform(encoder.transform(frame)), bad_of(frame)
    return write(
        tmp_path_factory.mktemp("hand-over"),
        encoder_hot=encoder,
        std_scaler=scaler,
        lightgbm_model=LGBMClassifier(n_estimators=10, verbose=-1).fit(matrix, bad),
        deeplearning_model=MLPClassifier((4,), max_iter=200, random_state=1).fit(matrix, bad),
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A layer of our own kind to be replaced."""
    shutil.copytree(LAYER, tmp_path / "pickles")
    return tmp_path / "pickles"


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """A folder's copy, to be spoilt."""

    def copy(folder: Path) -> Path:
        shutil.copytree(folder, tmp_path / "copy")
        return tmp_path / "copy"

    return copy
