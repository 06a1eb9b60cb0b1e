"""How often somebody may try to open an application: counted in Redis, where all form functions see it."""

import time
from hashlib import sha256
from typing import Any

from creditrisk.redis_client import available
from creditrisk.redis_keys import attempts_key

MOST = 8
"""Attempts on one application within a window: enough for slips, too few to guess a number that is not known."""
WINDOW = 900
"""Seconds of a window; when it is over, there are as many again."""
_PLACES = 4
"""Hexadecimal digits of what applications are counted by: whatever ids somebody makes up, so many counters there are and no
more. That an id is none of ours must not show here, so those are counted as well."""


def may_try(redis: Any, application_id: str) -> bool:
    """Count an attempt on an application; False when there were too many. Raises QueueUnavailable."""
    place = sha256(application_id.encode()).hexdigest()[:_PLACES]
    key = attempts_key(place, int(time.time()) // WINDOW)
    with available():
        redis.set(key, 0, ex=2 * WINDOW, nx=True)  # it outlives its window, so that it never lacks an end
        return int(redis.incr(key)) <= MOST
