"""The Lambda entry that monitors: scheduled, once a day. It needs HISTORY_URL and the model's layer.

It reads the record with its outcomes, writes report.html and report.json into the bucket's `reports/`, and tells CloudWatch
the figures that alarms watch. Where the record has outgrown the function's memory, the schedule's input limits it:
{"since": "2025-01-01"} leaves out what came in before.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from creditrisk.errors import CreditRiskError, UnknownRequest
from creditrisk.settings import Settings
from functions.monitor.metrics import publish_metrics
from lifecycle.report.reading import read_report
from lifecycle.report.writing import publish

log = logging.getLogger(__name__)


def handler(event: dict[str, Any] | None, context: Any) -> dict[str, Any]:
    """Make today's report; doing it again writes the same one over. The answer tells where the page lies."""
    settings = Settings.from_environment()
    logging.getLogger().setLevel(settings.log_level)
    try:
        report = read_report(settings, datetime.now(UTC), _since(event or {}))
        place = publish(report, settings.history_url)
    except CreditRiskError as error:
        log.error("%s", error)
        raise
    publish_metrics(report)
    return {
        "report": place,
        "applications": report.counts.applications,
        "known": report.counts.known,
        "roc_auc": report.performance.roc_auc.value if report.performance else None,
        "drifted": [each.name for each in report.drift.alarms] if report.drift else None,
        "findings": [each.text for each in report.findings if each.level == "bad"],
    }


def _since(event: Mapping[str, Any]) -> datetime | None:
    """From when on applications are judged; None: all of them."""
    told = event.get("since")
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        raise UnknownRequest(f'"since" must be a day such as "2025-01-01", not {told!r}.') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
