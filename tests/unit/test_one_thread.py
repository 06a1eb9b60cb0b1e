"""A scorer's numpy works in one thread: as many scorers as there are cores are to keep each one busy."""

import os
import subprocess
import sys


def blas_threads(**environment: str) -> str:
    """What a scorer's process has told BLAS of threads, and how many it has once a matrix was multiplied."""
    code = (
        "import functions.scorer.worker, os, numpy; numpy.ones((500, 500)) @ numpy.ones((500, 500)); "
        "print(os.environ['OPENBLAS_NUM_THREADS'], len(os.listdir('/proc/self/task')))"
    )
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    told = subprocess.run(
        [sys.executable, "-c", code], env=inherited | environment, capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def test_a_scorer_computes_in_one_thread() -> None:
    assert blas_threads() == "1 1"


def test_who_says_otherwise_is_heard() -> None:
    assert blas_threads(OPENBLAS_NUM_THREADS="2").startswith("2 ")
