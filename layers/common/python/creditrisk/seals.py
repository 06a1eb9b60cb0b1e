"""Texts that one form function seals and any other of them knows again: nobody else can make or change one.

The keys are those of ids' checks (`creditrisk.id_keys`), which all forms share through Redis. A sealed text can be read by
whoever holds it; it is no secret.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import blake2b

_LENGTH = 16
"""Of a seal, in bytes."""
_PURPOSE = b"sealed"
"""Keeps seals apart from ids' checks, which are made with the same keys."""


def seal(text: str, key: str) -> str:
    """The text under a seal, in characters that a cookie may hold; `key` in hexadecimal."""
    said = text.encode()
    return urlsafe_b64encode(_seal_of(said, key) + said).decode().rstrip("=")


def unseal(sealed: str, keys: Iterable[str]) -> str | None:
    """The text that was sealed under one of the keys; None for anything else."""
    try:
        data = urlsafe_b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4))
    except ValueError:  # no such characters, or not so many of them
        return None
    said = data[_LENGTH:]
    if any(hmac.compare_digest(_seal_of(said, key), data[:_LENGTH]) for key in keys):
        return said.decode()
    return None


def _seal_of(said: bytes, key: str) -> bytes:
    return blake2b(said, key=bytes.fromhex(key), digest_size=_LENGTH, person=_PURPOSE).digest()
