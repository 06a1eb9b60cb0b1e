"""The stage that serves the converted graphs as the scorer would, in a closed process that never saw the originals."""

from base64 import b64decode
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from models.handover.graph_check import check_graph
from models.handover.timing import microseconds
from scoring.errors import ModelError, WrongScores
from scoring.foreign import ForeignScorer, Graph
from scoring.manifest import Manifest


def serve(order: Mapping[str, Any]) -> dict[str, Any]:
    """For each model of `manifest`, from `files` (name → base64): the probabilities of `rows`, the unknown fields of
    each, and microseconds for one application, for one with reasons and for each of a thousand."""
    files = {name: b64decode(text) for name, text in order["files"].items()}
    for name, data in files.items():
        check_graph(data, name)
    manifest = Manifest(order["manifest"])
    return {model: _served(manifest, model, files, order["rows"]) for model in manifest.models}


def _served(manifest: Manifest, model: str, files: Mapping[str, bytes], rows: list[Any]) -> dict[str, Any]:
    scorer = ForeignScorer(manifest, model, [Graph(name, files[name]) for name in manifest.graphs_of(model)])
    try:
        scores = scorer.score(rows, explained=False)
    except ModelError:
        raise
    except Exception as error:  # whatever onnxruntime raises
        raise WrongScores(
            f"The converted {model} cannot score ({type(error).__name__}: {' '.join(str(error).split())[:200]})."
        ) from None
    probabilities = np.array([score.probability for score in scores])
    if not (np.isfinite(probabilities).all() and (probabilities >= 0).all() and (probabilities <= 1).all()):
        raise WrongScores(f"The {model} files give figures that are no probabilities.")
    again = np.array([score.probability for score in scorer.score(rows[:50], explained=False)])
    if np.abs(again - probabilities[:50]).max() > 1e-6:
        raise WrongScores(
            f"The {model} files give one application two probabilities; hand over a model without randomness in it."
        )
    thousand = (rows * (1 + 1_000 // len(rows)))[:1_000]
    return {
        "probabilities": probabilities.tolist(),
        "unknown": [list(score.unknown) for score in scores],
        "one": microseconds(partial(scorer.score, rows[:1], False), 30),
        "one_with_reasons": microseconds(partial(scorer.score, rows[:1]), 10),
        "many": microseconds(partial(scorer.score, thousand, False), 3) / 1_000,
    }
