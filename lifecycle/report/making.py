"""Makes a report of a cohort: what to judge, on which rows, beside which promise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifecycle.cohort import APPROVED, DECLINED, REFERRED, Cohort
from lifecycle.drift.report import Drift, drift_of
from lifecycle.performance.applicants import came_late, over_all_applicants
from lifecycle.performance.challenger import duel
from lifecycle.performance.expected import expected
from lifecycle.performance.figures import Figures, deciles, figures
from lifecycle.performance.groups import sensitive_fields, treatment
from lifecycle.performance.promised import Promised
from lifecycle.performance.vintages import vintages
from lifecycle.report.findings import on_challenger, on_drift, on_groups, on_outcomes
from lifecycle.report.report import Counts, Finding, OfModel, Report, Scope
from lifecycle.values import Column, column_of
from scoring.reference import Reference

UNKNOWN = "UNKNOWN"
"""The record's column that names fields with a value new to the model."""
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Beside:
    """What the cohort is held against: the active `model` of the layer that serves and its `version`, with what training
    promised and what its data looked like, or why that is missing."""

    model: str = ""
    version: str = ""
    promised: Promised | None = None
    reference: Reference | None = None
    reference_missing: str = ""


def fields_wanted(reference: Reference | None) -> tuple[str, ...]:
    """The columns that a report reads of each application."""
    inputs = reference.inputs if reference else ()
    return (*dict.fromkeys((*inputs, *sensitive_fields())), UNKNOWN)


def make_report(cohort: Cohort, mature: Rows, scope: Scope, beside: Beside) -> Report:
    """The report on a cohort; `mature` are the applications that came in long enough ago to be judged."""
    probability, bad = cohort.probability, cohort.bad
    scored = ~np.isnan(probability)
    known = mature & (bad >= 0) & scored
    decided = cohort.decision != REFERRED
    approved = cohort.decision == APPROVED
    accepted = ((cohort.propensity > 0) | (bad >= 0)) & scored
    columns = {name: column_of(name, cells) for name, cells in cohort.columns.items() if name != UNKNOWN}
    counts = _counts(cohort, mature, known)
    performance = figures(probability[known], bad[known]) if known.any() else None
    foretold = expected(probability[known]) if known.any() else None
    waiting = accepted & ~known
    late = came_late(cohort.received, cohort.scored, cohort.propensity)
    over_all = over_all_applicants(probability, cohort.propensity, bad, mature, late)
    drift = _drift(cohort, columns, scored, beside)
    rival = duel(
        probability,
        cohort.challenger,
        np.where(late, np.nan, cohort.propensity),
        known,
        bad,
        scope.threshold,
        weighted=over_all is not None,
    )
    groups = treatment(columns, probability, approved, decided, known, bad, scope.threshold)
    findings: list[Finding] = [
        *on_outcomes(counts, performance, foretold, beside.promised, over_all),
        *on_drift(drift),
        *on_challenger(rival),
        *on_groups(groups),
    ]
    return Report(
        scope,
        counts,
        findings,
        performance,
        foretold,
        expected(probability[waiting]) if waiting.any() else None,
        beside.promised,
        over_all,
        deciles(probability[known], bad[known]),
        vintages(cohort.received, probability, approved, accepted, known, bad),
        list(_by_model(cohort, known)),
        drift,
        "" if drift else beside.reference_missing,
        rival,
        groups,
    )


def _counts(cohort: Cohort, mature: Rows, known: Rows) -> Counts:
    dated = cohort.received[~np.isnat(cohort.received)].astype("datetime64[D]")
    of = np.bincount(cohort.decision, minlength=3)
    return Counts(
        len(cohort.probability),
        int(of[APPROVED]),
        int(of[DECLINED]),
        int(of[REFERRED]),
        int(mature.sum()),
        int(known.sum()),
        int((cohort.bad[known] == 1).sum()),
        str(dated.min()) if len(dated) else "",
        str(dated.max()) if len(dated) else "",
    )


def _by_model(cohort: Cohort, known: Rows) -> Iterator[OfModel]:
    """Each model version that decided, the one with the most applications first."""
    counts = np.bincount(cohort.model_codes, minlength=len(cohort.models))
    for code in np.argsort(-counts, kind="stable").tolist():
        if not counts[code]:
            continue
        rows = known & (cohort.model_codes == code)
        of: Figures | None = figures(cohort.probability[rows], cohort.bad[rows]) if rows.any() else None
        yield OfModel(cohort.models[code], int(counts[code]), of)


def _drift(cohort: Cohort, columns: Mapping[str, Column], scored: Rows, beside: Beside) -> Drift | None:
    """The drift of all applications; that of the score on those which the layer that serves has scored, as another
    version's scores may lie elsewhere."""
    if beside.reference is None or not len(cohort.probability):
        return None
    name = f"{beside.model} {beside.version}"
    ours = np.array([each == name for each in cohort.models], bool)
    return drift_of(
        beside.reference,
        cohort.received,
        columns,
        cohort.probability,
        scored & ours[cohort.model_codes] if len(ours) else scored & False,
        beside.model,
        cohort.columns.get(UNKNOWN, ()),
    )
