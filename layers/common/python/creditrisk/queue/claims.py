"""What is read from the queue: a claimed application, and how the queue stands."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One application that a scorer holds: `data` is the job's, `tries` how often scoring it has failed so far;
    `redelivered` tells that another scorer held it before and may have recorded it."""

    id: str
    data: bytes
    tries: int
    redelivered: bool


@dataclass(frozen=True)
class QueueState:
    """How the queue stands: counts, the reason of each failure by id, the oldest waiting application's id."""

    waiting: int
    claimed: int
    failed: Mapping[str, str]
    oldest: str | None
    scorers: int
