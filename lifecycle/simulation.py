"""What a policy would have done with applications that were decided by another one, or that were never decided by it: on the
history with what became of it, or on out-of-fold scores. Decides as `creditrisk.decision.ruling` does, by arrays.

What became of an application is known only where credit was given. So figures that rest on outcomes say on how many they
rest, and what no outcome tells is told by the scores, which are calibrated (docs/model-card.md), as what is expected.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.decision import declines
from creditrisk.policy.definition import Condition, Policy, Rule, Worth
from creditrisk.portfolio import Field
from creditrisk.portfolio.kinds import Value
from lifecycle.cohort import APPROVED, DECLINED, REFERRED, Cohort
from models.fairness.grouping import FEWEST, GAP, grouping_of

BY_SCORE = -1
"""In the place of a rule: the score decided."""
VERDICTS = {"approved": APPROVED, "declined": DECLINED, "referred": REFERRED}
_Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Coded:
    """A column: its different values, and of each application the place of its own among them."""

    levels: Sequence[Value]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, field: Field, values: Sequence[Any]) -> "Coded":
        """Of values as they are recorded, or as they are read. What is no value of the field any more stays text."""
        places: defaultdict[Any, int] = defaultdict()
        places.default_factory = places.__len__
        codes = np.fromiter(map(places.__getitem__, values), np.int32, len(values))
        return cls([_value(field, level) for level in places], codes)


def _value(field: Field, stored: Any) -> Value:
    if stored is None or stored == "":
        return None
    if field.is_number and isinstance(stored, str):
        try:
            return float(stored)
        except ValueError:
            return stored
    return stored  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Applicants:
    """On whom a policy is tried, as arrays of one length: the `probability` of default; `bad` 1 or 0, -1 where it is not
    known; the `propensity` with which it was accepted (nan: it was not); the `day` that it came in on; and the columns that
    rules and groups ask for."""

    probability: NDArray[np.float64]
    bad: NDArray[np.int8]
    propensity: NDArray[np.float64]
    day: NDArray[np.datetime64]
    columns: Mapping[str, Coded]

    def __len__(self) -> int:
        return len(self.probability)

    @classmethod
    def of(cls, cohort: Cohort, fields: Mapping[str, Field]) -> "Applicants":
        """Those of a cohort whose probability is known."""
        known = ~np.isnan(cohort.probability)
        columns = {}
        for name, values in cohort.columns.items():
            coded = Coded.of(fields[name], values)
            columns[name] = Coded(coded.levels, coded.codes[known])
        return cls(
            cohort.probability[known],
            cohort.bad[known],
            cohort.propensity[known],
            cohort.received[known].astype("datetime64[D]"),
            columns,
        )


@dataclass(frozen=True)
class Ruled:
    """What a policy says of each: the `verdict` (a cohort's numbers), the place of the `rule` that decided, or BY_SCORE, and
    whether it has a chance to be `explored`: declined, and in the band of random acceptance."""

    verdict: NDArray[np.int8]
    rule: NDArray[np.int16]
    explored: _Bools


def rule_all(policy: Policy, applicants: Applicants) -> Ruled:
    """What a policy says of each, nobody being drawn: the first rule that holds, else the cut-offs."""
    probability = applicants.probability
    declined = declines(probability, policy.decline_from)
    verdict = np.where(declined, DECLINED, APPROVED).astype(np.int8)
    if policy.refer_from is not None:
        verdict[~declined & declines(probability, policy.refer_from)] = REFERRED
    rule = np.full(len(applicants), BY_SCORE, np.int16)
    for place in reversed(range(len(policy.rules))):  # the first one is written last, and stays
        holds = _holds(policy.rules[place], applicants)
        rule[holds] = place
        verdict[holds] = VERDICTS[policy.rules[place].decision]
    explored = np.zeros(len(applicants), bool)
    if policy.exploration:
        explored = declined & (rule == BY_SCORE)
        if policy.exploration.up_to < 1:
            explored &= ~declines(probability, policy.exploration.up_to)
    return Ruled(verdict, rule, explored)


def _holds(rule: Rule, applicants: Applicants) -> _Bools:
    found = np.ones(len(applicants), bool)
    for condition in rule.when:
        found &= _meets(condition, applicants.columns[condition.field])
    return found


def _meets(condition: Condition, column: Coded) -> _Bools:
    """Each different value is looked at once."""
    of_levels = [condition.holds({condition.field: level}) for level in column.levels]
    return np.array(of_levels, bool)[column.codes]


@dataclass(frozen=True)
class Share:
    """One group of applicants, and what share of it is approved at once."""

    name: str
    applications: int
    approved: float


@dataclass(frozen=True)
class Figures:
    """What a policy does. `explored` are those expected to be accepted at random, within the budget, and counted among the
    declined. `known` approved ones have a mature outcome, of which `bad_rate` is the share of bad ones, each weighted by
    what its acceptance stood for (1 / propensity); `expected_bad_rate` is the approved ones' mean probability of default.
    `profit` is what the approved, the referred and the explored are worth: by outcome where it is known, else as the scores
    expect it; None where no worth is said. Rates are None where they rest on nothing."""

    policy: str
    applications: int
    approved: int
    referred: int
    declined: int
    explored: float
    by_rule: Mapping[str, int]
    known: int
    bad_rate: float | None
    expected_bad_rate: float | None
    profit: float | None
    groups: Mapping[str, Sequence[Share]]

    @cached_property
    def ratios(self) -> dict[str, float]:
        """Field → the lowest share approved of its groups over the highest (four fifths is the usual bound), among groups
        that are large enough to be judged."""
        found = {}
        for name, all_shares in self.groups.items():
            shares = [share for share in all_shares if share.applications >= FEWEST]
            if len(shares) > 1 and (most := max(share.approved for share in shares)):
                found[name] = min(share.approved for share in shares) / most
        return found


def simulate(
    policy: Policy, applicants: Applicants, groups: Sequence[Field] = (), worth: Worth | None = None
) -> Figures:
    """What a policy does with applicants, and with the groups that fields make of them. `worth` is what outcomes are worth;
    the policy's own when it is not given, so that two policies are compared by the same."""
    ruled = rule_all(policy, applicants)
    approved = ruled.verdict == APPROVED
    known = approved & (applicants.bad >= 0)
    chance = applicants.propensity[
        known
    ]  # an outcome of what was declined: other credit, or a score without a decision
    weights = 1 / np.where(chance > 0, chance, 1.0)
    explored = _explored(policy, ruled, applicants)
    worth = worth or policy.worth
    counts = np.bincount(ruled.rule + 1, minlength=len(policy.rules) + 1)
    return Figures(
        policy=policy.version,
        applications=len(applicants),
        approved=int(approved.sum()),
        referred=int((ruled.verdict == REFERRED).sum()),
        declined=int((ruled.verdict == DECLINED).sum()),
        explored=float(explored.sum()),
        by_rule={rule.name: int(count) for rule, count in zip(policy.rules, counts[1:], strict=True)},
        known=int(known.sum()),
        bad_rate=float(np.average(applicants.bad[known] == 1, weights=weights)) if known.any() else None,
        expected_bad_rate=float(applicants.probability[approved].mean()) if approved.any() else None,
        profit=_profit(worth, ruled, explored, applicants) if worth else None,
        groups={field.name: _shares(field, applicants.columns[field.name], approved) for field in groups},
    )


def _explored(policy: Policy, ruled: Ruled, applicants: Applicants) -> NDArray[np.float64]:
    """Each one's chance to be accepted at random: the share, and less of it on days on which the budget does not reach.
    Where nobody knows the day, the budget is taken to reach."""
    if not policy.exploration:
        return np.zeros(len(applicants))
    share, budget = policy.exploration.share, policy.exploration.budget
    _, days = np.unique(applicants.day, return_inverse=True, equal_nan=True)
    of_day = np.bincount(days, weights=ruled.explored)
    chance = np.minimum(share, budget / np.maximum(of_day, 1))[days]
    return np.where(ruled.explored, np.where(np.isnat(applicants.day), share, chance), 0.0)


def _profit(worth: Worth, ruled: Ruled, explored: NDArray[np.float64], applicants: Applicants) -> float:
    expected = np.where(
        applicants.bad >= 0,
        np.where(applicants.bad == 1, worth.bad, worth.good),
        worth.good + applicants.probability * (worth.bad - worth.good),
    )
    accepted = np.where(ruled.verdict == APPROVED, 1.0, explored)
    reviews = (ruled.verdict == REFERRED).sum() * worth.referral
    return float(accepted @ expected + reviews)


def _shares(field: Field, column: Coded, approved: _Bools) -> list[Share]:
    levels = [None if field.is_number and isinstance(level, str) else level for level in column.levels]
    grouping = grouping_of(field, levels)
    if grouping is None:
        return []
    of = grouping.of[column.codes]
    there = of != GAP
    counts = np.bincount(of[there], minlength=len(grouping.names))
    good = np.bincount(of[there], weights=approved[there], minlength=len(grouping.names))
    return [
        Share(name, int(count), float(some / count))
        for name, count, some in zip(grouping.names, counts, good, strict=True)
        if count
    ]
