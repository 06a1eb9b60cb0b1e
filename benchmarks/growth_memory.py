"""What a step of the life after a decision needs of memory for each application: `python -m benchmarks.growth_memory STEP ROWS`
does it once, in a process of its own, and prints that one's peak.

The slope between two sizes leaves aside what any process has. It holds what the step reads, as well: arrays and lists.
"""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.growth_cohort import cohort_of
from creditrisk.settings import Settings
from lifecycle.learning import known_of
from lifecycle.performance.figures import figures
from lifecycle.promotion.comparison import Judged, compare, judge
from models.training.data import Data
from models.training.recipe import Recipe
from models.training.train import train
from scoring import load

LEARN, JUDGE, COMPARE, RETRAIN = "learn", "judge", "compare", "retrain"
SIZES: Final = {
    LEARN: (50_000, 150_000),
    JUDGE: (100_000, 200_000),
    COMPARE: (50_000, 150_000),
    RETRAIN: (4_000, 12_000),
}
"""Step → the two numbers of applications; where all are not held at once (`judge`), more than are."""


def bytes_each(step: str) -> float:
    """The bytes that one more application needs in a step."""
    few, many = SIZES[step]
    (less, _), (more, columns) = (_peak(step, rows) for rows in (few, many))
    found = (more - less) / (many - few)
    return found / columns if columns else found


def _peak(step: str, rows: int) -> tuple[int, int]:
    """The peak in bytes of a process that does the step, and into how many columns a training encoded its rows."""
    command = [sys.executable, "-m", "benchmarks.growth_memory", step, str(rows)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    peak, columns = map(int, done.stdout.split())
    return peak, columns


def _light() -> Recipe:
    """The matrix is that of a full training; few trees and epochs are grown on it, which take time and little memory."""
    usual = Recipe()
    return replace(
        usual,
        folds=2,
        repeats=1,
        lightgbm=replace(usual.lightgbm, trees={**usual.lightgbm.trees, "n_estimators": 20}),
        deeplearning=replace(usual.deeplearning, networks=1, settings={**usual.deeplearning.settings, "max_iter": 1}),
    )  # fmt: skip


def do(step: str, rows: int) -> int:
    """Do a step; returns the columns of a training's matrix, 0 for other steps."""
    data = known_of(cohort_of(rows)).data
    if step == LEARN:
        return 0
    if step == RETRAIN:
        return len(train(data, _light(), lambda: None).encoder.columns)
    settings = Settings.from_environment()
    if step == COMPARE:
        scores = np.random.default_rng(1).random(len(data))
        fake = Judged("one", scores, figures(scores, data.bad.astype(np.int8), data.weights))
        compare(fake, fake, data, 0.5)
        return 0
    judge(
        load(settings.model_folder, settings.model),
        Data(data.columns, data.bad, {}, "", weights=data.weights),
    )
    return 0


def peak_of_this_process() -> int:
    """In bytes, as Linux tells it. (getrusage's figure begins with what the parent had.)"""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    columns = do(sys.argv[1], int(sys.argv[2]))
    print(peak_of_this_process(), columns)
