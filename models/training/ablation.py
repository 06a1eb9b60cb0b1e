"""What a protected field is worth: the ROC-AUC that the LightGBM model loses when it is trained without it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.training.data import Data
from models.training.encoding import EncoderFit
from models.training.fitting import FITTERS
from models.training.recipe import Recipe
from models.training.validation import cross_validate

ABLATION = "ablation.json"
"""The figures' file, in the card's folder: they are kept when a training does not measure them again."""
_MODEL = "lightgbm"


@dataclass(frozen=True)
class LeftOut:
    """ROC-AUC without some fields, and how much of it is lost beside all of them; `spread` is the standard deviation
    of that loss over the folds."""

    what: str
    roc_auc: float
    lost: float
    spread: float


@dataclass(frozen=True)
class Ablation:
    """What was lost each time, the ROC-AUC with all fields, and which training these are of."""

    model_version: str
    trained_at: str
    roc_auc: float
    left_out: tuple[LeftOut, ...]


def measure(data: Data, recipe: Recipe, base: list[float], step: Callable[[], object]) -> tuple[LeftOut, ...]:
    """One cross-validation of the LightGBM model for each of the recipe's measurable ablations, on the folds of the training's
    first repeat. `base` are that repeat's ROC-AUCs without any, one for each fold."""
    found = []
    for what, fields in recipe.measurable.items():
        once = replace(recipe.without(*fields), repeats=1)
        fit = EncoderFit(data.columns, once)
        only = {_MODEL: FITTERS[_MODEL]}
        aucs = cross_validate(fit, data.bad, once, step, only)[_MODEL].aucs
        lost = np.array(base) - np.array(aucs)
        found.append(LeftOut(what, float(np.mean(aucs)), float(lost.mean()), float(lost.std())))
    return tuple(found)


def save(ablation: Ablation, folder: Path) -> None:
    """Keep the figures for the cards of later trainings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ABLATION).write_text(json.dumps(asdict(ablation), indent=1) + "\n", encoding="utf-8")


def kept(folder: Path) -> Ablation | None:
    """The figures that an earlier training kept, if there are any that can be read."""
    try:
        facts: dict[str, Any] = json.loads((folder / ABLATION).read_text(encoding="utf-8"))
        return Ablation(**{**facts, "left_out": tuple(LeftOut(**each) for each in facts["left_out"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
