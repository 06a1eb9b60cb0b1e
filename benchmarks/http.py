"""`make bench-http`: POST /predict under more and more clients, beside peers and beside another checkout, by turns in one run.

A peer's answer is a probability; ours is a decision that was queued, recorded, and synced to the disk twice before. Client,
system and Redis share the machine's cores. Peers run where BENCH_PEERS names a Python that has requirements/peers.txt;
BENCH_BEFORE names another checkout of this project, which is measured in the same turns.
"""

import os
import pickle
import statistics
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from benchmarks import tables
from benchmarks.load import Outcome, closed_loop, open_loop
from benchmarks.processor import seconds_by_part
from benchmarks.system import bodies, peer_system, whole_system
from creditrisk.application import FIELDS, Role
from models.synthetic import synthetic_applicants

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = tuple(int(count) for count in os.environ.get("BENCH_CLIENTS", "1,16,32,64,128,256").split(","))
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
PEERS = {"litserve": "LitServe", "fastapi": "FastAPI", "bentoml": "BentoML"}
AS_LIST = b'{"applications": [%s]}'
"""How BentoML takes what it batches: a client sends a list, of one here."""
STEADY = 50
"""Requests a second that come whatever the answers do: what a quiet system's clients wait."""
LOADS: dict[str, Callable[[str, list[bytes]], Outcome]] = {
    **{str(count): partial(closed_loop, clients=count, seconds=SECONDS) for count in CLIENTS},
    f"{STEADY} a second": partial(open_loop, rate=STEADY, seconds=SECONDS),
}
"""What the first column says → how it is sent to an address."""
OURS, BEFORE = "this system", "before"


@dataclass
class Turn:
    """One system under one number of clients for one round: what its clients met, and its processor seconds by part."""

    outcome: Outcome
    processor: dict[str, float]

    def cost(self, part: str) -> float:
        """Processor milliseconds of a part for each request."""
        return 1000 * self.processor.get(part, 0.0) / max(1, self.outcome.answered)


@contextmanager
def _running(name: str, sent: list[bytes], model: Path) -> Iterator[tuple[str, list[int]]]:
    """A system, warm: where it takes what is sent, and its first processes."""
    if name in (OURS, BEFORE):
        checkout = Path(os.environ["BENCH_BEFORE"]) if name == BEFORE else ROOT
        with whole_system(checkout=checkout) as system:
            closed_loop(system.url, sent, 8, 1)
            assert system.redis.process
            yield system.url, [system.pid, system.redis.process.pid]
        return
    with peer_system(os.environ["BENCH_PEERS"], name, model, sent[0]) as (url, pid):
        closed_loop(url, sent, 8, 1)
        yield url, [pid]


def _measured(systems: list[str], model: Path) -> dict[str, dict[str, list[Turn]]]:
    made = bodies(iter(synthetic_applicants(2_000)))
    turns: dict[str, dict[str, list[Turn]]] = {name: {load: [] for load in LOADS} for name in systems}
    for _ in range(ROUNDS):
        for name in systems:
            sent = [AS_LIST % body for body in made] if name == "bentoml" else made
            with _running(name, sent, model) as (url, pids):
                for load, send in LOADS.items():
                    before = seconds_by_part(pids)
                    outcome = send(url, sent)
                    after = seconds_by_part(pids)
                    spent = {part: seconds - before.get(part, 0.0) for part, seconds in after.items()}
                    turns[name][load].append(Turn(outcome, spent))
    return turns


def _usual_model(folder: Path) -> Path:
    """What peers serve, fitted to made-up applications: scikit-learn's usual pipeline."""
    names = [name for name, field in FIELDS.items() if field.role is Role.FEATURE]
    frame = pd.DataFrame(list(synthetic_applicants(6_000)))[names]
    bad = np.random.default_rng(1).random(len(frame)) < 0.26
    text = make_column_selector(dtype_exclude=np.number)
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text), remainder="passthrough")
    pipeline: Pipeline = make_pipeline(encode, LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1))
    path = folder / "model.pickle"
    path.write_bytes(pickle.dumps(pipeline.fit(frame, bad)))
    return path


def _available() -> list[str]:
    peers = os.environ.get("BENCH_PEERS")
    found = [OURS, *([BEFORE] if os.environ.get("BENCH_BEFORE") else [])]
    for name in PEERS if peers else ():
        if subprocess.run([str(peers), "-c", f"import {name}"], capture_output=True).returncode == 0:
            found.append(name)
    return found


def _told(turns: list[Turn]) -> str:
    return (
        f"{_rate(turns):,.0f} ({_percentile(turns, 0.5):,.1f} / {_percentile(turns, 0.99):,.1f})"
        if turns[0].outcome.answered
        else "none answered"
    )


def _rate(turns: list[Turn]) -> float:
    return statistics.median(turn.outcome.rate for turn in turns)


def _percentile(turns: list[Turn], share: float) -> float:
    return statistics.median(turn.outcome.percentile(share) for turn in turns)


def _ratio(load: str, ours: list[Turn], others: list[Turn]) -> str:
    """How many times as many requests, or, where as many are sent to both, how many times sooner one is answered."""
    if load.isdigit():
        return f"{_rate(ours) / max(0.01, _rate(others)):.1f} ×"
    return f"{_percentile(others, 0.5) / _percentile(ours, 0.5):.1f} × sooner"


def _cost(turns: list[Turn], part: str) -> float:
    return statistics.median(turn.cost(part) for turn in turns)


def main() -> None:
    """Measure, print, and keep the tables."""
    systems = _available()
    with ExitStack() as stack:
        model = _usual_model(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        turns = _measured(systems, model)
    others = systems[1:]
    rows = []
    for load in LOADS:
        ours = turns[OURS][load]
        ratios = [_ratio(load, ours, turns[name][load]) for name in others]
        costs = [f"{_cost(ours, part):.2f}" for part in ("form", "scorer", "redis", "index")]
        rows.append((load, *ratios, _told(ours), *(_told(turns[name][load]) for name in others), " / ".join(costs)))  # fmt: skip
    names = [PEERS.get(name, name) for name in others]
    header = (
        "clients",
        *(f"to {name}" for name in names),
        "requests/s (p50 / p99 ms)",
        *names,
        "our processor ms: form / scorer / Redis / index",
    )
    data: dict[str, Any] = {
        name: {
            load: {
                "rate": _rate(found),
                "p50": _percentile(found, 0.5),
                "p99": _percentile(found, 0.99),
                "statuses": dict(sum((Counter(turn.outcome.statuses) for turn in found), Counter())),
                "processor_ms": {part: _cost(found, part) for part in found[0].processor},
            }
            for load, found in by_load.items()
        }
        for name, by_load in turns.items()
    }
    title = f"POST /predict, the median of {ROUNDS} rounds of {SECONDS:g} s"
    tables.write("http", title, header, rows, data)
    short = len(others) + 2  # what README quotes: how many clients, the ratios, and our own figure
    tables.write("http_ratios", title, header[:short], [row[:short] for row in rows], {})


if __name__ == "__main__":
    main()
