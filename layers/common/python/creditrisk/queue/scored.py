"""How often each probability has been told so far: counted in Redis by all scorers, for each version of a model."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from itertools import accumulate
from typing import Any

from creditrisk.errors import QueueUnavailable
from creditrisk.redis_client import available
from creditrisk.redis_keys import scored_key
from creditrisk.standing import Standing

BINS = 200
"""Bins of the probability, of equal width."""
LEAST = 100
"""Fewer applications than that say little of where another one stands."""
SYNC_SECONDS = 10.0
"""How long a scorer keeps what it counts to itself: so that no batch waits for it."""
KEPT_SECONDS = 400 * 86_400
"""How long the counts of a version are kept that scores no more."""


class Scored:
    """The counts as far as this process knows them: its own at once, those of other scorers every SYNC_SECONDS."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._counts: dict[str, list[int]] = {}
        self._below: dict[str, list[int]] = {}
        """How many are in the bins below each bin, and in all: worked out when somebody asks, and once for a batch."""
        self._untold: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._sync_at = 0.0

    def add(self, model: str, version: str, probabilities: Iterable[float]) -> None:
        """Count what a version of a model has told. Where Redis is away, it is told later."""
        key = scored_key(model, version)
        told = [_bin(probability) for probability in probabilities]
        self._untold[key].update(told)
        if time.monotonic() < self._sync_at and key in self._counts:
            counts = self._counts[key]
            for place in told:
                counts[place] += 1
            self._below.pop(key, None)
            return
        self._sync_at = time.monotonic() + SYNC_SECONDS
        self.sync(key)

    def sync(self, also: str = "") -> None:
        """Tell Redis what was counted here, and read what all have counted."""
        with suppress(QueueUnavailable), available():
            for key in {*self._untold, *([also] if also else ())}:
                untold = self._untold.pop(key, Counter[int]())
                try:
                    with self._redis.pipeline(transaction=False) as steps:
                        for place, number in untold.items():
                            steps.hincrby(key, place, number)
                        steps.expire(key, KEPT_SECONDS)
                        steps.hgetall(key)
                        found = steps.execute()[-1]
                except BaseException:
                    self._untold[key].update(untold)
                    raise
                self._counts[key] = [int(found.get(b"%d" % place, 0)) for place in range(BINS)]
                self._below.pop(key, None)

    def standing(self, model: str, version: str, probability: float) -> Standing | None:
        """Where a probability stands among those that this version has told so far; None while these are fewer than LEAST."""
        below = self._sums(scored_key(model, version))
        among = below[-1]
        if among < LEAST:
            return None
        place = _bin(probability)
        within = (probability * BINS - place) * (below[place + 1] - below[place])
        return Standing(round(100 * (below[place] + within) / among), among, so_far=True)

    def _sums(self, key: str) -> list[int]:
        if key not in self._below:
            self._below[key] = list(accumulate(self._counts.get(key, [0] * BINS), initial=0))
        return self._below[key]


def _bin(probability: float) -> int:
    return min(BINS - 1, int(probability * BINS))
