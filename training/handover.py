"""A folder of pickles from a data scientist: checked before anything is deployed, installed whole or not at all."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median_low, mode
from typing import Any

import numpy as np

from creditrisk.application import FIELDS
from creditrisk.decision import timestamp
from scoring import load
from scoring.errors import FileMissing, ModelError, UnreadablePickle, WrongScores
from scoring.foreign import DECLARED, ForeignScorer
from scoring.loading import GOLDEN, assemble
from scoring.manifest import FILES, MANIFEST, MODEL_FILES, Manifest, read_manifest, sha256
from scoring.scorer import Scorer
from scoring.unpickling import unpickle
from training.layer import replace_layer, staging
from training.population import population

_GOLDEN_ROWS = 32
_CHECKED_LIBRARIES = ("numpy", "scikit-learn", "scipy", "lightgbm")


@dataclass(frozen=True)
class Report:
    """What a check found: the model's version, whether it is of our own kind, and microseconds per application."""

    version: str
    own: bool
    one_row: dict[str, float]
    many_rows: dict[str, float]


def check(folder: Path) -> Report:
    """Whether a folder can be served. Raises a ModelError in one sentence, with nothing executed and nothing changed."""
    with _laid_out(folder) as whole:
        return _report(whole)


def install(folder: Path, target: Path) -> Report:
    """Put the folder's files in the place of the layer, which is kept as the previous one. Raises as `check`."""
    with _laid_out(folder, beside=target) as whole:
        report = _report(whole)
        replace_layer(whole, target)
    return report


@contextmanager
def _laid_out(folder: Path, beside: Path | None = None) -> Iterator[Path]:
    """A copy of the folder's files that is complete: a manifest and golden rows are made where none came along."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileMissing(
            f"{folder} lacks {', '.join(missing)}; the hand-over is four files with these names."
        )
    copy = staging(beside) if beside else Path(tempfile.mkdtemp(prefix="model-check-"))
    try:
        for file in sorted(folder.iterdir()):
            if file.is_file():
                shutil.copyfile(file, copy / file.name)
        if not (copy / MANIFEST).exists():
            _complete(copy)
        _compatible(read_manifest(copy))
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _complete(folder: Path) -> None:
    """Write golden rows and a manifest for files that came without."""
    contents = {name: (folder / name).read_bytes() for name in FILES}
    parts = {name: unpickle(data, name) for name, data in contents.items()}
    rows = list(population(_GOLDEN_ROWS, seed=2010))
    golden: list[dict[str, Any]] = [{"application": row} for row in rows]
    for model in MODEL_FILES:
        scorer = assemble(Manifest({"files": {}}), parts, model, None, 0.5)
        for row, chance in zip(golden, _scored(scorer, rows), strict=True):
            row[model] = chance
    contents[GOLDEN] = json.dumps(golden, indent=0, ensure_ascii=False).encode()
    (folder / GOLDEN).write_bytes(contents[GOLDEN])
    files = {name: {"sha256": sha256(data), "bytes": len(data)} for name, data in contents.items()}
    facts = {
        "installed_at": timestamp(),
        "fields": scorer.fields,
        "libraries": _libraries(),
        "baseline": _typical(),
    }
    (folder / MANIFEST).write_text(json.dumps({"files": files, **facts}, indent=1) + "\n", encoding="utf-8")


def _typical() -> dict[str, Any]:
    """A typical made-up applicant, from which a foreign layer's reasons start: medians, and what most have."""
    rows = list(population(1_000, seed=2010))
    values = {name: [row[name] for row in rows] for name in DECLARED}
    known = {name: [value for value in column if value is not None] for name, column in values.items()}
    return {
        name: median_low(known[name]) if FIELDS[name].is_number and known[name] else mode(column)
        for name, column in values.items()
    }


def _scored(scorer: Scorer | ForeignScorer, rows: list[dict[str, Any]]) -> list[float]:
    """The probabilities of made-up rows. Raises WrongScores when they are none, UnreadablePickle when there are none."""
    try:
        chances = np.array([score.probability for score in scorer.score(rows, reasons=0)])
    except ModelError:
        raise
    except Exception as error:  # whatever a foreign estimator raises
        raise UnreadablePickle(
            f"The {scorer.name} files cannot score an application ({type(error).__name__}: {str(error)[:120]})."
        ) from error
    if not (np.isfinite(chances).all() and (chances >= 0).all() and (chances <= 1).all()):
        raise WrongScores(f"The {scorer.name} files give figures that are no probabilities.")
    return [float(chance) for chance in chances]


def _libraries() -> dict[str, str]:
    found = {}
    for name in _CHECKED_LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _compatible(manifest: Manifest) -> None:
    """Raises UnreadablePickle when the files were made with another major version of a library that is in use here."""
    here = _libraries()
    for name, made_with in manifest.data.get("libraries", {}).items():
        if name in here and here[name].partition(".")[0] != str(made_with).partition(".")[0]:
            raise UnreadablePickle(
                f"The files were made with {name} {made_with}, and {here[name]} is installed here; train them again with that."
            )


def _report(folder: Path) -> Report:
    scorers = {model: load(folder, model) for model in MODEL_FILES}
    rows = list(population(1_000, seed=7))
    for scorer in scorers.values():
        _scored(scorer, rows[:50])
    first = scorers["lightgbm"]
    return Report(
        version=first.version,
        own=isinstance(first, Scorer),
        one_row={
            name: _microseconds(partial(scorer.score, rows[:1], 0), 30) for name, scorer in scorers.items()
        },
        many_rows={
            name: _microseconds(partial(scorer.score, rows, 0), 3) / len(rows)
            for name, scorer in scorers.items()
        },
    )


def _microseconds(call: Callable[[], object], times: int) -> float:
    """The median time of a call."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken) * 1e6)
