"""The Lambda entry of the index: follows the record in S3 into the database of DATABASE_URL.

An event of S3 names the objects that were written; a schedule (any other event) looks for what no event told, and makes
the index where there is none yet. Both are the same when done twice.
"""

import logging
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from creditrisk.errors import CreditRiskError
from creditrisk.settings import Settings
from lifecycle.index.building import follow
from lifecycle.index.database import Database
from lifecycle.index.errors import AlreadyBuilding
from lifecycle.index.following import Follower
from lifecycle.index.opening import open_database

log = logging.getLogger(__name__)

_MARGIN_MS = 20_000
"""Time kept in hand before the function's own limit: more than one piece takes."""


@cache
def _database(url: str, history_url: str) -> Database:
    """Its connections are kept from one invocation to the next."""
    return open_database(url, history_url)


def handler(event: dict[str, Any] | None, context: Any) -> dict[str, Any]:
    """Put what was recorded into the index, as far as the time allows; the next invocation goes on."""
    settings = Settings.from_environment()
    logging.getLogger().setLevel(settings.log_level)
    database = _database(settings.database_url, settings.history_url)
    keys = _keys_in(event or {})
    try:
        if keys and database.is_whole():
            return {"rows": _put(Follower(database, settings.history_url), keys), "whole": True}
        rows = follow(
            database, settings.history_url, enough=lambda: context.get_remaining_time_in_millis() < _MARGIN_MS
        )
    except AlreadyBuilding as busy:  # by the invocation before this one
        log.info("%s", busy)
        rows = 0
    except CreditRiskError as error:
        log.error("%s", error)
        raise
    return {"rows": rows, "whole": database.is_whole()}


def _put(follower: Follower, keys: list[str]) -> int:
    """The history's objects among these, and what the ledgers beside it tell when one of theirs is among them."""
    prefix = urlsplit(follower.history_url).path.strip("/")
    folder = f"{prefix}/" if prefix else ""
    names = [key.removeprefix(folder) for key in keys if key.startswith(f"{folder}date=")]
    rows = follower.put_objects(names) if names else 0
    return rows + (follower.catch_up_ledgers() if len(names) < len(keys) else 0)


def _keys_in(event: dict[str, Any]) -> list[str]:
    """The keys of the objects that an event of S3 tells of; they come URL-encoded."""
    return [
        unquote_plus(record["s3"]["object"]["key"]) for record in event.get("Records", ()) if "s3" in record
    ]
