"""An application's id: a version 7 UUID (RFC 9562), whose first 48 bits tell when it was received.

Its last 32 bits are a check of the rest under a key that the form functions share (`creditrisk.id_keys`): an id that
somebody made up is told from one that was given without looking anywhere. 42 of the bits between are random, and the
check is, too, to whoever does not have the key: an id cannot be guessed.
"""

import hmac
import os
import time
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from uuid import UUID

CLOCKS_AHEAD = 86_400
"""Seconds by which the clock that an id was made by may be ahead of ours."""

_CHECK = 4
"""Length of the check, in bytes."""
_LOW = (1 << 30) - 1
"""The random bits beside the check: what is left of them when divided by the number of shards names the shard."""


def new_application_id(key: bytes = b"", shard: int = 0, shards: int = 1) -> str:
    """A fresh id for a shard of the queue; later ones sort after earlier ones, to the millisecond."""
    now = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(6), "big")
    if shards > 1:
        low = random & _LOW
        low += shard - low % shards
        random = random & ~_LOW | (low if low <= _LOW else low - shards)
    value = (
        (now & (1 << 48) - 1) << 80
        | 0x7 << 76
        | (random >> 30 & 0xFFF) << 64
        | 0b10 << 62
        | (random & _LOW) << 32
    )
    rest = value.to_bytes(16, "big")[:-_CHECK]
    text = (rest + _check(rest, key)).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def shard_number(application_id: str, shards: int) -> int:
    """Which of the queue's shards the id names."""
    return (UUID(application_id).int >> 32 & _LOW) % shards if shards > 1 else 0


def has_check(application_id: str, key: bytes) -> bool:
    """Whether an id was made with this key."""
    value = UUID(application_id).bytes
    return hmac.compare_digest(_check(value[:-_CHECK], key), value[-_CHECK:])


def _check(rest: bytes, key: bytes) -> bytes:
    """Of an id without a key, random bits."""
    return blake2b(rest, key=key, digest_size=_CHECK).digest() if key else os.urandom(_CHECK)


def is_application_id(text: str) -> bool:
    """Whether `text` is an id that this system can have given by now, in its one spelling."""
    try:
        value = UUID(text)
    except ValueError:
        return False
    return (
        value.version == 7 and str(value) == text and milliseconds(text) / 1000 < time.time() + CLOCKS_AHEAD
    )


def milliseconds(application_id: str) -> int:
    """When the id was given, in milliseconds since 1970."""
    if len(application_id) != 36 or application_id[8] != "-" or application_id[13] != "-":
        return UUID(application_id).int >> 80
    return int(
        application_id[:8] + application_id[9:13], 16
    )  # our own spelling, of which the rest is not looked at


def received_at(application_id: str) -> datetime:
    """When the id was given, in UTC, to the millisecond."""
    return datetime.fromtimestamp(milliseconds(application_id) / 1000, UTC)


def reference(application_id: str) -> str:
    """What a log calls an application: whoever has the id can work it out, and it leads nobody to the id."""
    return sha256(application_id.encode()).hexdigest()[:16]
