"""A folder from a data scientist: checked before anything is deployed, installed whole or not at all."""

import json
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from creditrisk.clock import timestamp
from creditrisk.decision import declines
from models.handover import answers, distributions
from models.handover.errors import ConversionDiffers
from models.handover.expected import TOLERANCE, Expected, compare, read_expected
from models.handover.folder import Folder, read_folder
from models.handover.lawful import check_fields
from models.handover.report import Figures, Report
from models.handover.sandbox import run
from models.handover.timing import microseconds
from models.store.layer import load_all, replace_layer, staging, write_files
from models.synthetic import nobodies, synthetic_applicants
from scoring import load
from scoring.errors import FileMissing, WrongScores
from scoring.loading import GOLDEN, read_golden
from scoring.manifest import (
    FILES,
    MANIFEST,
    MODEL_FILES,
    REFERENCE,
    Manifest,
    parse_manifest,
    read_manifest,
    sha256,
)
from scoring.reference import loads
from scoring.scorer import AnyScorer

MADE_UP: Final = 1_000
"""How many made-up applicants the converted model must score like the original."""
_GOLDEN_ROWS: Final = 32
_LIBRARIES: Final = ("scikit-learn", "lightgbm", "numpy", "onnx", "skl2onnx")
"""The libraries that a conversion depends on; the manifest lists their versions."""


def check(folder: Path, bad: str | None = None, active: str = "lightgbm", threshold: float = 0.5) -> Report:
    """Find out whether a folder can be served. `bad` names the bad class where it is not 1; `active` is the model whose
    scores are in the column `probability` of expected.csv.

    Raises a ModelError that says in one sentence why not. Nothing is changed, and nothing in the folder is executed outside
    a closed process.
    """
    with _made(folder, None, bad, active, threshold) as (_, report):
        return report


def install(
    folder: Path,
    target: Path,
    bad: str | None = None,
    active: str = "lightgbm",
    threshold: float = 0.5,
    sign: Callable[[Path], object] | None = None,
) -> Report:
    """Check a folder, and put the layer made of it in the place of the active one, which is kept as the previous one. `sign`
    is called with the finished layer before that. Raises what `check` and `sign` raise."""
    with _made(folder, target, bad, active, threshold) as (layer, report):
        if sign:
            sign(layer)
        replace_layer(layer, target)
    return report


@contextmanager
def _made(
    path: Path, target: Path | None, bad: str | None, active: str, threshold: float
) -> Iterator[tuple[Path, Report]]:
    """A layer of plain data, complete and checked, in a folder of its own."""
    folder = read_folder(path)
    models = [name for name in MODEL_FILES if any(part.startswith(f"{name}_model.") for part in folder.parts)]
    expected = read_expected(folder.expected, models, active) if folder.expected is not None else None
    if folder.manifest is not None:
        _agrees_with_its_manifest(folder, folder.manifest)
    if folder.golden is not None:
        read_golden(folder.golden)
    converted = run(
        "convert",
        {
            "files": _encoded(folder.parts),
            "bad": bad,
            "count": MADE_UP,
            "expected": expected.to_order() if expected else None,
        },
    )
    layer = staging(target) if target else Path(tempfile.mkdtemp(prefix="model-check-"))
    try:
        own = answers.own_files(converted)
        if own is not None:
            report = _own_layer(layer, folder, own, threshold)
            if expected:
                _compare_own(layer, expected)
            if folder.reference is not None and folder.rows is not None:
                folder.left_alone.append(REFERENCE)
        else:
            graphs = answers.converted(converted, MADE_UP)
            report = _foreign_layer(layer, folder, graphs, expected, bad, threshold)
            made_anew = {MANIFEST: folder.manifest, GOLDEN: folder.golden, REFERENCE: folder.reference}
            folder.left_alone += [name for name, data in made_anew.items() if data is not None]
        yield (
            layer,
            replace(
                report,
                expected=len(expected.rows) if expected else None,
                left_alone=folder.left_alone,
                reference=distributions.add(layer, folder, report.warnings),
            ),
        )
    finally:
        shutil.rmtree(layer, ignore_errors=True)


def _encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: b64encode(data).decode() for name, data in files.items()}


def _agrees_with_its_manifest(folder: Folder, text: bytes) -> None:
    """Where a manifest is handed over, too, the files must be those that it lists."""
    manifest = parse_manifest(text, folder.path / MANIFEST)
    lacking = [name for name in FILES if name in manifest.data["files"] and name not in folder.parts]
    if lacking:
        raise FileMissing(
            f"{folder.path} lacks {', '.join(lacking)}, which its manifest lists; hand over the whole layer."
        )
    beside = {GOLDEN: folder.golden, REFERENCE: folder.reference}
    manifest.agree(
        folder.path, folder.parts | {name: data for name, data in beside.items() if data is not None}
    )


def _own_layer(layer: Path, folder: Folder, read: Mapping[str, bytes], threshold: float) -> Report:
    """A layer that this project's training made: its files are written anew as plain data; golden rows are kept, or made.

    The process that read the pickles cannot be trusted. So a second closed process reads what it wrote, scores with it and
    writes it anew; only what this one wrote is read here.
    """
    rewritten = run("rewrite", {"files": _encoded(read), "count": MADE_UP})
    contents = answers.own_files(rewritten) or {}
    lacking = [name for name in FILES[:2] if name not in contents]
    if lacking:
        raise FileMissing(f"{folder.path} lacks {', '.join(lacking)}; hand over the whole layer.")
    facts = _facts_of(folder)
    models = [model for model, file in MODEL_FILES.items() if file in contents]
    if folder.golden is None:
        rows = nobodies(_GOLDEN_ROWS)
        contents[GOLDEN] = json.dumps(
            [{"application": row, **dict.fromkeys(models, 0.5)} for row in rows]
        ).encode()
        contents[GOLDEN] = _scored_anew(layer, contents, facts, rows, models)
    else:
        contents[GOLDEN] = folder.golden
    if folder.reference is not None and folder.rows is None:
        contents[REFERENCE] = loads(folder.reference).dumps()
    write_files(layer, contents, facts)
    scorers = load_all(layer)
    rows = list(synthetic_applicants(MADE_UP, seed=7))
    figures = {scorer.name: _figures(scorer, rows, threshold) for scorer in scorers}
    return Report(scorers[0].version, True, figures)


def _facts_of(folder: Folder) -> dict[str, Any]:
    if folder.manifest is None:
        return {"installed_at": timestamp()}
    given = parse_manifest(folder.manifest, folder.path / MANIFEST).data
    return {name: value for name, value in given.items() if name not in ("files", "foreign")}


def _scored_anew(
    layer: Path,
    contents: Mapping[str, bytes],
    facts: Mapping[str, Any],
    rows: list[dict[str, Any]],
    models: list[str],
) -> bytes:
    """Golden rows with the probabilities that the models give them now."""
    from scoring import plain
    from scoring.scorer import Scorer

    golden: list[dict[str, Any]] = [{"application": row} for row in rows]
    parts = {name: plain.loads(data, name) for name, data in contents.items() if name in FILES}
    for model in models:
        scorer = Scorer(
            Manifest({"files": {}}), parts[FILES[0]], parts[FILES[1]], model, parts[MODEL_FILES[model]]
        )
        for row, score in zip(golden, scorer.score(rows, explained=False), strict=True):
            row[model] = score.probability
    return json.dumps(golden, indent=0, ensure_ascii=False).encode()


def _compare_own(layer: Path, expected: Expected) -> None:
    for model in expected.probabilities:
        scorer = load(layer, model)
        scores = scorer.score(expected.rows, explained=False)
        compare(expected, model, [s.probability for s in scores], [s.unknown for s in scores], scorer.fields)


def _figures(scorer: AnyScorer, rows: list[dict[str, Any]], threshold: float) -> Figures:
    probabilities = np.array([score.probability for score in scorer.score(rows, explained=False)])
    return Figures(
        one=microseconds(partial(scorer.score, rows[:1], False), 30),
        one_with_reasons=microseconds(partial(scorer.score, rows[:1]), 10),
        many=microseconds(partial(scorer.score, rows, False), 3) / len(rows),
        mean=float(probabilities.mean()),
        declined=float(declines(probabilities, threshold).mean()),
    )


def _foreign_layer(
    layer: Path,
    folder: Folder,
    converted: answers.Converted,
    expected: Expected | None,
    bad: str | None,
    threshold: float,
) -> Report:
    """A layer of graphs. A second closed process serves them, and the probabilities must be those of the originals, and the
    expected scores."""
    models, rows, contents = converted.models, converted.rows, dict(converted.files)
    for name, made in models.items():
        check_fields(name, [entry["field"] for entry in made["inputs"]])
    foreign = {
        "models": models,
        "baseline": converted.baseline,
        "bad": bad,
        "handed_over": {name: sha256(data) for name, data in folder.parts.items()},
    }
    facts = {
        "installed_at": timestamp(),
        "fields": sorted({entry["field"] for made in models.values() for entry in made["inputs"]}),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "foreign": foreign,
    }
    write_files(layer, contents, facts)
    manifest = read_manifest(layer)
    asked = [*rows, *(expected.rows if expected else [])]
    answer = run("serve", {"files": _encoded(contents), "manifest": manifest.data, "rows": asked})
    figures, served = {}, {}
    for model in manifest.models:
        served[model] = told = answers.served(answer, model, len(asked))
        probabilities = told.probabilities
        _agree(model, converted.originals[model], probabilities[: len(rows)], rows)
        if expected and model in expected.probabilities:
            behind = len(rows)
            fields = [entry["field"] for entry in models[model]["inputs"]]
            compare(expected, model, probabilities[behind:].tolist(), told.unknown[behind:], fields)
        of_made_up = probabilities[: len(rows)]
        figures[model] = Figures(
            told.one,
            told.one_with_reasons,
            told.many,
            float(of_made_up.mean()),
            float(declines(of_made_up, threshold).mean()),
        )
    golden = [
        {"application": row, **{model: float(told.probabilities[number]) for model, told in served.items()}}
        for number, row in enumerate(rows[:_GOLDEN_ROWS])
    ]
    contents[GOLDEN] = json.dumps(golden, indent=0, ensure_ascii=False).encode()
    write_files(layer, contents, facts)
    load_all(layer)
    return Report(read_manifest(layer).version, False, figures, None, converted.warnings)


def _agree(model: str, original: Any, served: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raises ConversionDiffers or WrongScores unless the converted model gives all rows the original's probabilities."""
    if not (np.isfinite(original).all() and (original >= 0).all() and (original <= 1).all()):
        raise WrongScores(f"The {model} files give figures that are no probabilities.")
    off = np.flatnonzero(~(np.abs(original - served) <= TOLERANCE))
    if len(off):
        worst = int(off[np.argmax(np.abs(original - served)[off])])
        row = rows[worst]
        shown = ", ".join(f"{name} {row[name]!r}" for name in list(row)[2:8])
        raise ConversionDiffers(
            f"The converted {model} gives other probabilities than the original to {len(off):,} of {len(served):,} made-up "
            f"applicants, by up to {abs(original[worst] - served[worst]):.2g} (number {worst + 1}, with {shown} …: "
            f"{original[worst]:.6f}, converted {served[worst]:.6f}); train a kind that converts exactly "
            "(docs/handover.md lists them), or convert it to ONNX yourself and hand over that."
        )
