"""The Lambda entry that merges closed days of the history in S3: scheduled, once a day. It needs HISTORY_URL alone."""

import logging
from typing import Any

from creditrisk.errors import CreditRiskError
from creditrisk.history import open_history
from creditrisk.history.bucket import BucketHistory
from creditrisk.history.merging import merge_days
from creditrisk.settings import Settings

log = logging.getLogger(__name__)

_MARGIN_MS = 120_000
"""Time kept in hand before the function's own limit: more than one group of objects takes."""


def handler(event: dict[str, Any] | None, context: Any) -> dict[str, Any]:
    """Merge what there is time for; the next invocation goes on, and one that is killed half way has lost nothing."""
    settings = Settings.from_environment()
    logging.getLogger().setLevel(settings.log_level)
    history = open_history(settings.history_url)
    if not isinstance(history, BucketHistory):
        return {"objects": 0, "written": 0, "left": 0, "done": True}
    try:
        merged = merge_days(history, lambda: context.get_remaining_time_in_millis() > _MARGIN_MS)
    except CreditRiskError as error:
        log.error("%s", error)
        raise
    for row in merged.left:
        log.warning("stays as it is: %s", row)
    return {
        "objects": merged.objects,
        "written": merged.written,
        "left": len(merged.left),
        "done": merged.done,
    }
