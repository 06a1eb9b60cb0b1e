"""A queue that is full, and how it is drained: by so many scorers, each a process, in batches of so many."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from benchmarks import tables
from benchmarks.load import wait_until
from benchmarks.processor import seconds_by_part
from benchmarks.system import process, redis_server
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
TURNS = (
    (1, None, 12_800),
    (2, None, 12_800),
    (4, None, 12_800),
    (1, 256, 6_400),
    (1, 64, 6_400),
    (1, 16, 2_400),
    (1, 1, 300),
)
"""Scorers, size of their batches (None: what each checkout has by default), applications."""
_QUEUE, _ASIDE = "rq:queue:applications", "creditrisk:bench"


@dataclass(frozen=True)
class Full:
    """A Redis in which `count` applications wait."""

    settings: Settings
    redis_pid: int
    count: int


@dataclass(frozen=True)
class Drained:
    """From the first claim to the last answer: applications a second, and microseconds of processor for each."""

    rate: float
    scorer: float
    redis: float


@contextmanager
def queue_of(count: int, folder: Path) -> Iterator[Full]:
    """A queue that is full; its history begins beside it."""
    with redis_server(folder / "redis") as server:
        settings = Settings(redis_url=server.url, history_url=str(folder / "history"), max_queue=10_000_000)
        intake, client = Intake.connect(settings), Redis.from_url(server.url)
        client.config_set("appendfsync", "everysec")  # while it fills
        for application in synthetic_applicants(count):
            intake.submit(application)
        client.config_set("appendfsync", "always")
        assert server.process
        yield Full(settings, server.process.pid, count)


def drained(full: Full, scorers: int, batch: int | None = None, checkout: Path | None = None) -> Drained:
    """Drain it with `creditrisk worker`, of this checkout or of another one with its own Python, in batches of `batch` or as
    many as it takes by itself."""
    environment = {
        "REDIS_URL": full.settings.redis_url,
        "HISTORY_URL": full.settings.history_url,
        "LOG_LEVEL": "ERROR",
    }
    if batch:
        environment["BATCH_SIZE"] = str(batch)
    python = str(checkout / ".venv/bin/python") if checkout else sys.executable
    client = Redis.from_url(full.settings.redis_url)
    client.rename(_QUEUE, _ASIDE)  # nothing to do until every scorer is up
    with ExitStack() as stack:
        command = [python, "-m", "cli", "worker"]
        workers = [stack.enter_context(process(command, environment, checkout)) for _ in range(scorers)]
        wait_until(lambda: client.zcard("creditrisk:scorers") == scorers, 60, "a scorer")
        pids = [full.redis_pid, *(worker.pid for worker in workers)]
        before, start = seconds_by_part(pids), time.perf_counter()
        client.rename(_ASIDE, _QUEUE)
        wait_until(lambda: client.zcard("rq:finished:applications") == full.count, 120, "the drain")
        seconds, after = time.perf_counter() - start, seconds_by_part(pids)
    spent = {part: 1e6 * (after[part] - before[part]) / full.count for part in ("scorer", "redis")}
    return Drained(full.count / seconds, **spent)


def by_turns() -> None:
    """What a drained application costs and how long it takes, beside the checkout that BENCH_BEFORE names, if it does:
    medians of ROUNDS rounds, in each of which both have their turn."""
    checkouts: dict[str, Path | None] = {"this": None}
    if other := os.environ.get("BENCH_BEFORE"):
        checkouts["before"] = Path(other).resolve()
    rows: list[tuple[str, ...]] = []
    data: dict[str, object] = {}
    for scorers, batch, count in TURNS:
        turns: dict[str, list[Drained]] = {name: [] for name in checkouts}
        for _ in range(ROUNDS):
            for name, checkout in checkouts.items():
                with tempfile.TemporaryDirectory() as place, queue_of(count, Path(place)) as full:
                    turns[name].append(drained(full, scorers, batch, checkout))
                print(
                    f"{scorers} × {batch or 'default'}, {name}: {_told(turns[name][-1])}",
                    file=sys.stderr,
                    flush=True,
                )
        found = {name: _median(each) for name, each in turns.items()}
        this, before = found["this"], found.get("before")
        size = str(batch or "default")
        rows.append((str(scorers), size, _ratio(this, before), _told(this), _told(before)))
        data[f"{scorers} x {size}"] = {name: vars(each) for name, each in found.items()}
    header = (
        "scorers",
        "batch",
        "rate / processor to before",
        "a second (processor µs: scorer + Redis)",
        "before",
    )
    tables.write("draining", "A full queue, drained", header, rows, data)


def _median(turns: list[Drained]) -> Drained:
    return Drained(
        *(statistics.median(getattr(turn, name) for turn in turns) for name in ("rate", "scorer", "redis"))
    )


def _told(found: Drained | None) -> str:
    return f"{found.rate:,.0f} ({found.scorer:,.0f} + {found.redis:,.0f})" if found else ""


def _ratio(this: Drained, before: Drained | None) -> str:
    if before is None:
        return ""
    cost = (this.scorer + this.redis) / (before.scorer + before.redis)
    return f"{this.rate / before.rate:.1f} × / {cost:.2f} ×"
