"""What the life after a decision costs for each application, and what that makes of a hundred million: `make bench-growth`.

Measured are processor seconds on ROWS (200,000) made-up applications, and memory as the slope of a process' peak between two
sizes (benchmarks/growth_memory.py); the columns of millions are these times the rows, since each step is one pass and a sort. What a training costs is told by the manifest of the layer that comes with the project.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.growth_cohort import cohort_of
from benchmarks.growth_memory import COMPARE, JUDGE, LEARN, RETRAIN, bytes_each
from benchmarks.tables import write
from creditrisk.settings import Settings
from lifecycle.audit import Head, open_audit, verify
from lifecycle.audit.chain import next_line
from lifecycle.learning import known_of
from lifecycle.promotion.comparison import compare, judge
from models.training.data import Data
from scoring import load
from scoring.manifest import read_manifest

ROWS = 200_000
MANY = 100_000_000
_RETRAINING_FITS = 6
"""Five of the cross-validation, and the one that is kept."""


class Cost(NamedTuple):
    """A step, its processor seconds for a million applications, and its memory for one, in bytes."""

    step: str
    seconds: float
    memory: float


@contextmanager
def timed(found: list[float]) -> Iterator[None]:
    """Adds the processor seconds of what happens within."""
    start = time.process_time()
    yield
    found.append(time.process_time() - start)


def seconds_of(rows: int, work: Callable[[], object]) -> float:
    """The processor seconds of some work on so many rows, for a million."""
    found: list[float] = []
    with timed(found):
        work()
    return found[0] * 1_000_000 / rows


def measured(rows: int) -> list[Cost]:
    """Each step's cost."""
    settings = Settings.from_environment()
    cohort = cohort_of(rows)
    known: list[Data] = []
    learned = seconds_of(rows, lambda: known.append(known_of(cohort).data))
    data, scorer = known[0], load(settings.model_folder, settings.model)
    few = Data(data.take(np.arange(rows // 4)), data.bad[: rows // 4], {}, "", weights=data.weights[: rows // 4] if data.weights is not None else None)  # fmt: skip
    judged = []
    scored = seconds_of(len(few), lambda: judged.append(judge(scorer, few)))
    paired = seconds_of(len(few), lambda: compare(judged[0], judged[0], few, 0.5))
    facts = read_manifest(settings.model_folder).data

    def memory(step: str) -> float:
        return bytes_each(step) if rows >= ROWS else 0  # its sizes are its own, and take a minute

    validation = facts["cross_validation"]
    fits = validation["folds"] * validation["repeats"] + 1
    training = facts["training_seconds"] / fits / facts["data"]["rows"] * _RETRAINING_FITS * 1_000_000
    return [
        Cost("learn: read the accepted with their outcomes, weigh them", learned, memory(LEARN)),
        Cost(
            "retrain: six fits of both models, seconds of two cores",
            training,
            memory(RETRAIN) * facts["columns"],
        ),
        Cost("judge a version: score and all figures", scored, memory(JUDGE)),
        Cost("compare two: paired interval", paired, memory(COMPARE)),
        Cost("verify the audit log, an entry", verifying(rows), 0),
    ]


def verifying(entries: int) -> float:
    """The processor seconds of verifying so many entries, for a million."""
    with tempfile.TemporaryDirectory() as folder:
        head, lines = Head(), []
        for number in range(entries):
            line = next_line(head, "model.activated", "ana", {"version": f"{number:012d}", "how": "promoted"})
            head = Head(number + 1, line[9:73].decode())
            lines.append(line)
        (Path(folder) / "audit.jsonl").write_bytes(b"\n".join(lines) + b"\n")
        return seconds_of(entries, lambda: verify(open_audit(folder), head))


def main(rows: int) -> None:
    """Measure, and write the table; the committed one is of ROWS."""
    costs = measured(rows)
    write(
        "growth",
        "The life after a decision: processor time and memory by the number of applications",
        ("step", "CPU s a million", "hours of 100 million", "GB of 100 million"),
        [
            (
                cost.step,
                f"{cost.seconds:,.1f}",
                f"{cost.seconds * MANY / 1e6 / 3600:,.1f}",
                f"{cost.memory * MANY / 1e9:,.0f}" if cost.memory else "–",
            )
            for cost in costs
        ],
        {"rows": rows, "costs": [cost._asdict() for cost in costs]},
        keep=rows == ROWS,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
