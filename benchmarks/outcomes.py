"""Processor seconds to join outcomes to a history of as many applications, beside the usual way: `python -m
benchmarks.outcomes [ROWS]`, 1,000,000 when not given.

The usual way reads every record as a decision, the outcomes with the csv module, and joins them by a dict: on some of the
rows, and told for all.
"""

import csv
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.made_history import write_history
from benchmarks.tables import write
from creditrisk.history import open_history
from creditrisk.outcomes import COLUMNS, open_outcomes
from lifecycle.arrays import Places, history_blocks
from lifecycle.cohort import read_cohort
from lifecycle.outcomes import standing

_USUAL = 20_000
"""Rows that the usual way is measured on."""
_NOW = datetime(2027, 6, 1, tzinfo=UTC)


def made(folder: Path, rows: int) -> str:
    """A history, and an outcome of each application in another order."""
    write_history(folder, rows)
    url = str(folder)
    draw = random.Random(1)
    ids = [
        id for block in history_blocks(open_history(url)) for id in block.column("APPLICATION_ID").tolist()
    ]
    draw.shuffle(ids)
    with (folder / "outcomes.csv").open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for id in ids:
            outcome = "bad" if draw.random() < 0.25 else "good"
            day = f"2027-{draw.randint(1, 5):02}-{draw.randint(1, 28):02}"
            file.write(f"{id.decode()},{outcome},{day},,,2027-06-01T00:00:00.000Z,0123456789ab\n")
    return url


def joined(url: str) -> int:
    """The outcome that counts, of each application; returns how many are bad."""
    ids = [block.column("APPLICATION_ID") for block in history_blocks(open_history(url))]
    return int((standing(open_outcomes(url), Places(np.concatenate(ids)), _NOW).code == 1).sum())


def as_cohort(url: str) -> int:
    """The same with moments, probabilities, decisions, models and maturity."""
    cohort = read_cohort(open_history(url), open_outcomes(url), maturity_months=12, as_of=_NOW)
    return int((cohort.bad == 1).sum())


def usual(url: str) -> int:
    """Records, and rows of the csv module, joined by a dict."""
    with (Path(url) / "outcomes.csv").open(newline="") as file:
        outcomes: dict[str, dict[str, str]] = {}
        for row in csv.DictReader(file):
            before = outcomes.get(row["APPLICATION_ID"])
            if before is None or row["OBSERVED_AT"] >= before["OBSERVED_AT"]:
                outcomes[row["APPLICATION_ID"]] = row
    found = [outcomes.get(record.answer.id) for record in open_history(url).records()]
    return sum(1 for row in found if row and row["OUTCOME"] == "bad")


def seconds(run: Callable[[str], int], url: str) -> tuple[float, int]:
    """Processor seconds, and what it found."""
    begun = time.process_time()
    found = run(url)
    return time.process_time() - begun, found


def main() -> None:
    """Measure, and write the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as place:
        url = made(Path(place) / "all", rows)
        join, found = min(seconds(joined, url) for _ in range(3))
        cohort, same = min(seconds(as_cohort, url) for _ in range(2))
        few = min(_USUAL, rows)
        some = made(Path(place) / "few", few)
        slow, expected = seconds(usual, some)
        bad = joined(some)
    assert (found, bad) == (same, expected), "all ways find the same"
    slow *= rows / few
    write(
        "outcomes",
        f"{rows:,} outcomes joined to {rows:,} recorded applications.",
        ("what", "CPU s"),
        [
            ["the outcome that counts, of each application", f"{join:.1f}"],
            ["the whole cohort: moments, probabilities, decisions, models, maturity", f"{cohort:.1f}"],
            [
                f"the usual way: records and the csv module, joined by a dict (told from {few:,})",
                f"{slow:.0f}",
            ],
        ],
        {"rows": rows, "join": round(join, 2), "cohort": round(cohort, 2), "usual": round(slow, 1)},
        keep=rows >= 1_000_000,
    )


if __name__ == "__main__":
    main()
