"""What a training has computed already, part by part, so that one that was killed goes on from there."""

import hashlib
import json
import os
import platform
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from importlib.metadata import version
from inspect import getfile
from pathlib import Path
from typing import Any, Final

import numpy as np

import scoring
from creditrisk import application, portfolio, repeated
from creditrisk.portfolio import active
from models import training
from models.store.unfinished import unfinished
from models.training.data import Data
from models.training.recipe import Recipe
from scoring.features import Matrix

LIBRARIES: Final = ("numpy", "scipy", "scikit-learn", "lightgbm")
"""What else says which figures come out."""
_SIGNS: Final = 16
Arrays = dict[str, Matrix]
Once = Callable[[str, Callable[[], Arrays]], Arrays]
"""Given the name of a part and what computes it, gives the part: computed, or as it was kept."""


def afresh(name: str, compute: Callable[[], Arrays]) -> Arrays:
    """The part, computed: nothing is kept."""
    return compute()


class Kept:
    """Parts in a folder, each a file that is there whole or not at all. A damaged one is computed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """The part as it is kept; else computed, and kept. Raises OSError when it cannot be written."""
        path = self.folder / f"{name}.npz"
        if (kept := _read(path)) is not None:
            return kept
        arrays = compute()
        new = path.with_name(f".{path.name}")
        with new.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        return arrays


@contextmanager
def kept_in(store: Path, data: Data, recipe: Recipe) -> Iterator[Kept]:
    """The parts of a training in a store's folder, for the next that is the very same: gone when what is done within is
    done, and there when it is killed. Raises AlreadyUnderWay, StoreUnavailable."""
    with unfinished(store, identity(data, recipe)[:_SIGNS]) as folder:
        yield Kept(folder)


def _read(path: Path) -> Arrays | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def identity(data: Data, recipe: Recipe) -> str:
    """The same for trainings whose parts are the same: their data as it was read, recipe, portfolio, libraries and our own code."""
    said = {
        "data": data.fingerprint,
        "columns": {name: _values(values) for name, values in data.columns.items()},
        "order": list(data.columns),
        "bad": hashlib.sha256(data.bad.tobytes()).hexdigest(),
        "weights": None if data.weights is None else hashlib.sha256(data.weights.tobytes()).hexdigest(),
        "recipe": {each.name: getattr(recipe, each.name) for each in fields(recipe) if each.repr},
        "portfolio": active().fingerprint,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "code": _code(),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=_plain).encode()).hexdigest()


def _values(values: Iterable[Any]) -> str:
    """The SHA-256 of a column: the same file gives other values when what reads it has changed."""
    return hashlib.sha256(repr(list(values)).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """What a recipe holds, as JSON has it."""
    return sorted(value) if isinstance(value, set | frozenset) else vars(value)


def _code() -> str:
    """The SHA-256 of `sources`."""
    found = hashlib.sha256()
    for path in sources():
        found.update(path.read_bytes())
    return found.hexdigest()


def sources() -> list[Path]:
    """The modules that make figures of values, and say what a value is."""
    folders = [Path(package.__path__[0]) for package in (training, scoring, application, portfolio)]
    return [*(path for folder in folders for path in sorted(folder.rglob("*.py"))), Path(getfile(repeated))]
