"""What a training promises: the same again, nothing of what is excluded, no row's own label, a full manifest."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.training.columns import ColumnChoice
from models.training.data import Data
from models.training.encoding import EncoderFit, cross_fitted
from models.training.errors import UnusableRecipe
from models.training.recipe import PROTECTED, Encoding, Recipe
from models.training.train import Training, train
from scoring import plain
from scoring.encoder import Encoder
from tests.integration.models.layers import ROOT
from tests.integration.models.training.conftest import SMALL, Train


def digests(training: Training) -> dict[str, str]:
    parts = {"encoder": training.encoder, "scaler": training.scaler, **training.models}
    return {name: hashlib.sha256(plain.dumps(part)).hexdigest() for name, part in parts.items()}


def probabilities(training: Training, data: Data, model: str) -> list[float]:
    matrix = training.scaler.transform(training.encoder.transform(data.columns))
    told: list[float] = training.models[model].predict_proba(matrix)[:, 1].tolist()
    return told


def test_the_same_data_and_seed_give_the_same_pickles_and_predictions(
    trained: Training, run: Train, data: Data
) -> None:
    again = run()
    assert digests(again) == digests(trained)
    for model in trained.models:
        assert probabilities(again, data, model) == probabilities(trained, data, model)
        assert again.out_of_fold[model].aucs == trained.out_of_fold[model].aucs


ENCODER_DIGEST = """
import hashlib, sys
from pathlib import Path
from models.training.data import read
from models.training.encoding import blank_encoder
from models.training.recipe import Recipe
from scoring import plain
encoder = blank_encoder(read(Path(sys.argv[1])).columns, Recipe())
print(hashlib.sha256(plain.dumps(encoder)).hexdigest())
"""


def test_the_encoders_file_does_not_depend_on_the_process_that_writes_it(file: Path) -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", ENCODER_DIGEST, str(file)],
            cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(found) == 1


def test_another_seed_gives_other_models(trained: Training, run: Train, data: Data) -> None:
    other = run(seed=65)
    for model in trained.models:
        assert probabilities(other, data, model) != probabilities(trained, data, model)


def fields_of(encoder: Encoder) -> set[str]:
    return {name for fields in encoder.column_fields for name in fields}


@pytest.mark.parametrize("excluded", [("AGE",), ("RESIDENCIAL_STATE", "RESIDENCIAL_CITY"), PROTECTED])
def test_no_column_touches_an_excluded_field(excluded: tuple[str, ...], run: Train, data: Data) -> None:
    training = run(excluded=frozenset(excluded))
    assert not fields_of(training.encoder) & set(excluded)
    assert training.facts["excluded_fields"] == sorted(excluded)
    changed = Data({**data.columns, **dict.fromkeys(excluded, [None] * len(data))}, data.bad, {}, "")
    for model in training.models:
        assert probabilities(training, changed, model) == probabilities(training, data, model)


def test_exclude_protected_leaves_out_what_the_definition_protects_but_for_age() -> None:
    assert set(PROTECTED) == {
        "SEX", "MARITAL_STATUS", "NACIONALITY", "STATE_OF_BIRTH", "CITY_OF_BIRTH", "MATE_PROFESSION_CODE",
        "EDUCATION_LEVEL_2",
    }  # fmt: skip


def test_what_protection_costs_is_measured_by_ground_and_only_of_what_the_model_has() -> None:
    assert SMALL.ablations["place of birth"] == ("STATE_OF_BIRTH", "CITY_OF_BIRTH")
    assert set(SMALL.ablations) > {"sex", "marital status", "nationality", "age"}
    lawful = SMALL.without(*PROTECTED)
    assert set(lawful.measurable) == {"age", "all of these and age"}
    assert lawful.ablation_steps == 2 * lawful.folds
    assert not lawful.without("AGE").measurable


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"excluded": frozenset({"SXE"})}, "no field SXE"),
        ({"ablations": {"sex": ("GENDER",)}}, "no field GENDER"),
        ({"columns": ColumnChoice(rates=("city, county",))}, "no part city, county"),
        ({"columns": ColumnChoice(crosses={"a × b": ("SEX", "aeg")})}, "no part aeg"),
        ({"columns": ColumnChoice(paired=("age", "aeg"))}, "no part aeg"),
        ({"columns": ColumnChoice(chains={"places": ("region", "street")})}, "no part street"),
        ({"columns": ColumnChoice(numbers=("AGE",))}, "no number AGE"),
        ({"columns": ColumnChoice(same=("SEX",))}, "no pair of parts SEX"),
        ({"folds": 1}, "at least 2 folds"),
        ({"encoding": Encoding(folds=1)}, "at least 2 folds"),
        ({"repeats": 0}, "1 repeat"),
    ],
)
def test_a_recipe_that_names_what_is_not_there_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusableRecipe, match=said):
        Recipe(**changes)


def test_a_recipe_chooses_the_columns(run: Train) -> None:
    few = ColumnChoice(numbers=("age",), same=(), one_hot=("SEX",), rates=("RESIDENCIAL_STATE",), crosses={}, paired=(), chains={}, frequencies=(), effects=("PAYMENT_DAY",))  # fmt: skip
    training = run(columns=few)
    assert training.encoder.columns == [
        "age", *(f"SEX = {level}" for level in "?FM"), "bad rate of RESIDENCIAL_STATE", "effect of PAYMENT_DAY",
    ]  # fmt: skip
    assert training.facts["fields"] == ["AGE", "PAYMENT_DAY", "RESIDENCIAL_STATE", "SEX"]


def test_a_recipe_tells_how_many_steps_its_training_has(data: Data) -> None:
    steps: list[None] = []
    train(data, SMALL, lambda: steps.append(None))
    assert len(steps) == SMALL.steps


def test_the_training_matrix_does_not_carry_a_rows_own_label(data: Data) -> None:
    unique = {**data.columns, "RESIDENCIAL_BOROUGH": [f"borough {number}" for number in range(len(data))]}
    fit = EncoderFit(unique, SMALL)
    encoder, scaler, matrix = cross_fitted(fit, np.arange(len(data)), data.bad, seed=64)
    place = encoder.columns.index("bad rate of RESIDENCIAL_BOROUGH")
    assert roc_auc_score(data.bad, encoder.transform(unique)[:, place]) == 1.0  # fitted on all rows, it does
    trained_on = matrix[:, place]
    assert abs(roc_auc_score(data.bad, trained_on) - 0.5) < 0.02
    for value in set(trained_on.tolist()):
        assert set(data.bad[trained_on == value].tolist()) == {0, 1}
    assert scaler.transform(encoder.transform(unique)).shape == matrix.shape


def test_both_models_learn_what_is_in_the_labels(trained: Training) -> None:
    figures = trained.facts["cross_validation"]
    assert figures["lightgbm"]["roc_auc"] > 0.6
    assert figures["deeplearning"]["roc_auc"] > 0.6


def test_the_manifest_has_what_a_reader_needs(trained: Training, data: Data) -> None:
    facts = trained.facts
    assert set(facts["libraries"]) == {"numpy", "scipy", "scikit-learn", "lightgbm"}
    assert facts["data"] == {
        "rows": len(data), "bad_rate": data.bad.mean(), "refused": {}, "sha256": data.fingerprint,
    }  # fmt: skip
    assert facts["python"] and facts["trained_at"] and facts["training_seconds"] > 0 and facts["seed"] == 64
    assert facts["fields"] == sorted(fields_of(trained.encoder))
    for model in ("lightgbm", "deeplearning"):
        figures = facts["cross_validation"][model]
        assert set(figures) >= {
            "roc_auc", "roc_auc_sd", "gini", "ks", "brier", "log_loss", "calibration_error", "calibration_slope",
            "calibration_intercept",
        }  # fmt: skip
        assert figures["gini"] == pytest.approx(2 * figures["roc_auc"] - 1)
        assert 0 < figures["brier"] < 0.25 and 0 < figures["log_loss"] < 0.7
