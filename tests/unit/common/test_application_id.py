"""Ids: version 7 UUIDs that tell when, sort by it, and cannot be guessed at."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from creditrisk.application_id import is_application_id, new_application_id, received_at


def test_an_id_is_a_version_7_uuid_in_its_one_spelling() -> None:
    for _ in range(1_000):
        application_id = new_application_id()
        value = UUID(application_id)
        assert (value.version, value.variant) == (7, "specified in RFC 4122")
        assert is_application_id(application_id)


def test_an_id_tells_when_it_was_given() -> None:
    before = datetime.now(UTC)
    received = received_at(new_application_id())
    assert before - timedelta(milliseconds=1) <= received <= datetime.now(UTC)
    assert received.tzinfo is UTC


def test_later_ids_sort_after_earlier_ones() -> None:
    first = new_application_id()
    time.sleep(0.002)
    assert first < new_application_id()


def test_ids_of_one_millisecond_differ() -> None:
    assert len({new_application_id() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        str(uuid4()),
        new_application_id().upper(),
        f"{{{new_application_id()}}}",
        f"urn:uuid:{new_application_id()}",
        "x" * 36,
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert not is_application_id(text)
