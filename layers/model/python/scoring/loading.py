"""From a layer's folder to a scorer: every file checked before any is read, golden rows scored before any other."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from creditrisk.application import FIELDS
from creditrisk.portfolio import active, in_force
from creditrisk.portfolio.law import Profile
from scoring import lawful, plain
from scoring.encoder import Encoder
from scoring.errors import ModelError, OtherPortfolio, UnreadablePickle, WrongScores
from scoring.estimators import Blend, Committee, Network
from scoring.foreign import ForeignScorer, Graph
from scoring.manifest import ENCODER, SCALER, Manifest, read_manifest
from scoring.scaler import Scaler
from scoring.scorer import AnyScorer, Challenger, Scorer

log = logging.getLogger(__name__)

GOLDEN = "golden_rows.json"
"""Made-up applications with the probabilities that each model gave them when it was made."""
TOLERANCE = 1e-9
FOREIGN_TOLERANCE = 1e-6
"""Graphs count in single precision, and another processor may add up in another order."""


def load(
    folder: Path,
    model: str = "lightgbm",
    challenger: str | None = None,
    manifest: Manifest | None = None,
    law: Profile | None = None,
) -> AnyScorer:
    """The scorer of a layer, with exactly one active model. `manifest` is the layer's, when its signature was checked:
    it is not read again, and every file is held against it. `law` is the profile that it must keep, the active
    portfolio's when not given.

    Raises UnknownModel, ManifestMissing, OtherPortfolio, FileMissing, FileChanged, UnsafePickle, UnreadablePickle,
    LibraryMissing, UnlawfulModel or WrongScores: a model whose files do not match their manifest, or that breaks the law,
    scores nothing. Of the challenger nothing is raised: one that cannot be loaded is left out, and the scorer's
    `challenger.trouble` says why.
    """
    manifest = manifest or read_manifest(folder)
    of_this_portfolio(manifest)
    law = law or in_force.profile()
    parts: dict[str, Any] = {}
    scorer = _checked(folder, manifest, parts, model, law)
    if challenger:
        try:
            scorer.challenger = Challenger(_checked(folder, manifest, parts, challenger, law))
        except ModelError as error:
            log.error("the challenger %s is left out: %s", challenger, error)
            scorer.challenger = Challenger(None, trouble=str(error))
    return scorer


def portfolio_facts() -> dict[str, str]:
    """What a manifest says of the portfolio that a model is made for: its name, and the fingerprint of its definition."""
    portfolio = active()
    return {"name": portfolio.name, "fingerprint": portfolio.fingerprint}


def of_this_portfolio(manifest: Manifest) -> None:
    """Raises OtherPortfolio unless a layer was made under the definition in use. One from before layers told belongs to it
    when all its fields do."""
    here, made_for = portfolio_facts(), manifest.data.get("portfolio")
    if not isinstance(made_for, Mapping):
        fields = manifest.data.get("fields")
        strange = [str(name) for name in fields if name not in FIELDS] if isinstance(fields, list) else []
        if not strange:
            return
        made_for = {"name": f"one with {strange[0][:60]}"}
    if made_for.get("fingerprint") != here["fingerprint"]:
        changed = made_for.get("name") == here["name"]
        raise OtherPortfolio(
            f"The model was made for another portfolio, {str(made_for.get('name'))[:60]!r}, than the one in use, "
            f"{here['name']!r}; set PORTFOLIO_DIR to the model's, or MODEL_DIR to this one's model."
            if not changed
            else f"The definition of {here['name']!r} has changed since the model was made; train again with "
            "`creditrisk train DATA`, or go back to the definition that belongs to the model."
        )


def _checked(folder: Path, manifest: Manifest, parts: dict[str, Any], model: str, law: Profile) -> AnyScorer:
    """One model of a layer, which keeps the law and gives its golden rows the probabilities that they had.

    `parts` are what was read already, by file; both models of a layer share what comes before them.
    """
    file, foreign = manifest.file_of(model), manifest.foreign is not None
    needed = manifest.graphs_of(model) if foreign else [ENCODER, SCALER, file]
    contents = manifest.read(folder, [*(name for name in needed if name not in parts), GOLDEN])
    golden = read_golden(contents.pop(GOLDEN))
    for name, data in contents.items():
        parts[name] = Graph(name, data) if foreign else plain.loads(data, name)
    scorer: AnyScorer
    if foreign:
        scorer = ForeignScorer(manifest, model, [parts[name] for name in needed])
    else:
        scorer = own_scorer(manifest, parts, file, model)
    lawful.check(model, scorer.columns_of_fields, manifest.data, law)
    _check(scorer, golden, FOREIGN_TOLERANCE if foreign else TOLERANCE)
    return scorer


def own_scorer(manifest: Manifest, parts: Mapping[str, Any], file: str, model: str) -> Scorer:
    """A model of our own kind, of the objects in its files. Raises UnreadablePickle when they are not of one kind."""
    for name, kinds in ((ENCODER, Encoder), (SCALER, Scaler), (file, (Blend, Network, Committee))):
        if not isinstance(parts[name], kinds):
            raise UnreadablePickle(
                f"{name} holds a {type(parts[name]).__name__}; install the layer again with `creditrisk model install`."
            )
    try:
        return Scorer(manifest, parts[ENCODER], parts[SCALER], model, parts[file])
    except Exception as error:  # what stands in the files may not fit together
        raise UnreadablePickle(
            f"{ENCODER} is not one of this code ({type(error).__name__}); install the layer that belongs to it."
        ) from error


def read_golden(data: bytes) -> list[dict[str, Any]]:
    """The golden rows. Raises WrongScores when there are none."""
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise WrongScores(
            f"{GOLDEN} holds no golden rows, so nobody can tell whether the model scores as it did when it was made; "
            "install the layer again."
        )
    return rows


def _check(scorer: AnyScorer, golden: list[dict[str, Any]], tolerance: float) -> None:
    """Raises WrongScores unless the golden rows score as recorded."""
    try:
        rows = [row["application"] for row in golden]
        expected = np.array([row[scorer.name] for row in golden], float)
        scores = np.array([score.probability for score in scorer.score(rows, explained=False)])
        worst = float(np.abs(scores - expected).max())
    except ModelError:
        raise
    except Exception as error:  # a layer's own files may make anything fail
        raise WrongScores(
            f"The golden rows in {GOLDEN} cannot be scored ({type(error).__name__}: {str(error)[:200]}); "
            "install the layer again."
        ) from error
    if not worst <= tolerance:
        raise WrongScores(
            f"The model scores differently from when it was made (by {worst:.2g}); it is not used. "
            "Its files and this code are not of one version: install the layer that belongs to this code."
        )
