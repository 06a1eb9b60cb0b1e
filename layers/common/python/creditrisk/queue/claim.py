"""What is read from the queue: a claimed application, and how the queue stands."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from creditrisk.application_id import is_application_id, received_at


class Claim(NamedTuple):
    """One application that a scorer holds. `data` is its job's data as Redis has it (see `jobs.read_job`), `tries` how
    often scoring it has failed so far; `redelivered` is True when it was held before, and so may be recorded already."""

    id: str
    data: bytes
    tries: int
    redelivered: bool


@dataclass(frozen=True)
class QueueState:
    """How the queue stands: counts, the reason of each failure by application id, and the id of the application that
    has waited longest."""

    waiting: int
    claimed: int
    failed: Mapping[str, str]
    oldest: str | None
    scorers: int

    @property
    def age(self) -> float | None:
        """Seconds that the oldest waiting application has waited; None when none waits, or when its id is not one that
        we gave."""
        if not self.oldest or not is_application_id(self.oldest):
            return None
        return max(0.0, time.time() - received_at(self.oldest).timestamp())

    @classmethod
    def of_all(cls, states: Iterable["QueueState"]) -> Self:
        """The states of several shards as one."""
        states = list(states)
        return cls(
            waiting=sum(state.waiting for state in states),
            claimed=sum(state.claimed for state in states),
            failed={id: why for state in states for id, why in state.failed.items()},
            oldest=min((state.oldest for state in states if state.oldest), default=None),
            scorers=sum(state.scorers for state in states),
        )
