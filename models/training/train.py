"""Training from end to end: data, cross-validation, both models, their layer."""

import json
import platform
import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from creditrisk.application import FIELDS
from creditrisk.clock import timestamp
from models.store.layer import replace_layer, staging, write_files
from models.synthetic import synthetic_applicants
from models.training.data import Data
from models.training.encoding import EncoderFit, blank_encoder, cross_fitted
from models.training.models import FITTERS
from models.training.validation import FOLDS, OutOfFold, cross_validate, metrics, network_calibration
from scoring import plain
from scoring.encoder import Encoder
from scoring.estimators import Estimator
from scoring.loading import GOLDEN
from scoring.manifest import ENCODER, MODEL_FILES, SCALER
from scoring.scaler import Scaler

REPEATS = 3
STEPS = REPEATS * FOLDS + 3
"""How often `step` is called in one training."""
PROTECTED = tuple(name for name, field in FIELDS.items() if field.protected and name != "AGE")
"""Left out by --exclude-protected: sex, marital status, nationality, place of birth. Age has a switch of its own."""
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "lightgbm")


@dataclass(frozen=True)
class Training:
    """What came of a training: the encoder, the scaler and both models, and how they were judged."""

    encoder: Encoder
    scaler: Scaler
    models: dict[str, Estimator]
    out_of_fold: dict[str, OutOfFold]
    facts: dict[str, Any]


def train(data: Data, seed: int, excluded: Collection[str], step: Callable[[], object]) -> Training:
    """Cross-validate and fit both models. The same data and seed give the same predictions."""
    start = time.monotonic()
    fit = EncoderFit(blank_encoder(data.columns, excluded), data.columns)
    step()
    judged = cross_validate(fit, data.bad, REPEATS, seed, step)
    encoder, scaler, matrix = cross_fitted(fit, np.arange(len(data)), data.bad, seed)
    models: dict[str, Any] = {name: fitter(matrix, data.bad, seed) for name, fitter in FITTERS.items()}
    step()
    calibration = network_calibration(models["deeplearning"], fit, data.bad, seed)
    models["deeplearning"] = models["deeplearning"].calibrated(calibration.slope, calibration.intercept)
    step()
    facts = {
        "trained_at": timestamp(),
        "training_seconds": round(time.monotonic() - start, 1),
        "seed": seed,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "data": {
            "rows": len(data),
            "bad_rate": float(data.bad.mean()),
            "refused": data.refused,
            "sha256": data.fingerprint,
        },
        "fields": encoder.fields,
        "excluded_fields": sorted(excluded),
        "columns": len(encoder.columns),
        "cross_validation": {
            "folds": FOLDS,
            "repeats": REPEATS,
            **{name: metrics(result, data.bad) for name, result in judged.items()},
        },
    }
    return Training(encoder, scaler, models, judged, facts)


def save(training: Training, target: Path) -> None:
    """Replace the layer in `target` by what was trained: whole, or not at all."""
    contents = {ENCODER: plain.dumps(training.encoder), SCALER: plain.dumps(training.scaler)}
    contents |= {MODEL_FILES[name]: plain.dumps(model) for name, model in training.models.items()}
    contents[GOLDEN] = golden_rows(training)
    folder = staging(target)
    try:
        write_files(folder, contents, training.facts)
        replace_layer(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def golden_rows(training: Training, count: int = 32) -> bytes:
    """Made-up applications, each with the probability that either model gives it, as JSON."""
    levels = {
        name: known
        for name, known in training.encoder.vocabulary.items()
        if name in FIELDS and not FIELDS[name].choices
    }
    rows = list(synthetic_applicants(count, seed=2010, levels=levels))
    for row in rows:
        row.update(FULL_NAME="Golden Row", DNI="000000")
    columns = {name: [row[name] for row in rows] for name in training.encoder.fields}
    matrix = training.scaler.transform(training.encoder.transform(columns))
    chances = {name: model.predict_proba(matrix)[:, 1].tolist() for name, model in training.models.items()}
    golden = [
        {"application": row, **{name: chances[name][number] for name in chances}}
        for number, row in enumerate(rows)
    ]
    return json.dumps(golden, indent=0, ensure_ascii=False).encode()
