"""What leaving out a protected field costs: the LightGBM model cross-validated without it."""

import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.training.data import Data
from models.training.encoding import EncoderFit, blank_encoder
from models.training.models import FITTERS
from models.training.validation import FOLDS, cross_validate

COSTS = "costs.json"
"""The figures' file, in the card's folder: they are kept when a training does not measure them again."""
_MODEL = "lightgbm"
SETS: dict[str, tuple[str, ...]] = {
    "sex": ("SEX",),
    "marital status": ("MARITAL_STATUS",),
    "nationality": ("NACIONALITY",),
    "place of birth (state and city)": ("STATE_OF_BIRTH", "CITY_OF_BIRTH"),
    "all of these (`--exclude-protected`)": (
        "SEX", "MARITAL_STATUS", "NACIONALITY", "STATE_OF_BIRTH", "CITY_OF_BIRTH",
    ),
    "age": ("AGE",),
    "all of these and age": ("SEX", "MARITAL_STATUS", "NACIONALITY", "STATE_OF_BIRTH", "CITY_OF_BIRTH", "AGE"),
}  # fmt: skip
"""What is left out together → its fields."""
STEPS = len(SETS) * FOLDS


@dataclass(frozen=True)
class Cost:
    """ROC-AUC without some fields, and what that is less than with all; `spread` is the standard deviation of that
    difference over the folds."""

    left_out: str
    roc_auc: float
    cost: float
    spread: float


@dataclass(frozen=True)
class Costs:
    """Measured costs, and which training they are of."""

    model_version: str
    trained_at: str
    roc_auc: float
    costs: tuple[Cost, ...]


def measure(
    data: Data, seed: int, excluded: Collection[str], base: list[float], step: Callable[[], object]
) -> tuple[Cost, ...]:
    """One cross-validation of the LightGBM model for each of SETS, on the folds of the training's first repeat.

    `base` are that repeat's ROC-AUCs with all fields, `excluded` the fields that the training itself left out.
    """
    found = []
    for name, fields in SETS.items():
        fit = EncoderFit(blank_encoder(data.columns, {*excluded, *fields}), data.columns)
        only = {_MODEL: FITTERS[_MODEL]}
        aucs = cross_validate(fit, data.bad, 1, seed, step, only)[_MODEL].aucs
        less = np.array(base[:FOLDS]) - np.array(aucs)
        found.append(Cost(name, float(np.mean(aucs)), float(less.mean()), float(less.std())))
    return tuple(found)


def save(costs: Costs, folder: Path) -> None:
    """Keep the figures for the cards of later trainings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COSTS).write_text(json.dumps(asdict(costs), indent=1) + "\n", encoding="utf-8")


def kept(folder: Path) -> Costs | None:
    """The figures that an earlier training kept, if there are any that can be read."""
    try:
        facts: dict[str, Any] = json.loads((folder / COSTS).read_text(encoding="utf-8"))
        return Costs(**{**facts, "costs": tuple(Cost(**cost) for cost in facts["costs"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
