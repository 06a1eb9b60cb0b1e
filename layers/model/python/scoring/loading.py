"""From a layer's folder to a scorer: every file checked before any is read, golden rows scored before any other."""

import json
from pathlib import Path

import numpy as np

from scoring.errors import WrongScores
from scoring.manifest import ENCODER, SCALER, file_of, read_manifest
from scoring.scorer import Scorer
from scoring.unpickling import unpickle

GOLDEN = "golden_rows.json"
"""Made-up applications with the probabilities that each model gave them when it was made."""
TOLERANCE = 1e-9


def load(
    folder: Path, model: str = "lightgbm", challenger: str | None = None, threshold: float = 0.5
) -> Scorer:
    """The scorer of a layer, with exactly one active model.

    Raises UnknownModel, ManifestMissing, FileMissing, FileChanged, UnsafePickle, UnreadablePickle or WrongScores: a
    model whose files do not match their manifest scores nothing.
    """
    chosen = [file_of(name) for name in (model, challenger) if name]
    manifest = read_manifest(folder)
    contents = manifest.read(folder, [ENCODER, SCALER, *chosen, GOLDEN])
    encoder, scaler, active, *rest = (unpickle(contents[name], name) for name in (ENCODER, SCALER, *chosen))
    scorer = Scorer(manifest, encoder, scaler, model, active, rest[0] if rest else None, threshold)
    _check(scorer, json.loads(contents[GOLDEN]))
    return scorer


def _check(scorer: Scorer, golden: list[dict[str, object]]) -> None:
    """Raises WrongScores unless the golden rows score as recorded."""
    rows = [row["application"] for row in golden]
    expected = np.array([row[scorer.name] for row in golden], float)
    scores = np.array([score.probability for score in scorer.score(rows, reasons=0)])  # type: ignore[arg-type]
    worst = float(np.abs(scores - expected).max()) if len(golden) else 0.0
    if not worst <= TOLERANCE:
        raise WrongScores(
            f"The model scores differently from when it was made (by {worst:.2g}); it is not used. "
            "Its files and this code are not of one version: install the layer that belongs to this code."
        )
