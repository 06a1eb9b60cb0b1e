"""Moments in their one spelling."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from creditrisk.clock import timestamp, timestamp_of

NEW_YEAR = 1_767_225_600_000
"""2026-01-01T00:00:00Z, in milliseconds since 1970."""


@pytest.mark.parametrize("after", [-1, 0, 1, 99, 999, 1_000, 86_400_000])
def test_a_moment_in_milliseconds_is_spelt_as_the_moment_itself(after: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=after)
    for _ in range(2):
        assert timestamp_of(NEW_YEAR + after) == timestamp(moment)
        assert timestamp(moment.astimezone(timezone(timedelta(hours=-3)))) == timestamp(moment)


def test_now_is_now() -> None:
    before, now, after = datetime.now(UTC), timestamp(), datetime.now(UTC)
    assert timestamp(before) <= now <= timestamp(after)
