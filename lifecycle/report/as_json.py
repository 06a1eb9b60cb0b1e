"""The report as JSON data: names that stay, figures in full precision, null where there is nothing to tell.

A figure with an interval is two members, NAME and NAME_interval: [low, high]. docs/monitor.md says what each means.
"""

from math import isfinite
from typing import Any

from lifecycle.drift.psi import Shift
from lifecycle.drift.report import Drift, Moved
from lifecycle.performance.applicants import AllApplicants
from lifecycle.performance.challenger import Duel
from lifecycle.performance.estimate import Estimate
from lifecycle.performance.expected import Expected
from lifecycle.performance.figures import Decile, Figures
from lifecycle.performance.groups import Treated
from lifecycle.performance.promised import Promised
from lifecycle.performance.vintages import Vintage
from lifecycle.report.report import Report
from models.fairness.rates import Group

SHAPE = 1
"""Raised when a name goes or changes its meaning; new names may come without."""


def as_json(report: Report) -> dict[str, Any]:
    """The report as data that `json.dumps` takes."""
    found: dict[str, Any] = _plain(
        {
            "shape": SHAPE,
            "scope": vars(report.scope),
            "applications": vars(report.counts),
            "findings": [{"level": each.level, "text": each.text} for each in report.findings],
            "performance": _performance(report),
            "promised": report.promised and _promised(report.promised),
            "all_applicants": report.all_applicants and _all(report.all_applicants),
            "expected": {
                "of_known": report.foretold and _expected(report.foretold),
                "of_awaited": report.awaited and _expected(report.awaited),
            },
            "vintages": [_vintage(each) for each in report.vintages],
            "models": [
                {
                    "model": each.name,
                    "applications": each.applications,
                    **(_figures(each.figures) if each.figures else {}),
                }
                for each in report.models
            ],
            "drift": report.drift and _drift(report.drift),
            "drift_missing": report.drift_missing or None,
            "challenger": report.challenger and _duel(report.challenger),
            "groups": [_treated(each) for each in report.groups],
        }
    )
    return found


def _plain(value: Any) -> Any:
    """The same data without what JSON has no word for."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _estimate(name: str, told: Estimate) -> dict[str, Any]:
    return {name: told.value, f"{name}_interval": [told.low, told.high]}


def _figures(told: Figures) -> dict[str, Any]:
    return {
        "rows": told.rows,
        "bad": told.bad,
        **_estimate("bad_rate", told.bad_rate),
        "mean_probability": told.mean_probability,
        **_estimate("roc_auc", told.roc_auc),
        **_estimate("gini", told.gini),
        "ks": told.ks,
        **_estimate("brier", told.brier),
        **_estimate("calibration_slope", told.calibration.slope),
        **_estimate("calibration_intercept", told.calibration.intercept),
        "calibration_error": told.calibration.error,
    }


def _performance(report: Report) -> dict[str, Any] | None:
    if report.performance is None:
        return None
    return {**_figures(report.performance), "deciles": [_decile(each) for each in report.deciles]}


def _decile(told: Decile) -> dict[str, Any]:
    return {
        "rows": told.rows,
        "bad": told.bad,
        "least": told.least,
        "most": told.most,
        "mean_probability": told.mean_probability,
        **_estimate("bad_rate", told.bad_rate),
        "captured": told.captured,
        "lift": told.lift,
    }


def _promised(told: Promised) -> dict[str, Any]:
    return {**vars(told), "gini": told.gini}


def _all(told: AllApplicants) -> dict[str, Any]:
    return {
        **_figures(told.figures),
        "applicants": told.applicants,
        **_estimate("stand_for", told.stand_for),
        "explored": told.explored,
        "out_of_reach": told.out_of_reach,
        "came_late": told.came_late,
    }


def _expected(told: Expected) -> dict[str, Any]:
    return {
        "rows": told.rows,
        **_estimate("bad_rate", told.bad_rate),
        **_estimate("roc_auc", told.roc_auc),
        "ks": told.ks,
        **_estimate("brier", told.brier),
    }


def _vintage(told: Vintage) -> dict[str, Any]:
    return {
        "month": told.month,
        "applications": told.applications,
        "approved": told.approved,
        "accepted": told.accepted,
        "known": told.known,
        "bad": told.bad,
        **_estimate("bad_rate", told.bad_rate),
        **_estimate("roc_auc", told.roc_auc),
        "expected": told.expected and _expected(told.expected),
    }


def _drift(told: Drift) -> dict[str, Any]:
    return {
        "rows": told.rows,
        "trained": told.trained,
        "weeks": list(told.mondays),
        "alarms": [each.name for each in told.alarms],
        "distributions": [_moved(each) for each in told.moved],
        "unknown": dict(told.unknown),
    }


def _moved(told: Moved) -> dict[str, Any]:
    return {
        "name": told.name,
        "label": told.label,
        **_shift(told.recent),
        "whole": _shift(told.whole),
        "missing": told.missing.now,
        "missing_trained": told.missing.trained,
        "others": told.others.now,
        "others_trained": told.others.trained,
        "in_words": told.in_words,
        "by_week": [_shift(week) if week else None for week in told.weeks],
        "cells": [vars(cell) for cell in told.cells],
    }


def _shift(told: Shift) -> dict[str, Any]:
    return {"rows": told.rows, "psi": told.psi, "limit": told.limit, "verdict": told.verdict}


def _duel(told: Duel) -> dict[str, Any]:
    return {
        "rows": told.rows,
        "known": told.known,
        "weighted": told.weighted,
        "verdict": told.verdict,
        "champion": told.champion and _figures(told.champion),
        "challenger": told.challenger and _figures(told.challenger),
        **(_estimate("advantage", told.advantage) if told.advantage else {"advantage": None}),
        "threshold": told.threshold,
        "challenger_threshold": told.challenger_threshold,
        "agreement": [
            {
                "name": each.name,
                "applications": each.applications,
                "known": each.known,
                **_estimate("bad_rate", each.bad_rate),
            }
            for each in told.corners
        ],
        **_estimate("champion_approves_bad_rate", told.approvals[0]),
        **_estimate("challenger_approves_bad_rate", told.approvals[1]),
    }


def _treated(told: Treated) -> dict[str, Any]:
    return {
        "field": told.field,
        "label": told.label,
        "not_given": told.not_given,
        "too_few": list(told.too_few),
        "ratio": told.ratio
        and {
            "value": told.ratio.value,
            "interval": [told.ratio.low, told.ratio.high],
            "lowest": told.ratio.lowest,
            "highest": told.ratio.highest,
            "verdict": told.ratio.verdict,
        },
        "groups": [_group(each) for each in told.groups],
    }


def _group(told: Group) -> dict[str, Any]:
    approved = told.outcomes[0].approved
    return {
        "name": told.name,
        "applications": approved.rows,
        "approved": approved.value,
        "approved_interval": [approved.low, approved.high],
        "known": told.bad.rows,
        "bad_rate": told.bad.value,
        "bad_rate_interval": [told.bad.low, told.bad.high],
        "mean_probability": told.probability,
    }
