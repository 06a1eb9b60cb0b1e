"""A simulation of arrivals, wake-ups and drains: the form's rule for waking scorers against a stream of applications."""

import heapq
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

LATE = 3.0
"""Seconds past which an answer is late: the applicant sees the pending page."""


@dataclass(frozen=True)
class Assumptions:
    """Durations in seconds. docs/scale.md says where each comes from."""

    batch_size: int = 64
    max_scorers: int = 4
    max_queue: int = 100_000
    form: float = 0.02
    """The form's own work on a request."""
    wait: float = 3.0
    """WAIT_SECONDS: a request that waits longer is answered as pending."""
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
    refused: int = 0
    """Turned away with 503: the queue was full."""
    late_until: float = 0.0
    """When the last answer came that took more than LATE seconds."""

    @property
    def count(self) -> int:
        """Applications answered."""
        return len(self.latency)


class _Queue:
    """Who came in, and how many of them were accepted and claimed."""

    def __init__(self, times: Times, most: int) -> None:
        self.times, self.most = times, most
        self.accepted = np.empty(len(times))
        self.seen = self.length = self.claimed = 0

    @property
    def waiting(self) -> int:
        return self.length - self.claimed

    def let_in(self, now: float) -> None:
        """Accept who has come by now; past MAX_QUEUE they are turned away."""
        come = int(np.searchsorted(self.times, now, "right"))
        count = max(0, min(come - self.seen, self.most - self.waiting))
        self.accepted[self.length : self.length + count] = self.times[self.seen : self.seen + count]
        self.seen, self.length = come, self.length + count

    def next_wake(self, awake: int, a: Assumptions) -> float:
        """When somebody finds too few scorers awake (see queue/lua/submit.lua): one for every four batches."""
        first = self.seen + max(0, 4 * a.batch_size * awake - self.waiting)
        return float(self.times[first]) if awake < a.max_scorers and first < len(self.times) else np.inf


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


def simulate(times: Times, a: Assumptions) -> Run:
    """Let the applications of these times come in, and scorers be woken, drain and rest as the code does."""
    queue, run, done = _Queue(times, a.max_queue), Run(seconds=float(times[-1])), np.empty(len(times))
    awake, idle = 0, list[float]()  # since when environments stand idle
    events: list[tuple[float, float]] = []  # (when a scorer claims, when it began)
    tick = a.schedule
    while queue.seen < len(times) or queue.waiting:
        wake = queue.next_wake(awake, a)
        now = min(wake, tick, events[0][0] if events else np.inf)
        queue.let_in(now)
        if now in (wake, tick):
            tick += a.schedule if now == tick else 0
            warm = bool(idle) and now - idle.pop() < a.warm
            awake, run.invocations = awake + 1, run.invocations + 1
            run.scorers_at_once = max(run.scorers_at_once, awake)
            begin = now + (a.wake if warm else a.cold)
            heapq.heappush(events, (begin, begin))
            continue
        _, began = heapq.heappop(events)
        count = min(a.batch_size, queue.waiting)
        run.waiting_at_most = max(run.waiting_at_most, queue.waiting)
        if count and now - began < a.limit:
            end = now + a.batch + count * a.application
            done[queue.claimed : queue.claimed + count] = end
            queue.claimed, run.batches = queue.claimed + count, run.batches + 1
            heapq.heappush(events, (end, began))
        else:
            awake, run.scorer_seconds = awake - 1, run.scorer_seconds + now - began + 0.01
            idle.append(now)
    run.scorer_seconds += sum(max(0.0, at - began) for at, began in events)
    accepted, done = queue.accepted[: queue.length], done[: queue.length]
    run.refused = len(times) - queue.length
    run.latency = done - accepted + a.form
    run.late_until = float(done[run.latency > LATE].max(initial=0.0))
    held = np.minimum(run.latency, a.wait + a.form)
    run.form_seconds = float(held.sum())
    run.form_at_once = _at_once(accepted, accepted + held)
    return run


def _at_once(begins: Times, ends: Times) -> int:
    moments = np.concatenate([begins, ends])
    steps = np.concatenate([np.ones(len(begins)), -np.ones(len(ends))])
    return int(np.cumsum(steps[np.argsort(moments, kind="stable")]).max())
