"""Groups of applicants by protected and held fields: who is approved, what comes of them, and whose risk is told right.

Recorded decisions are judged here, whatever made them; what a model would do by itself is the model card's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS
from lifecycle.performance.estimate import Floats
from lifecycle.values import Column
from models.fairness.grouping import GAP, Grouping, grouping_of, sensitive
from models.fairness.rates import Group, Outcome, Rate, Ratio, ratio, wilson


@dataclass(frozen=True)
class Treated:
    """The groups of a field. Of each group, `bad` is the rate among known outcomes and `probability` the mean probability
    of default of the same ones; the one entry of `outcomes` is the share approved, with Wilson's interval, of all."""

    field: str
    label: str
    groups: tuple[Group, ...]
    too_few: tuple[str, ...]
    not_given: int
    ratio: Ratio | None


def sensitive_fields() -> list[str]:
    """The fields that groups are made of."""
    return [field.name for field in sensitive(FIELDS)]


def treatment(
    columns: Mapping[str, Column],
    probability: Floats,
    approved: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    known: NDArray[np.bool_],
    bad: NDArray[np.int8],
    threshold: float,
) -> list[Treated]:
    """What became of each group; `decided` are the applications that were approved or declined."""
    told = []
    for name in sensitive_fields():
        grouping = _grouping(name, columns[name]) if name in columns else None
        if grouping is None:
            continue
        judged = grouping.judged()
        groups = tuple(
            _group(grouping.names[place], grouping.of == place, probability, approved, decided, known, bad)
            for place in judged
        )
        there = np.bincount(grouping.of[grouping.of != GAP], minlength=len(grouping.names))
        told.append(
            Treated(
                name,
                FIELDS[name].label,
                groups,
                tuple(
                    each for place, each in enumerate(grouping.names) if there[place] and place not in judged
                ),
                int((grouping.of == GAP).sum()),
                ratio(groups, 0, threshold),
            )
        )
    return told


def _grouping(name: str, column: Column) -> Grouping | None:
    """The groups of all applicants. Where they do not depend on how many have a value, the different values make them."""
    field = FIELDS[name]
    if field.is_number and "age" not in field.protected:
        return grouping_of(field, column.spread())
    found = grouping_of(field, column.values)
    return found and Grouping(field, found.names, found.of[column.codes])


def _group(
    name: str,
    rows: NDArray[np.bool_],
    probability: Floats,
    approved: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    known: NDArray[np.bool_],
    bad: NDArray[np.int8],
) -> Group:
    judged = rows & known
    here = int(judged.sum())
    nothing = Rate(np.nan, np.nan, np.nan, 0)
    return Group(
        name,
        wilson(int((bad[judged] == 1).sum()), here),
        float(probability[judged].mean()) if here else float("nan"),
        (
            Outcome(
                wilson(int((rows & approved).sum()), int((rows & decided).sum())),
                nothing,
                nothing,
            ),
        ),
    )
