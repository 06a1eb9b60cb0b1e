"""What a version must pass before it decides. Each gate says why, in figures; one that fails keeps the version out.

The gates ask for what a lender would have to answer for: that it ranks no worse than the active one beyond what chance
explains, that its probabilities mean what they say, that no group is approved less often than by the active one where that
is forbidden, nor age held against the elderly, that it keeps the law, scores as it did when it was made, and has a reason
for each decline.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from creditrisk.application import FIELDS
from creditrisk.counted import counted
from creditrisk.decision import decide
from creditrisk.policy.definition import simplest
from creditrisk.portfolio import in_force
from creditrisk.portfolio.law import left_out
from lifecycle.errors import TooFewOutcomes
from lifecycle.learning import enough
from lifecycle.performance.estimate import Estimate
from lifecycle.promotion.comparison import Judged, compare, judge, of_estimate
from lifecycle.promotion.elderly import age_gate
from lifecycle.promotion.gate import Gate
from models.fairness.grouping import grouping_of, sensitive
from models.fairness.rates import FOUR_FIFTHS, Ratio
from models.fairness.rates import compare as compare_groups
from models.training.data import Data
from scoring.errors import ModelError, UnlawfulModel, WrongScores
from scoring.scorer import AnyScorer

SLOPES: Final = (0.8, 1.25)
"""Calibration slopes that are as good as 1."""
NEAR: Final = 0.01
"""How far the mean probability may lie outside the bad rate's interval."""
_ASKED: Final = 100
"""The riskiest applications, each of which must have a reason."""


def opened(load: Callable[[], AnyScorer]) -> tuple[AnyScorer | None, list[Gate]]:
    """The candidate, if it can be loaded, and the gates that loading it passes: its files, the law, the golden rows."""
    names = ("files", "law", "golden rows")
    try:
        scorer = load()
    except ModelError as error:
        failed = {UnlawfulModel: "law", WrongScores: "golden rows"}.get(type(error), "files")
        passed = [Gate(name, True, "passed") for name in names[: names.index(failed)]]
        return None, [*passed, Gate(failed, False, str(error))]
    return scorer, [
        Gate("files", True, "every file is the one that the manifest lists"),
        Gate("law", True, "it scores by no field that the law forbids"),
        Gate("golden rows", True, "it scores as it did when it was made"),
    ]


def judged(candidate: AnyScorer, active: AnyScorer | None, data: Data, threshold: float) -> Iterator[Gate]:
    """The gates that applications with outcomes decide; without enough of these there is but one, and it fails."""
    try:
        enough(data, "The hold-out")
    except TooFewOutcomes as error:
        yield Gate("evidence", False, str(error), {"rows": len(data), "bad": int(data.bad.sum())})
        return
    yield Gate("evidence", True, f"{counted(len(data), 'application')} with outcomes", {"rows": len(data)})
    new = judge(candidate, data)
    old = judge(active, data) if active else None
    yield _ranking(new, old, data, threshold)
    yield _calibration(new, old)
    yield _fairness(new, old, data, threshold)
    yield age_gate(candidate, data, threshold)
    yield _reasons(candidate, new, data)


def _ranking(new: Judged, old: Judged | None, data: Data, threshold: float) -> Gate:
    own = new.figures.roc_auc
    if old is None:
        return Gate("ranking", own.low > 0.5, f"ROC-AUC {_shown(own)}; nothing is active to compare with", {"roc_auc": of_estimate(own)})  # fmt: skip
    found = compare(old, new, data, threshold).advantage
    said = (
        f"ROC-AUC {own.value:.4f}, the active one's {old.figures.roc_auc.value:.4f}: "
        f"{found.value:+.4f} (95 % between {found.low:+.4f} and {found.high:+.4f})"
    )
    figures = {"roc_auc": of_estimate(own), "active": of_estimate(old.figures.roc_auc), "advantage": of_estimate(found)}  # fmt: skip
    return Gate("ranking", not found.high < 0 and own.high > 0.5, said, figures)


def _calibration(new: Judged, old: Judged | None) -> Gate:
    """Passed by probabilities that may well be right, and by those that are no worse than the active one's."""
    found, rate = new.figures.calibration, new.figures.bad_rate
    mean = new.figures.mean_probability
    right = (
        rate.low - NEAR <= mean <= rate.high + NEAR
        and not found.slope.high < SLOPES[0]
        and not found.slope.low > SLOPES[1]
    )
    said = f"mean probability {mean:.4f}, bad rate {_shown(rate)}; slope {_shown(found.slope)}; error {found.error:.4f}"
    better = False
    if old is not None:
        better = found.error <= old.figures.calibration.error
        said += f", the active one's {old.figures.calibration.error:.4f}"
    figures = {
        "mean_probability": mean,
        "bad_rate": of_estimate(rate),
        "slope": of_estimate(found.slope),
        "error": found.error,
        "active_error": None if old is None else old.figures.calibration.error,
    }
    return Gate("calibration", right or better, said, figures)


def _fairness(new: Judged, old: Judged | None, data: Data, threshold: float) -> Gate:
    """Fails by a group that surely is approved less than four fifths as often as another, and surely less than by the active
    one. Approvals are counted at the threshold in force and at the bad rate: one of the two tells groups apart. Age, where
    the law lets it be scored, is told and fails nothing here: the young may be the riskier ones, and of the elderly
    `age_gate` tells what is due to their age.
    """
    thresholds = tuple(sorted({threshold, round(float(data.bad.mean()), 3)}))
    worst: tuple[float, str] = (np.inf, "no group is large enough to be judged")
    forbidden = left_out(in_force.profile(), FIELDS)
    failed, figures = [], {}
    for one in sensitive(FIELDS):
        grouping = grouping_of(one, data.columns.get(one.name, ()))
        if grouping is None:
            continue
        scored_age = set(one.protected) == {"age"} and one.name not in forbidden
        theirs: dict[float, Ratio] = {}
        if old is not None:
            theirs = {each.threshold: each for each in compare_groups(grouping, old.probability, data.bad, thresholds).ratios}  # fmt: skip
        for each in compare_groups(grouping, new.probability, data.bad, thresholds).ratios:
            said = (
                f"{one.label}: {each.lowest} is approved {each.value:.2f} times as often as {each.highest} at "
                f"{each.threshold:g} (95 % between {each.low:.2f} and {each.high:.2f})"
            )
            before = theirs.get(each.threshold)
            figures[f"{one.name} at {each.threshold:g}"] = {
                "ratio": each.value, "low": each.low, "high": each.high, "active": before.value if before else None,
            }  # fmt: skip
            worst = min(worst, (each.value, said))
            if not scored_age and each.high < min(FOUR_FIFTHS, before.value if before else FOUR_FIFTHS):
                failed.append(said + (f", by the active one {before.value:.2f} times" if before else ""))
    return Gate("fairness", not failed, "; ".join(failed) or worst[1], figures)


def _reasons(candidate: AnyScorer, new: Judged, data: Data) -> Gate:
    """The riskiest applicants are those who are declined first: each must hear why."""
    riskiest = np.argsort(-new.probability, kind="stable")[:_ASKED]
    columns = data.take(riskiest)
    rows = [{name: values[place] for name, values in columns.items()} for place in range(len(riskiest))]
    scores, nobody = candidate.score(rows), simplest(0.0)
    lacking = sum(
        not decide(score, row, nobody, candidate.name, candidate.version, "").reasons
        for score, row in zip(scores, rows, strict=True)
    )
    said = f"{lacking} of the {len(rows)} riskiest applicants would be declined without a reason"
    return Gate("reasons", not lacking, said, {"asked": len(rows), "lacking": lacking})


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.4f} ({estimate.low:.4f} – {estimate.high:.4f})"
