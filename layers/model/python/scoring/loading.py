"""From a layer's folder to a scorer: every file checked before any is read, golden rows scored before any other."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from scoring.encoder import Encoder
from scoring.errors import UnreadablePickle, WrongScores
from scoring.estimators import Blend, Network
from scoring.foreign import ForeignScorer
from scoring.manifest import ENCODER, SCALER, Manifest, file_of, read_manifest
from scoring.scaler import Scaler
from scoring.scorer import Scorer
from scoring.unpickling import unpickle

GOLDEN = "golden_rows.json"
"""Made-up applications with the probabilities that each model gave them when it was made."""
TOLERANCE = 1e-9


def load(
    folder: Path, model: str = "lightgbm", challenger: str | None = None, threshold: float = 0.5
) -> Scorer | ForeignScorer:
    """The scorer of a layer, with exactly one active model.

    Raises UnknownModel, ManifestMissing, FileMissing, FileChanged, UnsafePickle, UnreadablePickle or WrongScores: a
    model whose files do not match their manifest scores nothing.
    """
    chosen = [file_of(name) for name in (model, challenger) if name]
    manifest = read_manifest(folder)
    contents = manifest.read(folder, [ENCODER, SCALER, *chosen, GOLDEN])
    parts = {name: unpickle(contents[name], name) for name in (ENCODER, SCALER, *chosen)}
    scorer = assemble(manifest, parts, model, challenger, threshold)
    _check(scorer, json.loads(contents[GOLDEN]))
    return scorer


def assemble(
    manifest: Manifest, parts: dict[str, Any], model: str, challenger: str | None, threshold: float
) -> Scorer | ForeignScorer:
    """The scorer made of unpickled files: our own kind when every part is ours, else the general one.

    Raises UnreadablePickle when a part cannot do what it is for.
    """
    encoder, scaler, active = parts[ENCODER], parts[SCALER], parts[file_of(model)]
    other = parts[file_of(challenger)] if challenger else None
    for part, file, method in (
        (encoder, ENCODER, "transform"),
        (scaler, SCALER, "transform"),
        (active, file_of(model), "predict_proba"),
    ):
        if not callable(getattr(part, method, None)):
            raise UnreadablePickle(
                f"{file} holds a {type(part).__name__}, which has no {method}; hand over a fitted one."
            )
    ours = isinstance(encoder, Encoder) and isinstance(scaler, Scaler) and isinstance(active, Blend | Network)
    kind: Any = Scorer if ours else ForeignScorer
    scorer: Scorer | ForeignScorer = kind(manifest, encoder, scaler, model, active, other, threshold)
    return scorer


def _check(scorer: Scorer | ForeignScorer, golden: list[dict[str, Any]]) -> None:
    """Raises WrongScores unless the golden rows score as recorded."""
    try:
        rows = [row["application"] for row in golden]
        expected = np.array([row[scorer.name] for row in golden], float)
        scores = np.array([score.probability for score in scorer.score(rows, reasons=0)])
    except (KeyError, TypeError, ValueError) as error:
        raise WrongScores(
            f"The golden rows in {GOLDEN} cannot be scored ({type(error).__name__}: {error}); install the layer again."
        ) from error
    worst = float(np.abs(scores - expected).max()) if len(golden) else 0.0
    if not worst <= TOLERANCE:
        raise WrongScores(
            f"The model scores differently from when it was made (by {worst:.2g}); it is not used. "
            "Its files and this code are not of one version: install the layer that belongs to this code."
        )
