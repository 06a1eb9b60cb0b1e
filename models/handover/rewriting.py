"""The stage that reads a layer which this project's training made, scores with it, and writes it anew. It runs in a closed
process that never read the pickles."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

from models.synthetic import synthetic_applicants
from scoring import plain
from scoring.errors import ModelError, UnreadablePickle, WrongScores
from scoring.loading import own_scorer
from scoring.manifest import ENCODER, MODEL_FILES, SCALER, Manifest

_WITH_REASONS: Final = 50


def rewrite(order: Mapping[str, Any]) -> dict[str, Any]:
    """`{"own": {name: base64}}`: the `files` of the order, once each of their models has scored `count` made-up
    applicants, some with reasons. Raises a ModelError when one cannot."""
    parts = {name: plain.loads(b64decode(text), name) for name, text in order["files"].items()}
    rows = list(synthetic_applicants(int(order["count"]), seed=7))
    if ENCODER in parts and SCALER in parts:  # when one is missing, check.py says so
        for model, file in MODEL_FILES.items():
            if file in parts:
                _try(parts, file, model, rows)
    return {"own": {name: b64encode(plain.dumps(part)).decode() for name, part in parts.items()}}


def _try(parts: dict[str, Any], file: str, model: str, rows: list[dict[str, Any]]) -> None:
    scorer = own_scorer(Manifest({"files": {}}), parts, file, model)
    try:
        probabilities = [score.probability for score in scorer.score(rows, explained=False)]
        scorer.score(rows[:_WITH_REASONS])
    except ModelError:
        raise
    except Exception as error:  # with a stranger's arrays, anything may fail
        raise UnreadablePickle(
            f"{file} cannot score an application ({type(error).__name__}); hand over the layer that training wrote."
        ) from None
    if not all(0 <= probability <= 1 for probability in probabilities):
        raise WrongScores(
            f"{file} gives figures that are no probabilities; hand over the layer that training wrote."
        )
