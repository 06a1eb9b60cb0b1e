"""`make bench-policy`: a policy tried on a million decided applications, beside decide() row by row; and what a decision costs.

Processor seconds, after reading: the applications are drawn here, with columns as a history has them.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from benchmarks import tables
from creditrisk.application import FIELDS
from creditrisk.decision import decide
from creditrisk.policy.definition import Policy, simplest
from creditrisk.policy.reading import read_policy
from lifecycle.simulation import Applicants, Coded, simulate
from models.fairness.grouping import sensitive

ROWS = 1_000_000
SAMPLE = 20_000
"""Rows that are decided one by one: the baseline is linear."""
POLICY = """
name = "bench"
declineFrom = 0.4
referFrom = 0.3
rule = [
    { name = "low", decision = "declined", reason = "Low income.", when = [{ field = "PERSONAL_MONTHLY_INCOME", below = 400 }] },
    { name = "post", decision = "referred", reason = "By post.", when = [{ field = "APPLICATION_SUBMISSION_TYPE", is = ["Carga"] }] },
]
exploration = { share = 0.03, budget = 50 }
worth = { good = 120, bad = -800, referral = -15 }
"""


class Scored(NamedTuple):
    """A score that explains nothing."""

    probability: float
    contributions: dict[str, float]
    unknown: tuple[str, ...] = ()
    challenger: float | None = None


def drawn(rows: int) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Probabilities, outcomes, and the columns as they are recorded."""
    rng = np.random.default_rng(1)
    columns = {
        "PERSONAL_MONTHLY_INCOME": np.char.mod("%.2f", np.exp(rng.normal(6.5, 0.7, rows)).round(0)).tolist(),
        "APPLICATION_SUBMISSION_TYPE": rng.choice(["Web", "Carga"], rows).tolist(),
    }
    for field in sensitive(FIELDS):
        levels = list(field.choices) or [str(level) for level in range(18, 80)]
        columns[field.name] = rng.choice(levels, rows).tolist()
    probability = rng.beta(2, 5, rows)
    arrays = {
        "probability": probability,
        "bad": np.where(rng.random(rows) < 0.5, rng.random(rows) < probability, -1).astype(np.int8),
        "propensity": np.ones(rows),
        "day": (np.datetime64("2026-01-01") + rng.integers(0, 365, rows)).astype("datetime64[D]"),
    }
    return arrays, columns


def seconds(run: Callable[[], object]) -> float:
    """Processor seconds, the least of three."""
    return min(_once(run) for _ in range(3))


def _once(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main(rows: int = ROWS) -> None:
    """Measure, print and keep."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "policy.toml"
        path.write_text(POLICY, encoding="utf-8")
        policy = read_policy(path)
    arrays, columns = drawn(rows)

    def ours() -> None:
        coded = {name: Coded.of(FIELDS[name], values) for name, values in columns.items()}
        applicants = Applicants(columns=coded, **arrays)
        for tried in (simplest(0.5), policy):  # the one in force, and the other
            simulate(tried, applicants, sensitive(FIELDS), policy.worth)

    by_arrays = seconds(ours)
    one_by_one = seconds(lambda: _row_by_row(policy, arrays, columns, SAMPLE)) * rows / SAMPLE
    header = ("a policy on decided applications", "CPU seconds", "")
    table = [
        (f"creditrisk policy simulate: two policies on {rows:,} applications, after reading", f"{by_arrays:.2f}", f"{one_by_one / by_arrays:.0f} times as fast"),
        (f"decide() row by row: one policy (from {SAMPLE:,})", f"{one_by_one:.2f}", ""),
    ]  # fmt: skip
    data = {"rows": rows, "simulate": by_arrays, "row_by_row": one_by_one}
    tables.write("simulation", "A policy tried on what was decided", header, table, data, keep=rows == ROWS)


def _row_by_row(policy: Policy, arrays: dict[str, Any], columns: dict[str, list[str]], rows: int) -> None:
    names = list(columns)
    values = zip(*(columns[name][:rows] for name in names), strict=True)
    for probability, row in zip(arrays["probability"][:rows].tolist(), values, strict=True):
        application = dict(zip(names, row, strict=True))
        application["PERSONAL_MONTHLY_INCOME"] = float(application["PERSONAL_MONTHLY_INCOME"])
        decide(Scored(probability, {}), application, policy, "model", "version", "", most=0, untold=())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
