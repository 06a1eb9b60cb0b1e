"""Moments in time, in the one spelling that history, Redis and the API share."""

from datetime import UTC, datetime


def timestamp(moment: datetime | None = None) -> str:
    """A moment (now, when none is given) in UTC as ISO 8601 to the millisecond: 2026-11-23T05:18:32.123Z."""
    moment = moment or datetime.now(UTC)
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"
