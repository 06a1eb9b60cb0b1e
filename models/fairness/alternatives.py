"""A search for a less discriminatory model of nearly equal worth: what was tried, what it gains for groups, what it costs.

The search is bounded by its number of trials. Each is fitted on the same folds as the model it is held against, and judged
where it approves as large a share of the applicants.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from models.fairness.grouping import GAP, Grouping
from models.fairness.inputs import Fold
from models.fairness.proxies import Proxies
from models.fairness.rates import Comparison, Labels, compare
from scoring.features import Matrix

NEAR = 0.005
"""ROC-AUC that an alternative may cost and still be of nearly equal worth."""
MEANT = 0.02
"""By how much the worst ratio must rise for an alternative to be called fairer: less is within the noise."""
MOST_TARGETS = 2
"""Fields whose groups are approved most unequally, for which alternatives are tried."""
MOST_TRIALS = 12
"""Alternatives that are tried."""
DROPPED = (1, 3)
"""How many of the fields that tell the groups most are left out, each time."""
STRONGER = 10.0
"""How many times stronger the regularisation is made."""


@dataclass(frozen=True)
class Alternative:
    """One way to fit the model otherwise. `dropped`: fields that no column is made of; `stronger`: how many times the
    regularisation; `weighed_by`: the field whose groups get the same bad rate by weights, at training alone; `trees`: the
    trees' share of the blend (None: as it is)."""

    what: str
    dropped: tuple[str, ...] = ()
    stronger: float = 1.0
    weighed_by: str = ""
    trees: float | None = None


AS_IT_IS = Alternative("the model as it is")


@dataclass(frozen=True)
class Trial:
    """What an alternative is worth: ROC-AUC over the folds, how much of it is lost beside the model as it is, the standard
    deviation of that, and the ratio of approval rates (lowest over highest group) by field."""

    alternative: Alternative
    roc_auc: float
    lost: float
    spread: float
    ratios: dict[str, float]
    best_trade: bool = False
    """Whether no other trial has both a higher ROC-AUC and more equal approvals."""

    @property
    def worst(self) -> float:
        """The lowest ratio among the fields."""
        return min(self.ratios.values())


Fit = Callable[[Matrix, Labels, Matrix, float, Matrix], tuple[Matrix, Matrix]]
"""Fits trees and a regression: inputs, outcomes, weights of the rows, how many times stronger the regularisation, the
held-back inputs → the log-odds of those by the trees and by the regression."""


def targets_of(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The fields that the search is about: the lowest ratios of approval rates at the last threshold."""
    found = [each for each in comparisons if each.ratios]
    return sorted(found, key=lambda each: each.ratios[-1].value)[:MOST_TARGETS]


def proposals(
    targets: Sequence[Comparison], proxies: Sequence[Proxies], used: Sequence[str]
) -> list[Alternative]:
    """What is tried: without the fields that tell the groups most, with weights, with stronger regularisation, with either
    part of the blend. A field that the model uses itself is the first to go."""
    told = {each.grouping.field.name: each for each in proxies if each.verdict != "no"}
    found: list[Alternative] = []
    for target in targets:
        name = target.grouping.field.name
        itself = (name,) if name in used else ()
        if itself:
            found.append(Alternative(f"without `{name}`", itself))
        by = [other for other, _ in told[name].by] if name in told else []
        for count in DROPPED:
            dropped = (*itself, *by[:count])
            if len(by) >= count:
                words = ", ".join(f"`{other}`" for other in dropped)
                found.append(Alternative(f"without {words}", dropped))
        found.append(Alternative(f"weights that give the groups of `{name}` one bad rate", weighed_by=name))
    found.append(Alternative(f"regularisation × {STRONGER:.0f}", stronger=STRONGER))
    found += [Alternative("the regression alone", trees=0.0), Alternative("the trees alone", trees=1.0)]
    return list(dict.fromkeys(found))[:MOST_TRIALS]


def reweighing(of: Grouping, bad: Labels) -> Matrix:
    """Weights under which group and outcome are independent (Kamiran and Calders, 2012): the share that a group with an
    outcome would have, over the share that it has. Whoever did not give the field weighs 1."""
    weights = np.ones(len(bad))
    given = of.of != GAP
    for place in set(of.of[given].tolist()):
        for outcome in (0, 1):
            rows = (of.of == place) & (bad == outcome)
            if rows.any():
                expected = (of.of == place)[given].mean() * (bad[given] == outcome).mean()
                weights[rows] = expected / rows[given].mean()
    return weights


def search(
    alternatives: Sequence[Alternative],
    folds: Sequence[Fold],
    bad: Labels,
    groupings: Sequence[Grouping],
    fit: Fit,
    trees: float,
    share: float,
    step: Callable[[], object],
) -> list[Trial]:
    """The trials, the model as it is first, those on the best trade between ROC-AUC and equal approvals marked.

    `trees` is the trees' share of the model's blend, `share` the part of the applicants that each trial approves.
    `groupings` are those whose ratios are told. `step` is called after each alternative.
    """
    by_name = {grouping.field.name: grouping for grouping in groupings}
    fitted: dict[tuple[tuple[str, ...], float, str], list[tuple[Matrix, Matrix]]] = {}
    base: list[float] = []
    trials: list[Trial] = []
    for alternative in (AS_IT_IS, *alternatives):
        if not all(len(fold.columns_without(alternative.dropped)) for fold in folds):
            step()
            continue  # nothing is left to learn from
        key = (alternative.dropped, alternative.stronger, alternative.weighed_by)
        if key not in fitted:  # either part of the blend was fitted with the whole
            weights = (
                reweighing(by_name[alternative.weighed_by], bad)
                if alternative.weighed_by
                else np.ones(len(bad))
            )
            fitted[key] = [_fitted(fit, fold, alternative, bad, weights) for fold in folds]
        part = trees if alternative.trees is None else alternative.trees
        log_odds, aucs = np.zeros(len(bad)), []
        for fold, (of_trees, of_regression) in zip(folds, fitted[key], strict=True):
            log_odds[fold.judge] = part * of_trees + (1 - part) * of_regression
            aucs.append(float(roc_auc_score(bad[fold.judge], log_odds[fold.judge])))
        base = base or aucs
        lost = np.array(base) - np.array(aucs)
        trials.append(
            Trial(
                alternative,
                float(np.mean(aucs)),
                float(lost.mean()),
                float(lost.std()),
                _ratios(groupings, log_odds, bad, share),
            )
        )
        step()
    return marked(trials)


def _fitted(
    fit: Fit, fold: Fold, alternative: Alternative, bad: Labels, weights: Matrix
) -> tuple[Matrix, Matrix]:
    columns = fold.columns_without(alternative.dropped)
    return fit(
        fold.learned_from[:, columns],
        bad[fold.learn],
        weights[fold.learn],
        alternative.stronger,
        fold.held_back[:, columns],
    )


def _ratios(groupings: Sequence[Grouping], log_odds: Matrix, bad: Labels, share: float) -> dict[str, float]:
    """Field → the ratio of approval rates where this share of all applicants is approved."""
    threshold = float(np.quantile(log_odds, share))
    found = {
        grouping.field.name: compare(grouping, log_odds, bad, [threshold]).ratios for grouping in groupings
    }
    return {name: ratios[0].value for name, ratios in found.items() if ratios}


def marked(trials: Sequence[Trial]) -> list[Trial]:
    """The trials, those marked that no other one beats in both ROC-AUC and the worst ratio (Pareto)."""

    def beaten(trial: Trial) -> bool:
        return any(
            other.roc_auc >= trial.roc_auc
            and other.worst >= trial.worst
            and (other.roc_auc, other.worst) != (trial.roc_auc, trial.worst)
            for other in trials
        )

    return [
        Trial(t.alternative, t.roc_auc, t.lost, t.spread, t.ratios, not beaten(t)) if t.ratios else t
        for t in trials
        if t.ratios
    ]


def fairest(trials: Sequence[Trial]) -> Trial | None:
    """The trial with the most equal approvals among those of nearly equal worth; None when no other one is more equal than
    the model as it is."""
    if not trials:
        return None
    near = [trial for trial in trials if trial.lost <= NEAR]
    best = max(near, key=lambda trial: (trial.worst, trial.roc_auc))
    return best if best.worst >= trials[0].worst + MEANT else None
