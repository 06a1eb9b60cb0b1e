"""`make bench-drain`: what the queue, the scorer and the history carry, each figure beside its baseline."""

import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from redis import Redis

from benchmarks import tables
from benchmarks.draining import by_turns, drained, queue_of
from benchmarks.load import Outcome, closed_loop, open_loop, wait_until
from benchmarks.simple_worker import drained_by_simple_worker
from benchmarks.system import bodies, process, usual_system, whole_system
from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision
from creditrisk.history.records import HEADER, to_line
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants

SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
QUEUED = int(os.environ.get("BENCH_QUEUED", "20000"))
HISTORY_ROWS = int(os.environ.get("BENCH_HISTORY_ROWS", "1000000"))
MEMORY_APPLICATIONS = int(os.environ.get("BENCH_MEMORY", "100000"))
CLIENTS = 32

Row = tuple[str, str, str, str]


def http(rows: list[Row], data: dict[str, Any]) -> None:
    """Requests per second and latency of POST /predict, whole system, beside the usual design's."""
    sent = bodies(iter(synthetic_applicants(2_000)))
    with usual_system() as system:
        baseline = closed_loop(system.url, sent, CLIENTS, max(SECONDS, 20))
    with whole_system() as system:
        closed_loop(system.url, sent, 8, 1)
        ours = closed_loop(system.url, sent, CLIENTS, SECONDS)
        steady = open_loop(system.url, sent, 50, SECONDS)
    factor = ours.rate / baseline.rate
    rows += [
        (
            "POST /predict, 32 clients, requests/s",
            f"{ours.rate:,.0f}",
            f"{baseline.rate:.1f} (usual design)",
            f"{factor:.0f} ×",
        ),
        ("  p50 / p99, ms", _latency(ours), _latency(baseline), ""),
        ("p50 / p99 at 50 requests/s, ms", _latency(steady), "", ""),
    ]
    data["http"] = {"rate": ours.rate, "baseline": baseline.rate, "factor": factor, "statuses": ours.statuses}
    data["latency_50"] = {
        "p50": steady.percentile(0.5),
        "p99": steady.percentile(0.99),
        "statuses": steady.statuses,
    }


def _latency(outcome: Outcome) -> str:
    return f"{outcome.percentile(0.5):,.1f} / {outcome.percentile(0.99):,.1f}"


def draining(rows: list[Row], data: dict[str, Any]) -> None:
    """Draining a full queue: reasons on, history on; beside RQ's SimpleWorker running the same scoring."""
    with tempfile.TemporaryDirectory() as place:
        baseline = drained_by_simple_worker(Path(place), max(500, QUEUED // 20))
    several = {}
    for scorers in (1, 2, 4):
        with tempfile.TemporaryDirectory() as place, queue_of(QUEUED, Path(place)) as full:
            several[scorers] = drained(full, scorers).rate
    ours = several[1]
    rows.append(
        (
            f"draining {QUEUED:,} queued, one process, per second",
            f"{ours:,.0f}",
            f"{baseline:,.0f} (RQ SimpleWorker)",
            f"{ours / baseline:.1f} ×",
        )
    )
    data["drain"] = {"rate": ours, "baseline": baseline, "factor": ours / baseline}
    rows.append(
        (
            "  by 1 / 2 / 4 scorer processes, per second",
            " / ".join(f"{rate:,.0f}" for rate in several.values()),
            "",
            "",
        )
    )
    data["scorers"] = several


def long_history(rows: list[Row], data: dict[str, Any]) -> None:
    """Answering with a long history behind it takes as long as with none: both run, and are asked by turns."""
    sent = bodies(iter(synthetic_applicants(500)))
    latencies: dict[int, list[float]] = {0: [], HISTORY_ROWS: []}
    with ExitStack() as stack:
        systems = {}
        for count in latencies:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            _write_history(place / "history", count)
            systems[count] = stack.enter_context(whole_system(place))
        os.sync()  # what was just written shall not be on its way to the disk meanwhile
        for system in systems.values():
            closed_loop(system.url, sent, 1, 1)
        for _ in range(max(1, round(SECONDS))):
            for count, system in systems.items():
                latencies[count] += closed_loop(system.url, sent, 1, 0.5).latencies
    times = {count: statistics.median(measured) * 1000 for count, measured in latencies.items()}
    ratio = times[HISTORY_ROWS] / times[0]
    rows.append(
        (
            f"one client, {HISTORY_ROWS:,} rows of history, p50 ms",
            f"{times[HISTORY_ROWS]:.2f}",
            f"{times[0]:.2f} (empty history)",
            f"{100 * (ratio - 1):+.0f} %",
        )
    )
    data["long_history"] = {"milliseconds": times[HISTORY_ROWS], "empty": times[0], "ratio": ratio}


def _write_history(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    if not count:
        return
    application = next(iter(synthetic_applicants(1)))
    decision = Decision(0.2, 0, "approved", 0.5, "lightgbm", "bench", timestamp())
    line = to_line(Answer(new_application_id(), "decided", timestamp(), application, decision))
    rest = line[36:]
    with (folder / "history.csv").open("w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(new_application_id() + rest for _ in range(count))


def memory(rows: list[Row], data: dict[str, Any]) -> None:
    """Resident memory of the scorer between the first tenth and the end of many applications."""
    with tempfile.TemporaryDirectory() as place, queue_of(MEMORY_APPLICATIONS // 10, Path(place)) as full:
        settings = full.settings
        client = Redis.from_url(settings.redis_url)
        intake = Intake.connect(settings)
        environment = {
            "REDIS_URL": settings.redis_url,
            "HISTORY_URL": settings.history_url,
            "LOG_LEVEL": "ERROR",
        }
        with process([sys.executable, "-m", "cli", "worker"], environment) as worker:
            done = MEMORY_APPLICATIONS // 10
            wait_until(lambda: client.zcard("rq:finished:applications") >= done, 300, "the first tenth")
            first = _resident_mb(worker.pid)
            for application in synthetic_applicants(MEMORY_APPLICATIONS - done, seed=2):
                intake.submit(application)
            wait_until(
                lambda: client.zcard("rq:finished:applications") >= MEMORY_APPLICATIONS, 600, "the rest"
            )
            last = _resident_mb(worker.pid)
    rows.append(
        (
            f"memory of the scorer after {MEMORY_APPLICATIONS:,}, MB",
            f"{last:.1f}",
            f"{first:.1f} (after {done:,})",
            f"{last - first:+.1f} MB",
        )
    )
    data["memory"] = {"first": first, "last": last}


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise OSError(f"process {pid} has no memory")


def recovery(rows: list[Row], data: dict[str, Any]) -> None:
    """From the kill -9 of the only scorer, with applications in its hands, to the last of them answered."""
    worst = 0.0
    for _ in range(3):
        with tempfile.TemporaryDirectory() as place, queue_of(2_000, Path(place)) as full:
            worst = max(worst, _kill_and_wait(full.settings, 2_000))
    rows.append(("kill -9 of the scorer → all answered by the next, s (worst of 3)", f"{worst:.1f}", "", ""))
    data["recovery_seconds"] = worst


def _kill_and_wait(settings: Settings, count: int) -> float:
    client = Redis.from_url(settings.redis_url)
    environment = {"REDIS_URL": settings.redis_url, "HISTORY_URL": settings.history_url, "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "cli", "worker"]
    with process(command, environment) as first:
        wait_until(lambda: client.zcard("rq:finished:applications") > 100, 60, "the first scorer")
        first.send_signal(signal.SIGKILL)
        killed = time.perf_counter()
        with process(command, environment):
            wait_until(lambda: client.zcard("rq:finished:applications") == count, 60, "the second scorer")
            return time.perf_counter() - killed


PARTS = {"http": http, "drain": draining, "history": long_history, "memory": memory, "recovery": recovery}


def main() -> None:
    """Measure the parts named on the command line, or all of them; `turns` has a table of its own."""
    rows: list[Row] = []
    data: dict[str, Any] = {}
    for name, part in PARTS.items():
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            print(f"… {name}", file=sys.stderr, flush=True)
            part(rows, data)
    if rows:
        header = ("what", "this system", "beside", "difference")
        tables.write("drain", "Queue, scorer and history", header, rows, data)
    if len(sys.argv) == 1 or "turns" in sys.argv[1:]:
        print("… turns", file=sys.stderr, flush=True)
        by_turns()


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    subprocess.run(["sync"], check=False)
    main()
