"""How well a group can be told from what a model is given, though its field is not: by proxies.

A small model guesses the group from the model's inputs, on rows that it did not learn from. Its ROC-AUC for a group is the
chance that of one applicant in the group and one outside, it finds the one inside; 0.5 is guessing blindly.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.metrics import roc_auc_score

from models.fairness.grouping import GAP, Grouping, Places
from models.fairness.inputs import Fold
from scoring.features import Matrix

MOST_GROUPS = 8
"""Groups of a field that are told apart, the largest; the others are guessed as one, and not judged."""
NAMED = 5
"""Fields that are named, those which tell the groups most."""
_OTHERS = -2
_CLEARLY, _STRONGLY = 0.6, 0.75
"""ROC-AUC from which a group is told clearly, and strongly."""
_ONCE_IN_40 = 0.025
_TREES = 80
"""Trees of the small model, for all groups together; a field of many groups has no fewer than a quarter as many each."""
_GUESSER: Mapping[str, Any] = {
    "learning_rate": 0.15,
    "max_depth": 4,
    "num_leaves": 12,
    "min_child_samples": 40,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "n_jobs": 1,
    "verbose": -1,
}


@dataclass(frozen=True)
class Told:
    """How well one group is told: ROC-AUC by the model's inputs and by its score alone (whichever way it points), and what
    blind guessing stays below 39 times in 40 for all groups of the field at once."""

    name: str
    inputs: float
    score: float
    chance: float


@dataclass(frozen=True)
class Proxies:
    """How well a field's groups are told without it. `by` names the fields that tell them most, each with its share of the
    small model's gain. `used` tells that the model has the field itself, so that no proxy is needed."""

    grouping: Grouping
    used: bool
    groups: tuple[Told, ...]
    by: tuple[tuple[str, float], ...]

    @property
    def best(self) -> Told:
        """The group that is told best."""
        return max(self.groups, key=lambda told: told.inputs)

    @property
    def verdict(self) -> str:
        """Whether groups are told, by the one that is told best, in a word."""
        best = self.best
        if best.inputs <= best.chance:
            return "no"
        return "strongly" if best.inputs >= _STRONGLY else "clearly" if best.inputs >= _CLEARLY else "weakly"


def chance_limit(inside: int, outside: int, groups: int) -> float:
    """The ROC-AUC that blind guessing stays below 39 times in 40 for all of so many groups at once.

    Its standard deviation is Mann and Whitney's (1947); each group takes its share of the one time in 40 (Bonferroni). Two
    groups are one question: who is not in the one is in the other.
    """
    questions = 1 if groups == 2 else groups
    deviation = sqrt((inside + outside + 1) / (12 * inside * outside))
    return 0.5 + NormalDist().inv_cdf(1 - _ONCE_IN_40 / questions) * deviation


def proxies_of(
    grouping: Grouping, folds: Sequence[Fold], score: Matrix, used: bool, seed: int
) -> Proxies | None:
    """How well the groups are told in these folds. `score` are the model's probabilities of default, out of fold. Whoever
    did not give the field is left out. None when fewer than two groups are large enough."""
    judged = sorted(grouping.judged(), key=lambda place: -int((grouping.of == place).sum()))[:MOST_GROUPS]
    if len(judged) < 2:
        return None
    of = np.where(np.isin(grouping.of, [*judged, GAP]), grouping.of, _OTHERS)
    guessed, gains = _guess(of, folds, grouping.field.name, seed)
    given = of != GAP
    groups = []
    for place in sorted(judged):
        inside = (of == place)[given]
        by_score = float(roc_auc_score(inside, score[given]))
        groups.append(
            Told(
                grouping.names[place],
                float(roc_auc_score(inside, guessed[place][given])),
                max(by_score, 1 - by_score),
                chance_limit(int(inside.sum()), int((~inside).sum()), len(judged)),
            )
        )
    whole = sum(gains.values()) or 1.0
    ranked = sorted(gains.items(), key=lambda item: (-item[1], item[0]))[:NAMED]
    return Proxies(
        grouping, used, tuple(groups), tuple((name, gain / whole) for name, gain in ranked if gain)
    )


def _guess(
    of: Places, folds: Sequence[Fold], field: str, seed: int
) -> tuple[Mapping[int, Matrix], Mapping[str, float]]:
    """Group → the guessed probability of it for every row, and field → what it gained; a cross is shared equally by its
    fields."""
    guessed: dict[int, Matrix] = defaultdict(lambda: np.zeros(len(of)))
    gains: dict[str, float] = defaultdict(float)
    for fold in folds:
        columns = fold.columns_without([field])
        learn = np.flatnonzero(of[fold.learn] != GAP)
        groups = of[fold.learn][learn]
        rounds = max(_TREES // (len(set(groups.tolist())) - 1), _TREES // 4)
        model = LGBMClassifier(**_GUESSER, n_estimators=rounds, random_state=seed)
        model.fit(fold.learned_from[np.ix_(learn, columns)], groups)
        told = np.asarray(model.predict_proba(fold.held_back[:, columns]))
        for number, place in enumerate(model.classes_.tolist()):
            guessed[place][fold.judge] = told[:, number]
        for column, gain in zip(
            columns.tolist(), model.booster_.feature_importance("gain").tolist(), strict=True
        ):
            made_of = fold.column_fields[column]
            for name in made_of:
                gains[name] += gain / len(made_of)
    return guessed, gains
