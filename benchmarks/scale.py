"""How the system grows on Lambda and a managed Redis, from 1 to 10,000 applications a second: `python -m benchmarks.scale`.

A simulation (benchmarks/arrivals.py) of the code's own rules, with Redis' cost measured here and now.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np

from benchmarks.arrivals import Assumptions, Run, Times, poisson, simulate, with_burst
from benchmarks.redis_cost import RedisCost, measure
from benchmarks.tables import write

DAY, HOURS = 86_400, 730
GB_SECOND, INVOCATION, S3_WRITE = 0.0000166667, 0.20e-6, 5e-6
"""US dollars, list prices of us-east-1, x86_64."""
SCORER_GB = 1769 / 1024
BESIDES = 14.60 + 0.40 + 2.40
"""A month: Lambda's endpoint in two zones, the secret, alarms and metrics."""
FREE = 0.75
"""The part of a node's memory that is for applications; the rest is for replication and the system."""


@dataclass(frozen=True)
class Node:
    """A size of ElastiCache for Valkey: memory in bytes, dollars an hour."""

    name: str
    memory: float
    price: float


SMALL = Node("t4g.small", 1.37e9, 0.0256)
LARGE = Node("m7g.large", 6.38e9, 0.1264)
MEMORY = Node("r7g.large", 13.07e9, 0.1752)
HUGE = Node("r7g.2xlarge", 52.82e9, 0.6984)


@dataclass(frozen=True)
class Settings:
    """What an operator sets for a load; durations in seconds."""

    node: Node = SMALL
    result_ttl: int = DAY
    batch_size: int = 64
    max_scorers: int = 4
    shards: int = 1
    form_concurrency: int = 50
    form_megabytes: int = 512
    wait: float = 3.0

    def assumptions(self, redis: RedisCost) -> Assumptions:
        """The simulation's, with Redis as it was measured."""
        return Assumptions(
            batch_size=self.batch_size,
            max_scorers=self.max_scorers,
            shards=self.shards,
            form_concurrency=self.form_concurrency,
            form=0.01 + 0.003 * 1769 / self.form_megabytes,
            wait=self.wait,
            redis_accept=redis.accept_microseconds / 1e6,
            redis_rest=redis.rest_microseconds / 1e6,
            memory=self.node.memory * FREE,
            bytes_kept=redis.bytes_kept,
            result_ttl=self.result_ttl,
        )

    @property
    def monthly(self) -> float:
        """Dollars whether anybody comes or not: the nodes, each with its copy, and what stands beside them."""
        return self.shards * 2 * self.node.price * HOURS + BESIDES

    def told(self) -> str:
        """The settings that matter, for the table."""
        shards = f"{self.shards} shards of " if self.shards > 1 else ""
        return f"{shards}{self.batch_size} × {self.max_scorers}"


@dataclass(frozen=True)
class Case:
    """A stream of applications, and the settings that carry it."""

    name: str
    times: Times
    rate: float
    settings: Settings
    quiet: float = 0.0
    """When a burst is over; 0 for a steady stream."""


DEFAULTS = Settings()
TEN = Settings(result_ttl=6 * 3600)
HUNDRED = Settings(LARGE, 3 * 3600, form_concurrency=300, form_megabytes=256)
THOUSAND = Settings(MEMORY, 2400, 128, 6, form_concurrency=1_500, form_megabytes=256, wait=1.0)
TEN_THOUSAND = Settings(MEMORY, 1200, 128, 2, shards=8, form_concurrency=2_000, form_megabytes=256, wait=0.0)
ONE_REDIS = replace(TEN_THOUSAND, node=HUGE, shards=1, max_scorers=16, result_ttl=600)


def cases() -> list[Case]:
    """Steady streams, each with settings that carry it and some with those that do not, and bursts of a minute."""
    steady = [
        ("1/s", 1, 1800, DEFAULTS),
        ("10/s, the defaults", 10, 600, DEFAULTS),
        ("10/s", 10, 600, TEN),
        ("100/s", 100, 300, HUNDRED),
        ("1,000/s, settings of 100/s", 1_000, 60, HUNDRED),
        ("1,000/s", 1_000, 120, THOUSAND),
        ("10,000/s on one Redis", 10_000, 30, ONE_REDIS),
        ("10,000/s", 10_000, 60, TEN_THOUSAND),
    ]
    return [
        *[Case(name, poisson(rate, seconds), rate, settings) for name, rate, seconds, settings in steady],
        Case("1/s, a minute at 100/s", with_burst(1, 100, 60, 60, 60), 1, DEFAULTS, quiet=120),
        Case("10/s, a minute at 1,000/s", with_burst(10, 100, 60, 60, 60), 10, THOUSAND, quiet=120),
        Case("100/s, a minute at 10,000/s", with_burst(100, 100, 60, 60, 60), 100, TEN_THOUSAND, quiet=120),
    ]


def dollars_per_million(run: Run, settings: Settings) -> float:
    """Lambda's time and invocations and S3's writes, for a million applications of this run. Who does not wait for the
    answer asks for it once more."""
    asked = 0 if settings.wait else run.count
    form_gb = settings.form_megabytes / 1024
    again = asked * (0.01 + 0.003 * 1769 / settings.form_megabytes)
    form = (run.form_seconds + again) * form_gb * GB_SECOND + (run.count + asked) * INVOCATION
    scorer = run.scorer_seconds * SCORER_GB * GB_SECOND + run.invocations * INVOCATION
    return (form + scorer + run.batches * S3_WRITE) / run.count * 1e6


def memory_share(case: Case, redis: RedisCost) -> float:
    """The part of Redis' room for applications that a steady stream fills in the end."""
    kept = case.rate * case.settings.result_ttl * redis.bytes_kept / case.settings.shards
    return kept / (case.settings.node.memory * FREE)


def figures(case: Case, run: Run, redis: RedisCost) -> dict[str, float]:
    """What the table shows, bare."""
    p50, p99 = np.percentile(run.latency, [50, 99]) if run.count else (np.nan, np.nan)
    return {
        "p50": float(p50),
        "p99": float(p99),
        "forms_at_once": run.form_at_once,
        "throttled": run.throttled / run.offered,
        "refused": run.refused / run.offered,
        "scorers_at_once": run.scorers_at_once,
        "waiting_at_most": run.waiting_at_most,
        "redis_thread": run.redis_seconds / run.seconds / case.settings.shards,
        "memory": memory_share(case, redis),
        "objects_a_day": run.batches / run.seconds * DAY,
        "dollars_per_million": dollars_per_million(run, case.settings) if run.count else np.nan,
        "dollars_a_month_fixed": case.settings.monthly,
        "behind": max(0.0, run.late_until - case.quiet) if case.quiet else 0.0,
    }


def row(case: Case, told: dict[str, float]) -> list[str]:
    """One line of the table."""
    steady = not case.quiet
    answered = not np.isnan(told["p50"])
    s = case.settings
    return [
        case.name,
        s.told(),
        f"{s.form_concurrency:,}" + ("" if s.wait else ", not waiting"),
        f"{s.node.name}, {_time(s.result_ttl)}",
        f"{told['p50']:.2f} / {told['p99']:.2f}" if answered else "–",
        f"{told['forms_at_once']:,.0f}",
        f"{told['throttled']:.1%}",
        f"{told['refused']:.1%}",
        f"{told['scorers_at_once']:.0f}",
        f"{told['redis_thread']:.0%}",
        f"{told['memory']:.0%}",
        f"{told['objects_a_day']:,.0f}" if steady else "",
        f"{told['dollars_per_million']:.2f}" if answered else "–",
        f"{told['dollars_a_month_fixed']:,.0f}",
        "" if steady else f"{told['behind']:.0f} s",
    ]


def _time(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds >= 3600 else f"{seconds // 60} min"


HEADER = (
    "applications",
    "batch × scorers",
    "most forms",
    "Redis node, answers kept",
    "p50 / p99, s",
    "forms at once",
    "429",
    "503",
    "scorers",
    "Redis' thread",
    "its memory",
    "S3 objects a day",
    "$ per million",
    "$ a month fixed",
    "behind after",
)


def main() -> None:
    """Measure Redis, simulate every case, print and write the table."""
    redis = measure()
    told = {}
    for case in cases():
        run = simulate(case.times, case.settings.assumptions(redis), case.rate)
        told[case.name] = (case, figures(case, run, redis))
    write(
        "scale",
        f"Applications on Lambda and Redis: a simulation; Redis' own cost is measured{' with TLS' * redis.tls}: "
        f"{redis.microseconds:.0f} µs of its processor, {redis.bytes_kept / 1024:.1f} KB kept "
        f"({redis.bytes_waiting / 1024:.1f} KB while waiting) for each application, "
        f"{redis.bytes_per_connection / 1024:.1f} KB for each connection",
        HEADER,
        [row(case, shown) for case, shown in told.values()],
        {
            "redis": asdict(redis) | {"rate": redis.rate},
            "runs": {name: shown for name, (_, shown) in told.items()},
        },
    )


if __name__ == "__main__":
    main()
