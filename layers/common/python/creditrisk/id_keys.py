"""The keys of ids' checks, which the form functions share through Redis: made by the first that needs one."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from creditrisk.application_id import has_check, milliseconds
from creditrisk.redis_client import available
from creditrisk.redis_keys import QUEUES

UPGRADE_MS = 3_600_000
"""How long forms of a version without checks may still give ids beside the first that makes them."""


@dataclass(frozen=True)
class IdKey:
    """One key, in hexadecimal; ids given before `since` (milliseconds since 1970) may be without a check."""

    secret: str
    since: int


@dataclass
class IdKeys:
    """The keys in Redis, as far as this process knows them.

    An id that was given before the oldest key was made is let through: an earlier version gave it, or Redis lost its
    keys. Each acceptance writes the key of its id into Redis anew (lua/submit.lua), so that a key is known as long as
    anybody uses it. Each shard has those of its ids (`places`); a key holds for all.
    """

    redis: Any
    places: Sequence[str]
    _known: dict[str, int] = field(default_factory=dict)

    def mine(self) -> IdKey:
        """The key to make ids with: the oldest. Raises QueueUnavailable."""
        if not self._known:
            self._load()
        if not self._known:
            with available():
                upgrade = UPGRADE_MS if self.redis.exists(QUEUES) else 0
            self._known = {secrets.token_hex(16): time.time_ns() // 1_000_000 + upgrade}
        since, secret = min((since, secret) for secret, since in self._known.items())
        return IdKey(secret, since)

    def secrets(self) -> list[str]:
        """The keys that this process knows, in hexadecimal, after a look into Redis when it knows none.

        Raises QueueUnavailable.
        """
        if not self._known:
            self._load()
        return list(self._known)

    def made(self, application_id: str) -> bool:
        """Whether the id can be one of ours; Redis is asked for newer keys before it is said that it is none.

        Raises QueueUnavailable.
        """
        if self._made(application_id):
            return True
        self._load()
        if (
            not self._known
        ):  # a new or emptied Redis, to which nobody has applied yet: what is older was given before
            self.mine()
        return self._made(application_id)

    def _made(self, application_id: str) -> bool:
        if any(has_check(application_id, bytes.fromhex(secret)) for secret in self._known):
            return True
        return bool(self._known) and milliseconds(application_id) < min(self._known.values())

    def _load(self) -> None:
        found: dict[str, int] = {}
        with available():
            for place in self.places:
                found |= {key.decode(): int(since) for key, since in self.redis.hgetall(place).items()}
        # A new mapping: other threads may be reading the one before.
        self._known = self._known | found
