"""Where a probability stands among those of the applications that its model was trained on.

The distribution lies beside the model (`reference.json`, of which `scoring.reference` tells the shape). Where the form has
no model at hand, as in its own package on AWS, there is nothing to tell.
"""

import json
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from creditrisk.model_version import REFERENCE, version_of

MANIFEST = "manifest.json"


class Standing(NamedTuple):
    """So many of 100 applications, of `among` in all, had a lower probability of default."""

    percentile: int
    among: int


class _Scores(NamedTuple):
    """The model's version, and of each of its models the edges of the bins and what fell into each."""

    version: str
    bins: dict[str, tuple[list[float], list[int]]]


def standing(folder: Path, model: str, version: str, probability: float) -> Standing | None:
    """Where a probability stands; None without a distribution of this version of the model."""
    try:
        changed = (folder / MANIFEST).stat().st_mtime_ns
        scores = _read(folder, changed)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if version != scores.version or model not in scores.bins:
        return None
    edges, counts = scores.bins[model]
    return Standing(round(100 * _share_below(probability, edges, counts)), sum(counts))


@lru_cache(maxsize=2)
def _read(folder: Path, changed: int) -> _Scores:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    told = json.loads((folder / REFERENCE).read_bytes())["scores"]
    bins = {name: (list(one["edges"]), list(one["counts"])) for name, one in told.items()}
    return _Scores(version_of(manifest), bins)


def _share_below(probability: float, edges: list[float], counts: list[int]) -> float:
    """The share of a distribution below a value, in the value's own bin in proportion to where it lies."""
    place = bisect_right(edges, probability)
    low, high = [0.0, *edges, 1.0][place : place + 2]
    within = (probability - low) / (high - low) if high > low else 0.0
    return (sum(counts[:place]) + within * counts[place]) / (sum(counts) or 1)
