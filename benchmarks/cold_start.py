"""`make bench-cold-start`: CPU seconds from a new process to its first answer, for both functions as packaged."""

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks import tables
from benchmarks.system import redis_server
from deploy.packages.unpacked import Unpacked, build_and_unpack, runnable_target

ROOT = Path(__file__).parents[1]
RUNS = int(os.environ.get("BENCH_RUNS", "7"))
AIM = 0.6
"""CPU seconds that either function may take."""

EVENTS = {
    "form": {
        "httpMethod": "GET",
        "path": "/",
        "headers": {"Host": "localhost"},
        "requestContext": {"stage": "prod"},
        "body": None,
        "isBase64Encoded": False,
    },
    "scorer": {},
}
"""The form's page; a drain of an empty queue, for which the model is loaded and checked."""


def cold_start(function: Unpacked, event: object, environment: dict[str, str]) -> float:
    """CPU seconds that a new process has taken when its first answer is there."""
    with function.start(environment) as running:
        answer = running.invoke(event)
        if answer.error:
            raise RuntimeError(f"{answer.answer}\n{running.log}")
        return running.cpu_seconds


def main() -> None:
    """Measure, print the table and write it."""
    with tempfile.TemporaryDirectory() as folder:
        functions = build_and_unpack(ROOT, Path(folder))
        with redis_server(Path(folder) / "redis") as redis:
            environment = {"REDIS_URL": redis.url, "HISTORY_URL": f"{folder}/history"}
            seconds = {
                name: [cold_start(functions[name], event, environment) for _ in range(RUNS)]
                for name, event in EVENTS.items()
            }
    rows = [
        (name, f"{statistics.median(runs):.2f}", f"{min(runs):.2f} - {max(runs):.2f}", f"{AIM:.1f}")
        for name, runs in seconds.items()
    ]
    title = f"Cold start, process start to first answer, CPU seconds ({RUNS} runs; Python {runnable_target().python})"
    tables.write("cold_start", title, ("function", "median", "range", "aim"), rows, {"cpu_seconds": seconds})


if __name__ == "__main__":
    main()
