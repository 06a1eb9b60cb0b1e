"""How the system grows on Lambda and a managed Redis, from 1 to 10,000 applications a second: `python -m benchmarks.scale`.

A simulation (benchmarks/arrivals.py) of the code's own rules, with Redis' cost measured here and now.
"""

from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.arrivals import Assumptions, Run, Times, poisson, simulate, with_burst
from benchmarks.redis_cost import RedisCost, measure
from benchmarks.tables import write

DAY = 86_400
GB_SECOND, INVOCATION, S3_WRITE = 0.0000166667, 0.20e-6, 5e-6
"""US dollars, list prices of us-east-1, x86_64."""
FORM_GB, SCORER_GB = 0.5, 1769 / 1024


@dataclass(frozen=True)
class Case:
    """A stream of applications, and the settings that carry it."""

    name: str
    times: Times
    assumptions: Assumptions
    quiet: float = 0.0
    """When a burst is over; 0 for a steady stream."""


def cases() -> list[Case]:
    """Steady streams, each with settings that carry it, and a burst of a hundred times for a minute."""
    small, large = Assumptions(), Assumptions(batch_size=256, max_scorers=4)
    huge = Assumptions(batch_size=512, max_scorers=8)
    return [
        Case("1/s", poisson(1, 1800), small),
        Case("10/s", poisson(10, 600), small),
        Case("100/s", poisson(100, 300), small),
        Case("1,000/s", poisson(1_000, 120), small),
        Case("10,000/s, defaults", poisson(10_000, 30), small),
        Case("10,000/s", poisson(10_000, 60), huge),
        Case("10/s, a minute at 1,000/s", with_burst(10, 100, 60, 60, 60), small, quiet=120),
        Case("100/s, a minute at 10,000/s", with_burst(100, 100, 60, 60, 60), small, quiet=120),
        Case("the same, larger batches", with_burst(100, 100, 60, 60, 60), large, quiet=120),
        Case("the same, 8 scorers too", with_burst(100, 100, 60, 60, 60), huge, quiet=120),
    ]


def dollars_per_million(run: Run) -> float:
    """Lambda's time and invocations and S3's writes, for a million applications of this run."""
    form = run.form_seconds * FORM_GB * GB_SECOND + run.count * INVOCATION
    scorer = run.scorer_seconds * SCORER_GB * GB_SECOND + run.invocations * INVOCATION
    return (form + scorer + run.batches * S3_WRITE) / run.count * 1e6


def row(case: Case, run: Run, redis: RedisCost) -> list[str]:
    """One line of the table."""
    p50, p99 = np.percentile(run.latency, [50, 99])
    objects = run.batches / run.seconds * DAY
    behind = f"{max(0.0, run.late_until - case.quiet):.0f} s" if case.quiet else ""
    return [
        case.name,
        f"{case.assumptions.batch_size} × {case.assumptions.max_scorers}",
        f"{p50:.2f} / {p99:.2f}",
        f"{run.form_at_once:,}",
        f"{run.scorers_at_once}",
        f"{run.waiting_at_most:,}",
        f"{run.refused / (run.refused + run.count):.0%}",
        f"{objects:,.0f}" if not case.quiet else "",
        f"{run.count / run.seconds * redis.microseconds / 1e4:.1f} %" if not case.quiet else "",
        f"{dollars_per_million(run):.2f}",
        behind,
    ]


_HEADER = (
    "applications",
    "batch × scorers",
    "p50 / p99, s",
    "forms at once",
    "scorers",
    "waiting at most",
    "refused",
    "S3 objects a day",
    "Redis' thread",
    "$ per million",
    "behind after the burst",
)


def main() -> None:
    """Measure Redis, simulate every case, print and write the table."""
    redis = measure()
    runs = [(case, simulate(case.times, case.assumptions)) for case in cases()]
    write(
        "scale",
        "Applications on Lambda and one Redis: a simulation; Redis' own cost is measured: "
        f"{redis.microseconds:.0f} µs of its processor, {redis.bytes_kept / 1024:.1f} KB kept "
        f"({redis.bytes_waiting / 1024:.1f} KB while waiting) for each application, "
        f"{redis.bytes_per_connection / 1024:.1f} KB for each connection",
        _HEADER,
        [row(case, run, redis) for case, run in runs],
        {
            "assumptions": asdict(Assumptions()),
            "redis": asdict(redis) | {"rate": redis.rate},
            "runs": {
                case.name: {
                    "p50": float(np.percentile(run.latency, 50)),
                    "p99": float(np.percentile(run.latency, 99)),
                    "forms_at_once": run.form_at_once,
                    "scorers_at_once": run.scorers_at_once,
                    "waiting_at_most": run.waiting_at_most,
                    "refused": run.refused,
                    "invocations": run.invocations,
                    "batches": run.batches,
                    "dollars_per_million": dollars_per_million(run),
                }
                for case, run in runs
            },
        },
    )


if __name__ == "__main__":
    main()
