"""What the monitor's intervals and alarms are worth, by simulation: on applicants whose outcomes are all known, and on weeks
that are drawn from one and the same distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifecycle.drift.psi import shift
from lifecycle.drift.weeks import A_YEAR, RECENT, chance_each
from lifecycle.performance.applicants import over_all_applicants
from lifecycle.performance.expected import expected
from lifecycle.performance.figures import Figures, figures
from scoring.reference import Reference

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Covered:
    """Of so many `draws`, how often the interval held the truth: of ROC-AUC, bad rate and Brier score over all applicants
    by those accepted at random (`weighted`), and of the ROC-AUC as the accepted ones alone tell it (`accepted`)."""

    draws: int
    weighted: Mapping[str, int]
    accepted: int


def made_up(count: int, seed: int) -> tuple[Floats, NDArray[np.int8]]:
    """Scores and outcomes about as this portfolio's: 26 % bad, ROC-AUC 0.65."""
    random = np.random.default_rng(seed)
    probability = 1 / (1 + np.exp(-random.normal(-1.15, 0.6, count)))
    return probability, (random.random(count) < probability).astype(np.int8)


def coverage(
    probability: Floats,
    bad: NDArray[np.int8],
    draws: int,
    applicants: int,
    cut: float = 0.3,
    share: float = 0.04,
    seed: int = 1,
) -> Covered:
    """Draw `applicants` of a population again and again; a policy approves below `cut`, and accepts a `share` of the others
    at random. What the outcomes of the accepted tell of all is held against the truth."""
    random = np.random.default_rng(seed)
    truth = figures(probability, bad)
    hits = dict.fromkeys(("roc_auc", "bad_rate", "brier"), 0)
    accepted = 0
    for _ in range(draws):
        rows = random.integers(len(bad), size=applicants)
        score = probability[rows]
        approved = score < cut
        explored = ~approved & (random.random(applicants) < share)
        propensity = np.where(approved, 1.0, np.where(explored, share, np.nan))
        seen = np.where(approved | explored, bad[rows], -1).astype(np.int8)
        told = over_all_applicants(score, propensity, seen, np.ones(applicants, bool))
        if told is None:
            raise ValueError("too few are accepted at random; draw more applicants")
        for name in hits:
            hits[name] += _holds(told.figures, truth, name)
        accepted += _holds(figures(score[approved], bad[rows][approved]), truth, "roc_auc")
    return Covered(draws, hits, accepted)


def _holds(told: Figures, truth: Figures, name: str) -> bool:
    held: bool = getattr(told, name).holds(getattr(truth, name).value)
    return held


def expectation_coverage(probability: Floats, draws: int, seed: int = 1) -> dict[str, int]:
    """How often what came of the applicants lay in the range that was expected before (CBPE), when the probabilities are
    honest: figure → times."""
    random = np.random.default_rng(seed)
    told = expected(probability)
    hits = dict.fromkeys(("roc_auc", "bad_rate", "brier"), 0)
    for _ in range(draws):
        became = figures(probability, (random.random(len(probability)) < probability).astype(np.int8))
        for name in hits:
            hits[name] += getattr(told, name).holds(getattr(became, name).value)
    return hits


def false_alarms(
    reference: Reference, rows: int, years: int, model: str, seed: int = 1
) -> tuple[float, float]:
    """How often a year PSI goes beyond chance, over all distributions of a layer and both looks, when nothing changes and
    `rows` applications come in a week; and how often that is an alarm. The training data are drawn anew every year, too."""
    random = np.random.default_rng(seed)
    distributions = [reference.scores[model], *reference.inputs.values()]
    chance = chance_each(len(distributions))
    beyond = alarms = 0
    for distribution in distributions:
        counts = np.array(distribution.expected, float) + 0.25  # what training never had is not impossible
        truth = counts / counts.sum()
        for _ in range(years):
            trained = random.multinomial(reference.rows, truth)
            weeks = random.multinomial(rows, truth, size=A_YEAR)
            recent = [weeks[max(place - RECENT + 1, 0) : place + 1].sum(axis=0) for place in range(A_YEAR)]
            for found in (*weeks, *recent):
                told = shift(trained, found, chance)
                beyond += told.psi > told.limit
                alarms += told.alarms
    return beyond / years, alarms / years


def customary_alarms(reference: Reference, rows: int, years: int, model: str, seed: int = 1) -> float:
    """How often a year the customary mark alone, a PSI of 0.1, would call the same unchanged weeks moved."""
    random = np.random.default_rng(seed)
    beyond = 0
    for distribution in (reference.scores[model], *reference.inputs.values()):
        counts = np.array(distribution.expected, float) + 0.25
        for week in random.multinomial(rows, counts / counts.sum(), size=years * A_YEAR):
            beyond += _plain_psi(distribution.expected, week) >= 0.1
    return beyond / years


def _plain_psi(trained: Sequence[int], found: NDArray[np.int64]) -> float:
    """As it is usually written, with a little added where a share is 0."""
    q, p = (np.maximum(np.asarray(counts, float) / np.sum(counts), 1e-4) for counts in (trained, found))
    return float(((p - q) * np.log(p / q)).sum())
