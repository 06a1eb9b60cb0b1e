"""An application's id: a version 7 UUID (RFC 9562), whose first 48 bits tell when it was received."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID


def new_application_id() -> str:
    """A fresh id; later ones sort after earlier ones, to the millisecond."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (
        (milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76
        | (random >> 62 & 0xFFF) << 64
        | 0b10 << 62
        | random & (1 << 62) - 1
    )
    return str(UUID(int=value))


def is_application_id(text: str) -> bool:
    """Whether `text` is an id that this system can have given, in its one spelling."""
    try:
        value = UUID(text)
    except ValueError:
        return False
    return value.version == 7 and str(value) == text


def received_at(application_id: str) -> datetime:
    """When the id was given, in UTC, to the millisecond."""
    return datetime.fromtimestamp((UUID(application_id).int >> 80) / 1000, UTC)
