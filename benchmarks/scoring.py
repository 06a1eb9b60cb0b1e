"""`make bench-scoring`: how fast and how small the scoring is, each figure beside what it replaces, in one run."""

import csv
import io
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier

import scoring
from benchmarks import tables
from benchmarks.usual import UsualModel
from creditrisk.application import FIELDS
from creditrisk.files.rows import RowScorer
from creditrisk.policy.definition import simplest
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants
from models.training.recipe import Recipe

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROOT = Path(__file__).parents[1]

Row = tuple[str, str, str, str]


def seconds(call: Callable[[int], object], times: int) -> float:
    """The median time of a call, which gets its number."""
    taken = []
    for number in range(times):
        start = time.perf_counter()
        call(number)
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def one(scorer: Any, rows: list[Row], data: dict[str, Any]) -> None:
    """One application, from its dict to the probability, and to the reasons."""
    applications = list(synthetic_applicants(400, seed=5))
    one_row = UsualModel()
    scorer.score(applications[:1])
    ours = seconds(lambda n: scorer.score(applications[n : n + 1], explained=False), 400) * 1e6
    usual = seconds(lambda n: one_row.probability(applications[n]), 40) * 1e6
    told = seconds(lambda n: scorer.score(applications[n : n + 1]), 400) * 1e6
    booster, matrix = comparable(scorer)
    shap = seconds(lambda n: booster.predict(matrix[n : n + 1], pred_contrib=True), 100) * 1e6
    batch = seconds(lambda n: scorer.score(applications[:64]), 30) / 64 * 1e6
    batch_shap = (
        seconds(lambda n: booster.predict(matrix[:64], pred_contrib=True, num_threads=1), 20) / 64 * 1e6
    )
    rows += [
        ("one application without reasons, p50 µs", f"{ours:,.0f}", f"{usual:,.0f} (usual way, {one_row.columns:,} columns)", f"{usual / ours:,.0f} ×"),
        ("one application with reasons, p50 µs", f"{told:,.0f}", f"{shap:,.0f} (pred_contrib alone)", f"{shap / told:.1f} ×"),
        ("64 applications with reasons, µs each", f"{batch:,.0f}", f"{batch_shap:,.0f} (pred_contrib alone)", f"{batch_shap / batch:.1f} ×"),
    ]  # fmt: skip
    data |= {
        "one_us": ours,
        "usual_us": usual,
        "reasons_us": told,
        "pred_contrib_us": shap,
        "batch_us": batch,
    }


def comparable(scorer: Any) -> tuple[Any, Any]:
    """A LightGBM booster of as many trees on as many columns, and a matrix ready to be predicted."""
    applications = list(synthetic_applicants(10_000, seed=6))
    matrix = scorer.matrix({name: [row[name] for row in applications] for name in scorer.fields})
    bad = np.random.default_rng(1).random(len(matrix)) < scorer.probabilities(
        {n: [a[n] for a in applications] for n in scorer.fields}
    )
    return LGBMClassifier(**Recipe().lightgbm.trees).fit(matrix, bad).booster_, matrix


def many(scorer: Any, rows: list[Row], data: dict[str, Any]) -> None:
    """10,000 applications from the text of a CSV file to probabilities, in one process."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    writer.writerows(
        ["" if value is None else value for value in row.values()]
        for row in synthetic_applicants(10_000, seed=7)
    )
    raw = text.getvalue()

    def score(_: int) -> None:
        header, rest = raw.split("\r\n", 1)
        RowScorer(scorer, simplest(0.5), header.split(","), reasons=0).score_text(rest)

    ours = seconds(score, 5)
    booster, matrix = comparable(scorer)
    bare = seconds(lambda n: booster.predict(matrix, num_threads=1), 5)
    rows.append(
        (
            "10,000 from CSV text without reasons, one process, rows/s",
            f"{10_000 / ours:,.0f}",
            f"{10_000 / bare:,.0f} (bare Booster.predict)",
            f"{ours / bare:.2f} × its time",
        )
    )
    data |= {"csv_rows_per_s": 10_000 / ours, "booster_rows_per_s": 10_000 / bare}


def file(rows: list[Row], data: dict[str, Any]) -> None:
    """`creditrisk score` on a large file, without reasons and with them."""
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "in.csv"
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerows(
            ["" if value is None else value for value in row.values()]
            for row in synthetic_applicants(10_000, seed=8)
        )
        with source.open("w", encoding="utf-8") as out:
            out.write(",".join(FIELDS) + "\n")
            for _ in range(ROWS // 10_000):
                out.write(lines.getvalue())
        for asked, key in (("--no-reasons", "file"), ("--reasons", "file_reasons")):
            rows_per_s, most = scored(source, Path(place) / "out.csv", asked)
            rows.append(
                (
                    f"creditrisk score {asked}, {ROWS:,} rows, rows/s",
                    f"{rows_per_s:,.0f}",
                    f"{most:,.0f} MB at most, all processes",
                    "",
                )
            )
            data |= {f"{key}_rows_per_s": rows_per_s, f"{key}_mb": most}


def scored(source: Path, target: Path, asked: str) -> tuple[float, float]:
    """Rows per second of `creditrisk score`, and the most memory in MB of all its processes."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "cli", "score", source, target, asked],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    most = 0.0
    while child.poll() is None:
        most = max(most, memory_of_tree(child.pid))
        time.sleep(0.1)
    taken = time.perf_counter() - start
    if child.returncode:
        raise RuntimeError("creditrisk score failed")
    return ROWS / taken, most


def memory_of_tree(pid: int) -> float:
    """Proportional memory in MB of a process and its children."""
    total = 0
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    for process in [str(pid), *children]:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return total / 1024


_FRESH = """
import time
import functions.scorer.handler
import scoring
from creditrisk.settings import Settings
scorer = scoring.load(Settings().model_folder)
scorer.score([{row!r}])
print(time.process_time())
"""
_USUAL = """
import time
import pickle, sys
from benchmarks.usual import UsualModel
with open(sys.argv[1], "rb") as file:
    model = pickle.load(file)
model.probability({row!r})
print(time.process_time())
"""


def fresh(rows: list[Row], data: dict[str, Any]) -> None:
    """CPU seconds from a new process to the first score."""

    def run(code: str, *arguments: str) -> float:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-c", code.replace("{row!r}", repr(row)), *arguments]
        times = [
            float(
                subprocess.run(
                    command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
                ).stdout
            )
            for _ in range(5)
        ]
        return float(np.median(times))

    row = next(synthetic_applicants(1))
    ours = run(_FRESH)
    with tempfile.NamedTemporaryFile(suffix=".pkl") as file:
        pickle.dump(UsualModel(), file)
        file.flush()
        usual = run(_USUAL, file.name)
    rows.append(
        (
            "new process → first score with reasons, CPU s",
            f"{ours:.2f}",
            f"{usual:.2f} (unpickled through scikit-learn, without reasons)",
            f"{usual / ours:.1f} ×",
        )
    )
    data |= {"fresh_cpu_s": ours, "unpickled_cpu_s": usual}


def size(rows: list[Row], data: dict[str, Any]) -> None:
    """The scorer's layers as `make package` builds them."""
    builds = sorted(ROOT.glob("build/*/layers"))
    if not builds:
        print("the size of the layers needs `make package` first", file=sys.stderr)
        return
    folders = [builds[-1] / name for name in ("common", "model", "scorer-deps")]
    total = (
        sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file()) / 1e6
    )
    rows.append(
        (
            f"scorer's layers, unzipped, MB ({builds[-1].parent.name})",
            f"{total:.0f}",
            "250 (Lambda's limit)",
            "",
        )
    )
    data["layers_mb"] = total


def _measured(part: Callable[..., None]) -> tuple[list[Row], dict[str, Any]]:
    rows: list[Row] = []
    data: dict[str, Any] = {}
    part(scoring.load(Settings().model_folder), rows, data)
    return rows, data


def main() -> None:
    """Measure the parts named on the command line, or all; what is measured in a process has it for itself."""
    rows: list[Row] = []
    data: dict[str, Any] = {}
    named = sys.argv[1:] or ["one", "many", "file", "fresh", "size"]
    for part in (part for part in (one, many) if part.__name__ in named):
        print(f"… {part.__name__}", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            more, figures = pool.submit(_measured, part).result()
        rows += more
        data |= figures
    for alone in (alone for alone in (file, fresh, size) if alone.__name__ in named):
        print(f"… {alone.__name__}", file=sys.stderr, flush=True)
        alone(rows, data)
    tables.write("scoring", "Scoring", ("what", "this system", "beside", "difference"), rows, data)


if __name__ == "__main__":
    main()
