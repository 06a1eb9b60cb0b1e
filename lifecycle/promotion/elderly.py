"""Whether a model that scores by age holds their age against elderly applicants, where the law asks.

Under 12 CFR 1002.6(b)(2)(ii) age may be scored by when the age of an elderly applicant has no negative factor or value; by
1002.2(v) such a factor is one less favorable than experience warrants, or than that of the other age that is favored most.
The second is told without chance, of the applicants themselves: each is scored as of every younger age, all else the same.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS
from creditrisk.decision import declines
from creditrisk.portfolio import in_force
from lifecycle.promotion.comparison import judge, of_estimate
from lifecycle.promotion.gate import Gate
from models.training.data import Data
from scoring.scorer import AnyScorer

NAME: Final = "age"
_MOST: Final = 300
"""Elderly applicants who are scored as of every younger age, spread evenly over those that there are."""
_SAME: Final = 1e-6
"""Probabilities as near as this are the same."""


def age_gate(candidate: AnyScorer, data: Data, threshold: float) -> Gate:
    """Fails when elderly applicants are surely told a higher probability than their bad rate, or when, scored as of a
    younger age, they would have a lower mean probability or be approved more often at the threshold in force."""
    profile = in_force.profile()
    condition = profile.allowed.get("age")
    elder = condition.elder if condition else None
    field = next((name for name, one in FIELDS.items() if "age" in one.protected and one.is_number), "")
    if elder is None:
        return Gate(NAME, True, f"the law profile {profile.name} asks nothing of a score by age")
    if field not in candidate.fields:
        return Gate(NAME, True, "it does not score by age")
    ages = np.array([np.nan if age is None else age for age in data.columns[field]], float)
    rows = np.flatnonzero(ages >= elder)
    if not len(rows):
        said = f"nobody of {elder} and more is in the hold-out; the law's gate has training's figures"
        return Gate(NAME, True, said)
    own = judge(candidate, _of(data, rows)).figures
    some = _of(data, rows[np.unique(np.linspace(0, len(rows) - 1, _MOST).astype(int))])
    younger = np.arange(int(np.nanmin(ages)), elder)
    as_is, as_of = judge(candidate, some).probability, _scored_as_of(candidate, some, field, younger)
    approved = 1 - declines(as_is, threshold).mean()
    others = 1 - declines(as_of, threshold).mean(axis=1)
    means = as_of.mean(axis=1)
    figures = {
        "applicants": len(rows),
        "mean_probability": own.mean_probability,
        "bad_rate": of_estimate(own.bad_rate),
        "mean_as_of_the_favored_age": float(means.min(initial=1.0)),
        "approved": float(approved),
        "approved_as_of_the_favored_age": float(others.max(initial=0.0)),
        "who_would_score_better_younger": float((as_is > as_of.min(axis=0, initial=1.0) + _SAME).mean()),
    }
    whom = f"applicants of {elder} and more"
    failed = []
    if own.mean_probability > own.bad_rate.high:
        failed.append(
            f"{whom} are told {own.mean_probability:.4f}, and their bad rate is {own.bad_rate.value:.4f} "
            f"({own.bad_rate.low:.4f} – {own.bad_rate.high:.4f})"
        )
    if len(younger) and as_is.mean() > means.min() + _SAME:
        failed.append(
            f"{whom} have a mean probability of {as_is.mean():.4f}, and as of {younger[means.argmin()]} they would have "
            f"{means.min():.4f}"
        )
    if len(younger) and approved < others.max():
        failed.append(
            f"{approved:.1%} of {whom} are approved at {threshold:g}, and as of {younger[others.argmax()]} {others.max():.1%} "
            "would be"
        )
    return Gate(NAME, not failed, "; ".join(failed) or f"their age counts against none of {len(rows):,} {whom}", figures)  # fmt: skip


def _of(data: Data, rows: NDArray[np.int64]) -> Data:
    weights = None if data.weights is None else data.weights[rows]
    return Data(data.take(rows), data.bad[rows], {}, data.fingerprint, weights=weights)


def _scored_as_of(
    candidate: AnyScorer, data: Data, field: str, ages: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The applicants' probabilities, had they each of the ages (ages × applicants)."""
    columns = {name: data.columns[name] for name in candidate.fields}
    found = [candidate.probabilities({**columns, field: [age] * len(data.bad)}) for age in ages.tolist()]
    return np.array(found).reshape(len(ages), len(data.bad))
