"""Where an application stands among those that its model has scored so far or, while these are few, was trained on, by its
probability of default.

That of the training lies beside the model (`reference.json`, of which `scoring.reference` tells the shape). A scorer has it, and
tells with each answer where the application stands; a form that has no model at hand, as on AWS, knows it from there.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from creditrisk.model_version import REFERENCE, version_of

MANIFEST = "manifest.json"
TOLD = "standing"
"""The member of a scorer's answer that tells it, beside the decision's own; the record has no such column."""


class Standing(NamedTuple):
    """So many of 100 applications, of `among` in all, had a lower probability of default: of those that the model was trained
    on or, `so_far`, that it has scored."""

    percentile: int
    among: int
    so_far: bool = False


class Seen(NamedTuple):
    """The probabilities that a version of a layer gave for what it was trained on: of each of its models the edges of the
    bins, and what fell into each."""

    version: str
    bins: Mapping[str, tuple[list[float], list[int]]]

    def standing(self, model: str, version: str, probability: float) -> Standing | None:
        """Where a probability stands; None for another version of the layer, or a model of which nothing is told."""
        if version != self.version or model not in self.bins:
            return None
        edges, counts = self.bins[model]
        return Standing(round(100 * _share_below(probability, edges, counts)), sum(counts))


def seen(folder: Path) -> Seen | None:
    """What the models of a layer saw; None where there is no layer, or it came without. Read once for each version."""
    try:
        return _read(folder, (folder / MANIFEST).stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def told(answer: Mapping[str, Any]) -> Standing | None:
    """What a scorer's answer tells; None where it tells nothing, as one of an earlier version."""
    match answer.get(TOLD):
        case [int(percentile), int(among), *rest]:
            return Standing(percentile, among, rest == [True])
    return None


@lru_cache(maxsize=2)
def _read(folder: Path, changed: int) -> Seen:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    scores = json.loads((folder / REFERENCE).read_bytes())["scores"]
    return Seen(version_of(manifest), {name: _bins(one) for name, one in scores.items()})


def _bins(found: Mapping[str, Any]) -> tuple[list[float], list[int]]:
    edges, counts = [float(edge) for edge in found["edges"]], [int(count) for count in found["counts"]]
    if len(counts) != len(edges) + 1 or edges != sorted(edges):
        raise ValueError("its bins do not fit together")
    return edges, counts


def _share_below(probability: float, edges: list[float], counts: list[int]) -> float:
    """The share of a distribution below a value, in the value's own bin in proportion to where it lies."""
    place = bisect_right(edges, probability)
    low, high = [0.0, *edges, 1.0][place : place + 2]
    within = (probability - low) / (high - low) if high > low else 0.0
    return (sum(counts[:place]) + within * counts[place]) / (sum(counts) or 1)
