"""How the models score applicants by age, out of fold: what the manifest keeps for the law that asks for it."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from creditrisk.application import Field
from creditrisk.decision import declines
from creditrisk.portfolio.elder import STARTS, AgeFigures, AgeGroup
from models.training.arrays import Labels
from scoring.features import Columns, Matrix


def figures_by_age(
    columns: Columns, scores: Mapping[str, Matrix], bad: Labels, fields: Mapping[str, Field], threshold: float
) -> dict[str, dict[str, Any]]:
    """Model → its figures by age, as data; empty where no field is an age. `scores`: model → the probability of default of
    each application by a model that did not learn from it.

    Approvals are counted at the portfolio's `threshold` and at the overall bad rate: where the threshold approves nearly
    everybody, the other one tells the groups apart.
    """
    name = next((n for n, field in fields.items() if "age" in field.protected and field.is_number), None)
    if name is None or name not in columns:
        return {}
    ages = np.array([np.nan if value is None else value for value in columns[name]], float)
    thresholds = tuple(sorted({threshold, round(float(bad.mean()), 3)}))
    return {
        model: AgeFigures(thresholds, _groups(ages, given, thresholds)).to_dict()
        for model, given in scores.items()
    }


def _groups(ages: Matrix, scores: Matrix, thresholds: tuple[float, ...]) -> tuple[AgeGroup, ...]:
    groups = []
    for start, end in pairwise((*STARTS, np.inf)):
        within = scores[(ages >= start) & (ages < end)]
        if len(within):
            approved = tuple(float(1 - declines(within, each).mean()) for each in thresholds)
            groups.append(AgeGroup(int(start), len(within), float(within.mean()), approved))
    return tuple(groups)
