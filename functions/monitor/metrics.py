"""The report's figures, told to CloudWatch: one log line in its embedded metric format, which costs no request."""

import json
import os
import time
from math import nan
from typing import Any

from lifecycle.drift.report import SCORE
from lifecycle.report.findings import keeps
from lifecycle.report.report import Report

NAMESPACE = "CreditRisk"


def report_metrics(report: Report, function: str) -> str:
    """The line. A figure that cannot be told yet is left out: an alarm then sees that it is missing, and no zero.

    RocAuc, RocAucLow and RocAucHigh (the interval's ends), BadRate, CalibrationSlope are seen, RocAucAll is over all
    applicants, RocAucExpected is of those awaited. Kept is 0 when the score surely ranks worse than it should, else 1. Known
    are known outcomes; DriftedInputs distributions that have moved, ScorePsi that of the score.
    """
    figures = {name: round(value, 6) for name, value in _figures(report).items() if value == value}
    return json.dumps(
        {
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["Monitor"]],
                        "Metrics": [{"Name": name, "Unit": _UNITS.get(name, "None")} for name in figures],
                    }
                ],
            },
            "Monitor": function,
            **figures,
        }
    )


_UNITS = {"Applications": "Count", "Known": "Count", "DriftedInputs": "Count"}


def _figures(report: Report) -> dict[str, float]:
    told: dict[str, Any] = {"Applications": report.counts.applications, "Known": report.counts.known}
    if seen := report.performance:
        told |= {
            "RocAuc": seen.roc_auc.value,
            "RocAucLow": seen.roc_auc.low,
            "RocAucHigh": seen.roc_auc.high,
            "BadRate": seen.bad_rate.value,
            "CalibrationSlope": seen.calibration.slope.value,
        }
        kept = (
            keeps(seen, report.foretold, report.promised, report.all_applicants) if report.foretold else None
        )
        if kept is not None:
            told["Kept"] = int(kept)
    if report.all_applicants:
        told["RocAucAll"] = report.all_applicants.figures.roc_auc.value
    if report.awaited:
        told["RocAucExpected"] = report.awaited.roc_auc.value
    if report.drift:
        told["DriftedInputs"] = len(report.drift.alarms)
        scores = [each.recent.psi for each in report.drift.moved if each.name == SCORE]
        told["ScorePsi"] = scores[0] if scores else nan
    return told


def publish_metrics(report: Report) -> None:
    """Write the line as it stands, which is how Lambda's log becomes a metric."""
    print(report_metrics(report, os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")), flush=True)
