"""What training saw, to hold against what is served: the distribution of each model's score and of every input.

They lie in a file of their own, which the manifest lists and no scorer reads:

```
{"shape": 1, "rows": applications trained on,
 "scores": {model: BINS of its out-of-fold probabilities of default},
 "inputs": {field: BINS of a quantity, or LEVELS of anything else}}
BINS    {"edges": [e1 < e2 < …], "counts": [below e1, from e1 to below e2, …, from the last edge on], "missing": gaps}
LEVELS  {"levels": {level: count}, "others": any other value, "missing": gaps}
```

Every application is counted once in each. A level is a value as the encoder knows it (a city without letter case and
accents). No person can be found in them: a level is named, and a bin cut, only where enough applications fall into it
(20, see `models.reference`); the rarer ones stand together in `others`, and edges are round figures.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS
from scoring import levels
from scoring.errors import ReferenceMissing, UnreadableReference
from scoring.features import ACTIVE
from scoring.manifest import REFERENCE, Manifest

OTHERS, GAPS = "others", "not given"
_SHAPE = 1
_NEXT = "train anew, or install the layer again. Scoring needs none."


class Distribution(Protocol):
    """Counts in cells that are the same for any values: PSI is a sum over these."""

    @property
    def expected(self) -> list[int]:
        """How many applications of the training data fell into each cell."""

    def count(self, values: Iterable[Any]) -> list[int]:
        """How many canonical values (None for a gap) fall into each cell, in the order of `expected`."""

    def places(self, values: Iterable[Any]) -> NDArray[np.intp]:
        """The cell that each canonical value (None for a gap) falls into, by its place in `expected`."""

    @property
    def cells(self) -> list[str]:
        """What each cell is called; the last but one of `Levels`, and the last of both, are OTHERS and GAPS."""


@dataclass(frozen=True)
class Bins:
    """A quantity, or a score: the cells are the bins from low to high, open at both ends, and the gaps."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0

    @property
    def expected(self) -> list[int]:
        return [*self.counts, self.missing]

    def count(self, values: Iterable[Any]) -> list[int]:
        return np.bincount(self.places(values), minlength=len(self.expected)).tolist()  # type: ignore[no-any-return]

    def places(self, values: Iterable[Any]) -> NDArray[np.intp]:
        given = np.array([np.nan if value is None else value for value in values], float)
        placed = np.searchsorted(self.edges, given, side="right")
        placed[np.isnan(given)] = len(self.counts)
        return placed

    @property
    def cells(self) -> list[str]:
        if not self.edges:
            return ["all", GAPS]
        told = [f"{edge:,.10g}" for edge in self.edges]
        between = [f"{low} to below {high}" for low, high in pairwise(told)]
        return [f"below {told[0]}", *between, f"{told[-1]} and more", GAPS]

    def to_dict(self) -> dict[str, Any]:
        return {"edges": list(self.edges), "counts": list(self.counts), "missing": self.missing}


@dataclass(frozen=True)
class Levels:
    """Anything but a quantity: the cells are the levels as they are listed, all others, and the gaps."""

    field: str
    levels: Mapping[str, int]
    others: int = 0
    missing: int = 0

    @property
    def expected(self) -> list[int]:
        return [*self.levels.values(), self.others, self.missing]

    def count(self, values: Iterable[Any]) -> list[int]:
        found = counted(self.field, values)
        missing = found.pop(levels.MISSING, 0)
        named = [found[level] for level in self.levels]
        return [*named, found.total() - sum(named), missing]

    def places(self, values: Iterable[Any]) -> NDArray[np.intp]:
        level = _level_of(self.field)
        place = {name: number for number, name in enumerate(self.levels)}
        place[levels.MISSING] = len(self.levels) + 1
        return np.array([place.get(level(value), len(self.levels)) for value in values], np.intp)

    @property
    def cells(self) -> list[str]:
        return [*self.levels, OTHERS, GAPS]

    def to_dict(self) -> dict[str, Any]:
        return {"levels": dict(self.levels), "others": self.others, "missing": self.missing}


@dataclass(frozen=True)
class Reference:
    """The distributions of the applications that a layer was trained on: `scores` by model, `inputs` by field."""

    rows: int
    scores: Mapping[str, Bins]
    inputs: Mapping[str, Bins | Levels]

    def dumps(self) -> bytes:
        """The file."""
        shape: dict[str, Any] = {"shape": _SHAPE, "rows": self.rows}
        shape["scores"] = {model: bins.to_dict() for model, bins in self.scores.items()}
        shape["inputs"] = {field: each.to_dict() for field, each in self.inputs.items()}
        return json.dumps(shape, indent=0, ensure_ascii=False).encode() + b"\n"


def shares(counts: Sequence[int]) -> list[float]:
    """The share of each cell, as expected (`shares(each.expected)`) or as found (`shares(each.count(values))`).

    Half an application more in each cell: none is 0, so that the logarithm of a PSI has a value for what was never seen.
    """
    whole = sum(counts) + 0.5 * len(counts)
    return [(count + 0.5) / whole for count in counts]


def counted(field: str, values: Iterable[Any]) -> Counter[str]:
    """How often each level of a field stands among canonical values; a gap is the level MISSING."""
    level = _level_of(field)
    found: Counter[str] = Counter()
    for value, times in Counter(values).items():
        found[level(value)] += times
    return found


def _level_of(field: str) -> Callable[[Any], str]:
    """How our own models read a field's values; those that they do not use are read as others of their kind."""
    return ACTIVE.parts[field].level if field in ACTIVE.parts else levels.by_kind(FIELDS[field])


def read_reference(folder: Path, manifest: Manifest) -> Reference:
    """The distributions of a layer, for every model and every field that its manifest names.

    Raises ReferenceMissing where the layer came without, FileMissing, FileChanged or UnreadableReference.
    """
    if REFERENCE not in manifest.data["files"]:
        raise ReferenceMissing(
            f"The layer in {folder} has no reference distributions ({REFERENCE}), so no drift can be measured against it; "
            "scoring needs none. `creditrisk train DATA` makes them, and `creditrisk model install FOLDER` does of a "
            "reference.csv in FOLDER."
        )
    reference = loads(manifest.read(folder, [REFERENCE])[REFERENCE])
    fields = manifest.data.get("fields")
    lacking = (
        [str(name) for name in fields if name not in reference.inputs] if isinstance(fields, list) else []
    )
    lacking += [model for model in manifest.models if model not in reference.scores]
    if lacking:
        raise UnreadableReference(f"{REFERENCE} says nothing of {', '.join(lacking)}; {_NEXT}")
    return reference


def loads(content: bytes) -> Reference:
    """The distributions in a file. Raises UnreadableReference."""
    try:
        data = json.loads(content)
        if data["shape"] != _SHAPE:
            raise ValueError("its shape is another one")
        rows = _whole(data["rows"])
        scores = {str(model): _bins(found) for model, found in data["scores"].items()}
        inputs = {field: _input(field, found) for field, found in data["inputs"].items()}
        for each in (*scores.values(), *inputs.values()):
            if sum(each.expected) != rows:
                raise ValueError("its counts do not add up")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise UnreadableReference(
            f"{REFERENCE} holds no reference distributions that this code reads ({type(error).__name__}); {_NEXT}"
        ) from None
    return Reference(rows, scores, inputs)


def _input(field: str, data: Mapping[str, Any]) -> Bins | Levels:
    return _bins(data) if FIELDS[field].is_number else _levels(field, data)


def _bins(data: Mapping[str, Any]) -> Bins:
    edges = tuple(float(edge) for edge in data["edges"])
    counts = tuple(_whole(count) for count in data["counts"])
    if len(counts) != len(edges) + 1 or any(not low < high for low, high in pairwise(edges)):
        raise ValueError("its bins do not fit together")
    if not np.isfinite(edges).all():
        raise ValueError("its edges are no numbers")
    return Bins(edges, counts, _whole(data["missing"]))


def _levels(field: str, data: Mapping[str, Any]) -> Levels:
    named = {str(level): _whole(count) for level, count in data["levels"].items()}
    return Levels(field, named, _whole(data["others"]), _whole(data["missing"]))


def _whole(count: Any) -> int:
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError("a count is none")
    return count
