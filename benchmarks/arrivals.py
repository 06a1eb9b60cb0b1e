"""A simulation of arrivals, wake-ups and drains: the form's rule for waking scorers against a stream of applications.

Everything that is finite is in it: the form's concurrency and how fast Lambda adds to it, the one thread and the memory of
each shard's Redis, the queue's length, the scorers of each shard.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

LATE = 3.0
"""Seconds past which an answer is late: the applicant sees the pending page."""
LEAST = 16
"""Applications that a scorer may hold even where that is more than its share: see queue/lua/claim.lua."""


@dataclass(frozen=True)
class Assumptions:
    """Durations in seconds. docs/scale.md says where each comes from. The defaults are those of a deployment."""

    batch_size: int = 64
    max_scorers: int = 4
    """Of each shard."""
    shards: int = 1
    max_queue: int = 100_000
    """Of each shard."""
    form: float = 0.02
    """The form's own work on a request."""
    wait: float = 3.0
    """WAIT_SECONDS: a request that waits longer is answered as pending."""
    form_concurrency: int = 50
    """Requests that the form may hold at once; more are throttled (429)."""
    environments: int = 1_000
    """How many execution environments Lambda makes for one function at once …"""
    more_environments: float = 100.0
    """… and how many more in every second."""
    wake: float = 0.1
    """From the form's asynchronous invoke to the handler, in an execution environment that is there."""
    cold: float = 1.2
    """The same where one has to be made: Lambda's own part, and loading the model."""
    warm: float = 300.0
    """How long Lambda keeps an idle execution environment, at least."""
    batch: float = 0.06
    """What a batch costs however small: claim, one object into S3, finish."""
    application: float = 0.0003
    """What each application adds to it: decode, score with reasons, encode."""
    limit: float = 115.0
    """When a scorer stops by itself."""
    schedule: float = 60.0
    redis_accept: float = 50e-6
    """Of a Redis thread, for accepting one application."""
    redis_rest: float = 50e-6
    """Of a Redis thread, for everything else on one application's way."""
    patience: float = 5.0
    """A form that waits longer for Redis answers 503."""
    memory: float = 1.03e9
    """Bytes that a shard's Redis has for applications."""
    bytes_kept: float = 4_000
    """For each application, as long as its answer is kept."""
    result_ttl: float = 86_400.0


@dataclass
class Run:
    """What a simulation shows; `latency` in seconds, from the request to the answer in Redis."""

    seconds: float
    latency: Times = field(default_factory=lambda: np.empty(0))
    form_at_once: int = 0
    scorers_at_once: int = 0
    waiting_at_most: int = 0
    invocations: int = 0
    batches: int = 0
    scorer_seconds: float = 0.0
    form_seconds: float = 0.0
    throttled: int = 0
    """Turned away with 429: no execution environment of the form was free."""
    refused: int = 0
    """Turned away with 503: the queue or Redis' memory was full, or Redis too busy."""
    late_until: float = 0.0
    """When the last answer came that took more than LATE seconds."""
    redis_seconds: float = 0.0
    """Time of the Redis threads, of all shards."""

    @property
    def count(self) -> int:
        """Applications answered."""
        return len(self.latency)

    @property
    def offered(self) -> int:
        """Applications that came, whether they were let in or not."""
        return self.count + self.refused + self.throttled


def poisson(rate: float, seconds: float, seed: int = 1) -> Times:
    """Arrival times of independent applicants."""
    draw = np.random.default_rng(seed)
    times = np.cumsum(draw.exponential(1 / rate, int(rate * seconds * 1.2) + 50))
    return times[times < seconds]


def with_burst(rate: float, times_as_many: float, before: float, burst: float, after: float) -> Times:
    """A steady stream with a burst in it."""
    quiet = poisson(rate, before + burst + after)
    extra = before + poisson(rate * (times_as_many - 1), burst, seed=2)
    return np.sort(np.concatenate([quiet, extra]))


def simulate(times: Times, a: Assumptions, rate: float = 0.0) -> Run:
    """Let the applications of these times come in, and scorers be woken, drain and rest as the code does.

    `rate` a second have come in all along: Redis begins with the answers that it keeps of them.
    """
    house = _House(times, replace(a), rate)
    house.go()
    return house.run


class _Forms:
    """The form's execution environments: how many there are, how many are held."""

    def __init__(self, a: Assumptions) -> None:
        self.a = a
        self.made = self.held = 0
        self._spent = 0.0  # of the environments that Lambda would make
        self._seen = 0.0

    def take(self, now: float) -> bool:
        """Hold one for a request; False when none is to be had."""
        self._spent = max(0.0, self._spent - (now - self._seen) * self.a.more_environments)
        self._seen = now
        if self.held >= self.a.form_concurrency:
            return False
        if self.held >= self.made:
            if self._spent + 1 > self.a.environments:
                return False
            self._spent, self.made = self._spent + 1, self.made + 1
        self.held += 1
        return True


class _Shard:
    """A Redis with its queue and its scorers."""

    def __init__(self) -> None:
        self.waiting = deque[int]()
        self.accepted = self.awake = 0
        self.claimed = dict[float, int]()  # how many each scorer holds, by when it began
        self.idle = list[float]()  # since when environments of scorers stand idle
        self.free_at = 0.0  # when its thread has done what was asked of it


_RELEASE, _CLAIM, _TICK = range(3)


class _House:
    def __init__(self, times: Times, a: Assumptions, rate: float) -> None:
        self.times, self.a = times, a
        self.run = Run(seconds=float(times[-1]))
        self.shards = [_Shard() for _ in range(a.shards)]
        self.forms = _Forms(a)
        self.expiring = min(rate / a.shards, a.memory / a.bytes_kept / a.result_ttl)
        """Answers a second whose time is over, in each shard: what came in a `result_ttl` ago, as far as there was room."""
        self.accepted_at, self.done_at = np.full(len(times), np.nan), np.full(len(times), np.nan)
        self.holding = bytearray(len(times))
        self.events: list[tuple[float, int, int, float]] = []  # when, what, whose, since when

    def go(self) -> None:
        for number in range(len(self.shards)):
            heapq.heappush(self.events, (self.a.schedule, _TICK, number, 0.0))
        for number, now in enumerate(self.times.tolist()):
            self._until(now)
            self._arrive(number, now)
        while any(shard.waiting or shard.awake for shard in self.shards):
            self._until(self.events[0][0])
        self._sum_up()

    def _until(self, now: float) -> None:
        while self.events and self.events[0][0] <= now:
            at, what, whose, since = heapq.heappop(self.events)
            if what == _RELEASE:
                self.forms.held -= self.holding[whose]
                self.holding[whose] = 0
            elif what == _CLAIM:
                self._claim(whose, at, since)
            else:
                heapq.heappush(self.events, (at + self.a.schedule, _TICK, whose, 0.0))
                if self.shards[whose].awake < self.a.max_scorers:
                    self._wake(whose, at)

    def _arrive(self, number: int, now: float) -> None:
        if not self.forms.take(now):
            self.run.throttled += 1
            return
        self.run.form_at_once = max(self.run.form_at_once, self.forms.held)
        self.holding[number] = 1
        whose = number % len(self.shards)
        shard = self.shards[whose]
        begin = max(now, shard.free_at)
        if self._full(shard, now) or begin - now > self.a.patience:
            self.run.refused += 1
            heapq.heappush(self.events, (now + self.a.form, _RELEASE, number, 0.0))
            return
        shard.free_at = at = begin + self.a.redis_accept
        self.accepted_at[number] = at
        wanted = min(self.a.max_scorers, -(-(len(shard.waiting) + 1) // (4 * self.a.batch_size)))
        shard.waiting.append(number)
        shard.accepted += 1
        self.run.waiting_at_most = max(self.run.waiting_at_most, sum(len(s.waiting) for s in self.shards))
        if shard.awake < wanted:
            self._wake(whose, at)
        heapq.heappush(self.events, (at + self.a.wait + self.a.form, _RELEASE, number, 0.0))

    def _full(self, shard: _Shard, now: float) -> bool:
        kept = self.expiring * (self.a.result_ttl - now) + shard.accepted + 1
        return len(shard.waiting) >= self.a.max_queue or kept * self.a.bytes_kept > self.a.memory

    def _wake(self, whose: int, now: float) -> None:
        shard = self.shards[whose]
        warm = bool(shard.idle) and now - shard.idle.pop() < self.a.warm
        shard.awake += 1
        self.run.invocations += 1
        self.run.scorers_at_once = max(self.run.scorers_at_once, sum(s.awake for s in self.shards))
        begin = now + (self.a.wake if warm else self.a.cold)
        heapq.heappush(self.events, (begin, _CLAIM, whose, begin))

    def _claim(self, whose: int, now: float, began: float) -> None:
        shard, a = self.shards[whose], self.a
        shard.claimed.pop(began, None)
        share = -(-(len(shard.waiting) + sum(shard.claimed.values())) // shard.awake)
        count = min(a.batch_size, max(LEAST, share), len(shard.waiting))
        if not count or now - began >= a.limit:
            shard.awake -= 1
            self.run.scorer_seconds += now - began + 0.01
            shard.idle.append(now)
            return
        shard.claimed[began] = count
        shard.free_at = max(now, shard.free_at) + count * a.redis_rest
        end = max(now + a.batch + count * a.application, shard.free_at)
        for _ in range(count):
            number = shard.waiting.popleft()
            self.done_at[number] = end
            if end < self.accepted_at[number] + a.wait:
                heapq.heappush(self.events, (end + a.form, _RELEASE, number, 0.0))
        self.run.batches += 1
        heapq.heappush(self.events, (end, _CLAIM, whose, began))

    def _sum_up(self) -> None:
        a, run, answered = self.a, self.run, ~np.isnan(self.done_at)
        run.latency = self.done_at[answered] - self.times[answered] + a.form
        run.late_until = float(self.done_at[answered][run.latency > LATE].max(initial=0.0))
        run.form_seconds = float(np.minimum(run.latency, a.wait + a.form).sum())
        run.redis_seconds = run.count * (a.redis_accept + a.redis_rest)
