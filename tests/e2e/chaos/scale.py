"""How long the campaign is: as the tests run it, and at length."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How often each thing is done to the system."""

    kills: int
    redis_kills: int
    rounds: int
    long: bool


SHORT = Scale(kills=12, redis_kills=2, rounds=1, long=False)
LONG = Scale(kills=200, redis_kills=20, rounds=5, long=True)
