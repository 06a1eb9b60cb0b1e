"""Reads what a report is made of: the record with its outcomes, and the layer that serves."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.clock import timestamp
from creditrisk.counted import counted
from creditrisk.history import open_history
from creditrisk.outcomes import open_outcomes
from creditrisk.policy.in_force import policy_in_force
from creditrisk.portfolio import active
from creditrisk.settings import Settings
from lifecycle.cohort import Cohort, read_cohort
from lifecycle.outcomes import months_after
from lifecycle.performance.promised import promised
from lifecycle.report.errors import UnknownDecider
from lifecycle.report.making import Beside, fields_wanted, make_report
from lifecycle.report.report import Report, Scope
from scoring.errors import ReferenceMissing
from scoring.manifest import read_manifest
from scoring.reference import read_reference


def read_report(
    settings: Settings,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    maturity_months: int | None = None,
    model: str = "",
    tell: Callable[[str], object] = lambda stage: None,
) -> Report:
    """The report as of `now`, on applications received from `since` on and before `until`, decided by a `model` (its name,
    its version, or both; '' for all). Without `maturity_months`, the portfolio's hold. `tell` is called with what is done next.

    Raises HistoryUnavailable, UnknownDecider, and scoring's errors where the layer cannot be read.
    """
    portfolio = active()
    months = portfolio.target.maturity_months if maturity_months is None else maturity_months
    beside = what_serves(settings)
    tell(f"reading {settings.history_url}")
    cohort = read_cohort(
        open_history(settings.history_url),
        open_outcomes(settings.history_url),
        maturity_months=months,
        as_of=now,
        since=since,
        until=until,
        fields=fields_wanted(beside.reference),
    )
    if model:
        cohort = of_model(cohort, model)
    tell(f"judging {counted(len(cohort), 'application')}")
    scope = Scope(
        portfolio.name,
        timestamp(),
        timestamp(now),
        timestamp(since) if since else "",
        timestamp(until) if until else "",
        model,
        months,
        policy_in_force(settings).decline_from,
    )
    return make_report(cohort, mature(cohort.received, months, now), scope, beside)


def what_serves(settings: Settings) -> Beside:
    """The figures and distributions of the layer that serves; a layer may have come without distributions."""
    folder = settings.model_folder
    manifest = read_manifest(folder)
    told = promised(manifest, settings.model)
    try:
        reference, missing = read_reference(folder, manifest), ""
    except ReferenceMissing as error:
        reference, missing = None, str(error)
    return Beside(settings.model, manifest.version, told, reference, missing)


def mature(received: NDArray[np.datetime64], months: int, now: datetime) -> NDArray[np.bool_]:
    """Which applications are old enough to be judged, whatever came of them: among younger ones bad outcomes are known and
    good ones are not. Where nobody knows when one came in, its outcome is a label that came with its history."""
    today = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "D")
    found: NDArray[np.bool_] = np.isnat(received) | (months_after(received, months) <= today)
    return found


def of_model(cohort: Cohort, model: str) -> Cohort:
    """The applications that a model decided: its name, its version, or "name version". Raises UnknownDecider."""
    wanted = np.array([model in (each, *each.split()) for each in cohort.models], bool)
    if not wanted.any():
        there = ", ".join(sorted(each for each in cohort.models if each)) or "none at all"
        raise UnknownDecider(f"No application in this range was decided by {model!r}; there are: {there}.")
    rows = np.flatnonzero(wanted[cohort.model_codes])
    return take(cohort, rows)


def take(cohort: Cohort, rows: NDArray[np.intp]) -> Cohort:
    """Some applications of a cohort."""
    arrays: dict[str, Any] = {
        each.name: value[rows]
        for each in fields(cohort)
        if isinstance(value := getattr(cohort, each.name), np.ndarray)
    }
    places = rows.tolist()
    return replace(
        cohort,
        ids=[cohort.ids[place] for place in places],
        columns={name: [cells[place] for place in places] for name, cells in cohort.columns.items()},
        **arrays,
    )
