"""Ids: version 7 UUIDs that tell when, sort by it, and cannot be guessed at."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from creditrisk.application_id import (
    has_check,
    is_application_id,
    new_application_id,
    received_at,
    reference,
    shard_number,
)


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
        pytest.param(str(uuid4()), id="version 4"),
        pytest.param(new_application_id().upper(), id="capitals"),
        pytest.param(f"{{{new_application_id()}}}", id="in braces"),
        pytest.param(f"urn:uuid:{new_application_id()}", id="as an URN"),
        "x" * 36,
        "ffffffff-ffff-7fff-bfff-ffffffffffff",  # given in the year 10889
        "e677d21f-dbff-7fff-8000-000000000000",  # in the last millisecond of 9999
        pytest.param(
            str(UUID(int=UUID(new_application_id()).int + (172_800_000 << 80))), id="the day after tomorrow"
        ),
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert not is_application_id(text)


def test_a_check_tells_an_id_that_was_made_with_the_key() -> None:
    key, other = bytes(range(16)), bytes(16)
    ids = [new_application_id(key) for _ in range(100)]
    assert all(has_check(application_id, key) and is_application_id(application_id) for application_id in ids)
    assert not any(has_check(application_id, other) for application_id in ids)
    assert not any(has_check(new_application_id(), key) for _ in range(1_000))


@pytest.mark.parametrize("digit", [0, 12, 15, 20, 30, 35])
def test_a_changed_digit_of_an_id_is_noticed(digit: int) -> None:
    key = bytes(range(16))
    application_id = new_application_id(key)
    changed = f"{int(application_id[digit], 16) ^ 1:x}"
    assert not has_check(application_id[:digit] + changed + application_id[digit + 1 :], key)


def test_a_reference_is_the_same_for_one_application_and_shows_nothing_of_its_id() -> None:
    application_id = new_application_id()
    assert reference(application_id) == reference(application_id) != reference(new_application_id())
    assert not set(application_id.split("-")) & {reference(application_id)[i : i + 8] for i in range(9)}


@pytest.mark.parametrize(
    "bits", [b"\x00" * 6, b"\xff" * 6, b"\x12\x34\x56\x78\x9a\xbc"], ids=["lowest", "highest", "any"]
)
@pytest.mark.parametrize("shards", [2, 3, 7, 64])
def test_an_id_names_its_shard_whatever_its_random_bits(
    monkeypatch: pytest.MonkeyPatch, bits: bytes, shards: int
) -> None:
    monkeypatch.setattr("os.urandom", lambda count: bits[:count])
    for shard in range(shards):
        made = new_application_id(shard=shard, shards=shards)
        assert is_application_id(made)
        assert shard_number(made, shards) == shard


def test_all_random_bits_beside_the_check_differ() -> None:
    """Else ids of one millisecond would meet."""
    bits = [UUID(new_application_id()).int >> 32 & (1 << 30) - 1 for _ in range(200)]
    seen_set = [sum(value >> place & 1 for value in bits) for place in range(30)]
    assert all(0 < count < len(bits) for count in seen_set)
