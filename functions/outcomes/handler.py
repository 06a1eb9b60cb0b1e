"""The Lambda entry for files of outcomes: one that is put into the bucket's outcomes/ is added to what stands beside the
history. Its report lies beside it, as FILE.report.json. It needs HISTORY_URL alone.
"""

import json
import logging
from functools import cache
from typing import Any

from creditrisk.errors import CreditRiskError
from creditrisk.history import open_history
from creditrisk.outcomes import open_outcomes
from creditrisk.outcomes.adding import add
from creditrisk.outcomes.given import GivenFile
from creditrisk.settings import Settings
from creditrisk.uploads import found

log = logging.getLogger(__name__)

_REPORT = ".report.json"
_MOST_NAMED = 10_000
"""Refused rows that a report names; all are counted."""


@cache
def _s3() -> Any:
    import boto3

    return boto3.client("s3")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Add the file that the event tells of; adding it again, as after a failure, completes it and adds nothing twice.

    A file that is no table of outcomes fails, as does a history that cannot be reached; the report says why.
    """
    settings = Settings.from_environment()
    logging.getLogger().setLevel(settings.log_level)
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    if key.endswith(("/", _REPORT)):  # a folder made in the console, or what this function wrote
        return {"ignored": True}
    try:
        key, body = found(key, "outcomes", lambda name: _s3().get_object(Bucket=bucket, Key=name)["Body"])
        report = add(open_history(settings.history_url), open_outcomes(settings.history_url), GivenFile(body))
    except CreditRiskError as error:
        log.error("%s", error)
        _write(bucket, key, {"error": str(error)})
        raise
    told = report.as_dict()
    log.info("outcomes: %s", json.dumps({name: count for name, count in told.items() if name != "problems"}))
    _write(bucket, key, report.as_dict(_MOST_NAMED))
    return told | {"problems": told["problems"][:20]}


def _write(bucket: str, key: str, told: dict[str, Any]) -> None:
    _s3().put_object(
        Bucket=bucket,
        Key=f"{key}{_REPORT}",
        Body=json.dumps(told, indent=1).encode(),
        ContentType="application/json",
    )
