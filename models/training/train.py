"""Training from end to end: data, cross-validation, both models, their layer."""

import json
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from creditrisk.application import FIELDS
from creditrisk.clock import timestamp
from creditrisk.portfolio import active
from models.reference import reference_of
from models.store.layer import replace_layer, staging, write_files
from models.synthetic import nobodies
from models.training.ages import figures_by_age
from models.training.data import Data
from models.training.encoding import EncoderFit, cross_fitted, trimmed
from models.training.fitting import FITTERS, Sample
from models.training.kinds import Kinds
from models.training.parts import LIBRARIES, Once, afresh
from models.training.recipe import Recipe
from models.training.tuning import tuned
from models.training.validation import OutOfFold, cross_validate, metrics
from scoring import lawful, plain
from scoring.encoder import Encoder
from scoring.estimators import Estimator, probability
from scoring.lawful import AGES
from scoring.levels import MISSING
from scoring.loading import GOLDEN
from scoring.manifest import ENCODER, MODEL_FILES, REFERENCE, SCALER
from scoring.reference import Reference
from scoring.scaler import Scaler
from scoring.scorer import columns_of_fields


@dataclass(frozen=True)
class Training:
    """What came of a training: the encoder, the scaler and both models, and how they were judged."""

    recipe: Recipe
    encoder: Encoder
    scaler: Scaler
    models: dict[str, Estimator]
    out_of_fold: dict[str, OutOfFold]
    reference: Reference
    facts: dict[str, Any]


def train(data: Data, recipe: Recipe, step: Callable[[], object], once: Once = afresh) -> Training:
    """Cross-validate and fit both models, with settings that are chosen first unless the portfolio forbids it. The same
    data and recipe give the same predictions, also where `once` has parts that an earlier training computed.

    Raises UnlawfulModel when what came of it breaks the recipe's law all the same: by a field that the recipe was to keep,
    or by what only a finished model shows, as how it scores by age.
    """
    start = time.monotonic()
    recipe = tuned(data.columns, data.bad, recipe, step, data.weights, once)
    fit = EncoderFit(data.columns, recipe, data.weights)
    step()
    judged = cross_validate(fit, data.bad, recipe, step, once=once)
    encoder, scaler, matrix = cross_fitted(fit, np.arange(len(data)), data.bad, recipe.seed)
    encoder = trimmed(encoder)
    sample = Sample(matrix, data.bad, recipe, Kinds.of(encoder), data.weights)
    models: dict[str, Any] = {}
    for name, fitter in FITTERS.items():
        calibration = judged[name].calibration
        models[name] = fitter(sample).calibrated(calibration.slope, calibration.intercept)
    step()
    scores = {name: probability(result.log_odds[0]) for name, result in judged.items()}
    reference = reference_of(data.columns, encoder.fields, scores, recipe.binning, data.weights)
    facts = {
        "trained_at": timestamp(),
        "training_seconds": round(time.monotonic() - start, 1),
        "seed": recipe.seed,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "data": {
            "rows": len(data),
            "bad_rate": float(np.average(data.bad, weights=data.weights)),
            "refused": data.refused,
            "sha256": data.fingerprint,
        },
        "fields": encoder.fields,
        "law": recipe.law.name,
        AGES: figures_by_age(data.columns, scores, data.bad, FIELDS, active().policy.decline_from),
        "excluded_fields": sorted(recipe.excluded),
        "columns": len(encoder.columns),
        "cross_validation": {
            "folds": recipe.folds,
            "repeats": recipe.repeats,
            **{name: metrics(result, data.bad, data.weights) for name, result in judged.items()},
        },
    }
    for name in models:
        lawful.check(name, columns_of_fields(encoder), facts, recipe.law)
    return Training(recipe, encoder, scaler, models, judged, reference, facts)


def save(training: Training, target: Path, placing: Callable[[Path], object] | None = None) -> None:
    """Replace the layer in `target` by what was trained: whole, or not at all. `placing` is called with the finished layer
    before that; what it raises keeps the old one."""
    contents = {ENCODER: plain.dumps(training.encoder), SCALER: plain.dumps(training.scaler)}
    contents |= {MODEL_FILES[name]: plain.dumps(model) for name, model in training.models.items()}
    contents |= {GOLDEN: golden_rows(training), REFERENCE: training.reference.dumps()}
    folder = staging(target)
    try:
        write_files(folder, contents, training.facts)
        if placing:
            placing(folder)
        replace_layer(folder, target, training.recipe.law)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _levels_of_texts(vocabulary: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of what an encoder knows, what an applicant could have given as a text. A number is no text, though it may be a level,
    and a gap's level is none of its values."""
    known = {
        name: [level for level in levels if level != MISSING]
        for name, levels in vocabulary.items()
        if name in FIELDS and not FIELDS[name].choices and not FIELDS[name].is_number
    }
    return {name: levels for name, levels in known.items() if levels}


def golden_rows(training: Training, count: int = 32) -> bytes:
    """Made-up applications, each with the probability that either model gives it, as JSON."""
    rows = nobodies(count, _levels_of_texts(training.encoder.vocabulary))
    columns = {name: [row[name] for row in rows] for name in training.encoder.fields}
    matrix = training.scaler.transform(training.encoder.transform(columns))
    told = {name: model.predict_proba(matrix)[:, 1].tolist() for name, model in training.models.items()}
    golden = [
        {"application": row, **{name: told[name][number] for name in told}} for number, row in enumerate(rows)
    ]
    return json.dumps(golden, indent=0, ensure_ascii=False).encode()
