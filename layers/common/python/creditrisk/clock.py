"""Moments in time, in the one spelling that history, Redis and the API share."""

from datetime import UTC, datetime


def timestamp(moment: datetime | None = None) -> str:
    """A moment (now, when none is given) in UTC as ISO 8601 to the millisecond: 2026-11-23T05:18:32.123Z."""
    return (
        (moment or datetime.now(UTC))
        .astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
