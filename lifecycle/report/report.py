"""A report in one object: everything that the monitor tells, before it has a shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lifecycle.drift.report import Drift
from lifecycle.performance.applicants import AllApplicants
from lifecycle.performance.challenger import Duel
from lifecycle.performance.expected import Expected
from lifecycle.performance.figures import Decile, Figures
from lifecycle.performance.groups import Treated
from lifecycle.performance.promised import Promised
from lifecycle.performance.vintages import Vintage

Level = Literal["good", "note", "bad"]


@dataclass(frozen=True)
class Scope:
    """What the report is about. Moments are ISO 8601 in UTC, '' where there is no limit; `models` are those that decided,
    as "name version" with their applications."""

    portfolio: str
    made_at: str
    as_of: str
    since: str
    until: str
    model: str
    maturity_months: int
    threshold: float


@dataclass(frozen=True)
class Counts:
    """Applications: how they were decided, how many are old enough to be judged (`mature`), and of how many of those the
    outcome is known. `first` and `last` are days; '' where no application has a date."""

    applications: int
    approved: int
    declined: int
    referred: int
    mature: int
    known: int
    bad: int
    first: str
    last: str


@dataclass(frozen=True)
class OfModel:
    """What one model version decided, and its figures on known outcomes; None while too few are known."""

    name: str
    applications: int
    figures: Figures | None


@dataclass(frozen=True)
class Finding:
    """One sentence that somebody should read, and how good the news is."""

    level: Level
    text: str


@dataclass(frozen=True)
class Report:
    """Everything. A part is None, or empty, where there is nothing to tell it from; `drift_missing` says why there is no
    drift.

    `performance` is on known and mature outcomes, `foretold` what was to be expected of exactly those applications, and
    `awaited` what is to be expected of the accepted ones whose outcome is not there yet.
    """

    scope: Scope
    counts: Counts
    findings: Sequence[Finding]
    performance: Figures | None
    foretold: Expected | None
    awaited: Expected | None
    promised: Promised | None
    all_applicants: AllApplicants | None
    deciles: Sequence[Decile]
    vintages: Sequence[Vintage]
    models: Sequence[OfModel]
    drift: Drift | None
    drift_missing: str
    challenger: Duel | None
    groups: Sequence[Treated]
