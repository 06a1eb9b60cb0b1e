"""The sentences at the head of a report: what somebody who reads nothing else should know."""

from collections.abc import Iterator, Sequence

from creditrisk.counted import counted
from lifecycle.drift.report import SCORE, Drift
from lifecycle.performance.applicants import AllApplicants
from lifecycle.performance.challenger import Duel
from lifecycle.performance.expected import Expected
from lifecycle.performance.figures import Figures
from lifecycle.performance.groups import Treated
from lifecycle.performance.promised import Promised
from lifecycle.report.report import Counts, Finding
from models.fairness.rates import FOUR_FIFTHS

NAMED = 3
"""Inputs that moved most and are named in a sentence each."""
FEW = 100
"""Applications of which nothing can be told that they still are as they were: the limits of drift were tried from here on."""
_ALMOST_ALL = 0.95
"""The share of the applicants that figures over all of them should stand for."""


def on_outcomes(
    counts: Counts,
    performance: Figures | None,
    foretold: Expected | None,
    promise: Promised | None,
    over_all: AllApplicants | None,
) -> Iterator[Finding]:
    """What known outcomes tell."""
    if performance is None or foretold is None:
        yield Finding("note", _none_yet(counts))
        return
    if performance.roc_auc.low != performance.roc_auc.low:
        yield Finding(
            "note",
            f"{counted(counts.known, 'outcome is', 'outcomes are')} known, {counts.bad:,} of them bad: too few to tell how well the score ranks.",
        )
    else:
        yield _ranks(performance, foretold, promise, over_all)
    yield _calibrated(performance, foretold)
    if over_all is None and counts.declined and counts.mature > counts.known:
        yield Finding(
            "note",
            "Declined applicants have no outcome, so these figures are of accepted ones alone. A policy that accepts a few "
            "of the others at random makes figures over all applicants possible.",
        )
    if over_all and over_all.stand_for.high < _ALMOST_ALL * over_all.applicants:
        yield Finding(
            "note",
            f"The figures over all applicants stand for about {over_all.stand_for.value:,.0f} of {over_all.applicants:,}: the "
            "others could not have been accepted.",
        )
    if over_all and over_all.came_late:
        yield Finding(
            "note",
            f"The figures over all applicants say nothing of {over_all.came_late:,} who came when the day's places for random "
            "acceptance were taken; a smaller share, or a larger budget, lets them speak for the whole day.",
        )


def _none_yet(counts: Counts) -> str:
    if not counts.applications:
        return "There is no application in this range."
    if not counts.mature:
        return "No application is old enough to be judged by its outcome; what is told below is expected, not seen."
    return (
        f"{counted(counts.mature, 'application is', 'applications are')} old enough to be judged, and no outcome is known; bring outcomes "
        "with `creditrisk outcomes add FILE.csv`."
    )


def keeps(
    performance: Figures, foretold: Expected, promise: Promised | None, over_all: AllApplicants | None
) -> bool | None:
    """Whether the score ranks as it should: no worse than its own probabilities foretell of these applicants, and over all
    applicants, where that can be told, no worse than training promised of all. None while it cannot be told."""
    if performance.roc_auc.low != performance.roc_auc.low:
        return None
    if performance.roc_auc.value < foretold.roc_auc.low:
        return False
    return True if promise is None or over_all is None else promise.kept(over_all.figures.roc_auc)


def _ranks(
    performance: Figures, foretold: Expected, promise: Promised | None, over_all: AllApplicants | None
) -> Finding:
    """The ROC-AUC beside that of training: over all applicants where that can be told, as training's was."""
    fair = over_all.figures.roc_auc if over_all else performance.roc_auc
    ours = foretold.roc_auc
    told = f"ROC-AUC {fair.value:.3f} ({fair.low:.3f} to {fair.high:.3f}) {'over all applicants' if over_all else 'on known outcomes'}"
    if keeps(performance, foretold, promise, over_all) is False:
        parts = [f"training promised {promise.roc_auc:.3f}"] if promise else []
        if performance.roc_auc.value < ours.low:
            parts.append(f"{ours.low:.3f} to {ours.high:.3f} was to be expected of these very applicants")
        return Finding("bad", f"{told}: {', and '.join(parts)}.")
    kept = promise.kept(fair) if promise else None
    if promise is None or kept is None:
        return Finding("note", f"{told}; the layer that serves tells no figure of its training.")
    if kept:
        return Finding("good", f"{told}: as good as training promised ({promise.roc_auc:.3f}).")
    return Finding(
        "note",
        f"{told}: below the {promise.roc_auc:.3f} of training, as is to be expected of accepted applicants alone "
        f"({ours.value:.3f}).",
    )


def _calibrated(performance: Figures, foretold: Expected) -> Finding:
    seen, told = performance.bad_rate, performance.mean_probability
    words = f"{100 * seen.value:.1f} % turned out bad where the scores said {100 * told:.1f} %"
    if foretold.bad_rate.holds(seen.value):
        return Finding("good", f"{words}: the probabilities can be taken at their word.")
    more = "more" if seen.value > told else "fewer"
    return Finding(
        "bad" if more == "more" else "note",
        f"{words}: {more} than chance explains; the scores need calibrating.",
    )


def on_drift(drift: Drift | None) -> Iterator[Finding]:
    """What moved since training."""
    if drift is None or not drift.rows:
        return
    alarms = drift.alarms
    if not alarms and drift.rows < FEW:
        yield Finding(
            "note",
            f"{counted(drift.rows, 'application is', 'applications are')} too few to tell whether applicants have changed.",
        )
        return
    if not alarms:
        yield Finding("good", "Applicants are still as those that the model was trained on.")
        return
    score = next((each for each in alarms if each.name == SCORE), None)
    inputs = [each for each in alarms if each.name != SCORE]
    if score:
        yield Finding("bad", f"The scores have moved (PSI {score.recent.psi:.2f}). {score.in_words}")
    if inputs:
        all_of = len(drift.moved) - (drift.moved[0].name == SCORE)
        yield Finding(
            "bad",
            f"{len(inputs)} of {counted(all_of, 'input')} {'has' if len(inputs) == 1 else 'have'} moved; {'this one' if len(inputs) == 1 else 'these most of all'}:",
        )
        for each in inputs[:NAMED]:
            yield Finding("note", f"{each.in_words} PSI {each.recent.psi:.2f}.")


def on_challenger(duel: Duel | None) -> Iterator[Finding]:
    """Whether another model would be better."""
    if duel is None:
        return
    better = duel.advantage is not None and duel.advantage.low > 0
    figures = ""
    if duel.advantage is not None and duel.advantage.low == duel.advantage.low:
        figures = f" Difference of ROC-AUC {duel.advantage.value:+.4f} ({duel.advantage.low:+.4f} to {duel.advantage.high:+.4f})."
    yield Finding("note" if better else "good", duel.verdict + figures)


def on_groups(groups: Sequence[Treated]) -> Iterator[Finding]:
    """Groups that are approved far less often than others, beyond chance."""
    failing = [
        f"{each.label} ({found.lowest}: {found.value:.2f} times as often as {found.highest})"
        for each in groups
        if (found := each.ratio) and found.value < FOUR_FIFTHS and found.high < FOUR_FIFTHS
    ]
    if failing:
        yield Finding("bad", f"Approvals fail the four-fifths rule by {'; '.join(failing)}.")
