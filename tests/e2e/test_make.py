"""Every `make` target does what its line says, on a fresh copy of the checkout, with small arguments where it is long."""

import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest

from cli.embedded_redis import free_port
from tests.fresh import ROOT, fresh_copy
from tests.lenders import consumer_loans, write_table

pytestmark = [pytest.mark.needs("make", "redis-server", "wheels"), pytest.mark.timeout(1800)]


@dataclass(frozen=True)
class Walk:
    """What is given to a target, a pattern of what it then prints, and the files that it leaves (patterns)."""

    says: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    leaves: tuple[str, ...] = ()


WALKED = {
    "help": Walk("every test; what this machine lacks"),
    "setup": Walk("", leaves=(".venv/tests", ".venv/bin/creditrisk")),
    "test": Walk(r"\d+ passed", ("ARGS=-q tests/unit/test_arrivals.py",)),
    "lint": Walk("Success: no issues found"),
    "format": Walk("All checks passed!"),
    "words": Walk("es: .* 0 not translated", leaves=("web/locale/pt_BR/LC_MESSAGES/messages.mo",)),
    "screens": Walk(
        "2 passed",
        leaves=("docs/screens/es/declined-phone.webp", "docs/screens/en/monitor-night-phone.webp"),
    ),
    "bench-scoring": Walk(
        "creditrisk score --no-reasons, 10,000 rows",
        ("ARGS=file",),
        environment={"BENCH_ROWS": "10000"},
        leaves=("benchmarks/results/scoring.md",),
    ),
    "bench-drain": Walk("kill -9 of the scorer", ("ARGS=recovery",), leaves=("benchmarks/results/drain.md",)),
    "bench-http": Walk(
        r"requests/s \(p50 / p99 ms\)",
        environment={"BENCH_CLIENTS": "1,8", "BENCH_SECONDS": "0.5", "BENCH_ROUNDS": "1", "BENCH_TURNS": "1"},
        leaves=(
            "benchmarks/results/http.md",
            "benchmarks/results/http_ratios.md",
            "benchmarks/results/floors.md",
        ),
    ),
    "bench-cold-start": Walk(r"scorer +\| 0\.", environment={"BENCH_RUNS": "1"}),
    "bench-warm": Walk(
        r"scorer: 64 applications +\| \d",
        environment={"BENCH_ROUNDS": "1", "BENCH_INVOKES": "3"},
        leaves=("benchmarks/results/warm.md",),
    ),
    "bench-monitor": Walk("holds the true ROC-AUC", ("ARGS=5000",)),
    "bench-policy": Walk(r"decide\(\) row by row", ("ROWS=40000",), leaves=()),
    "bench-scale": Walk("10,000/s", leaves=("benchmarks/results/scale.md",)),
    "bench-outcomes": Walk("the whole cohort", ("ROWS=4000",)),
    "bench-growth": Walk("verify the audit log", ("ARGS=4000",)),
    "bench-index": Walk(
        "SQLite: riskiest of 90 days",
        environment={"BENCH_ROWS": "2000", "BENCH_DRAWN": "3"},
        leaves=("benchmarks/results/index.md",),
    ),
    "chaos": Walk("torn last line", ("ARGS=--short torn",)),
    "mutants": Walk(
        r"together \| 3 \| [0-3] \|",
        ("ARGS=--count 3 --only application_id --tests tests/unit/common/test_application_id.py",),
    ),
    "package": Walk("", leaves=("build/*/functions/form.zip", "build/*/layers/*.zip")),
    "compose-test": Walk(r"tests/e2e/test_compose.py: \d+", ("ARGS=--collect-only -qq",)),
}
ELSEWHERE = {
    "run": "tests/e2e/test_make.py::test_the_system_runs_until_it_is_interrupted",
    "bench-portfolios": "tests/e2e/test_make.py::test_a_lenders_file_is_measured_beside_the_usual_models",
    "localstack": "tests/e2e/test_localstack.py::test_the_form_opens",
    "localstack-down": "tests/e2e/test_localstack.py::test_taking_it_down_leaves_nothing",
    "clean": "tests/e2e/test_make.py::test_clean_leaves_the_checkout_and_the_data",
}
"""Target → the test that runs what it runs."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; the targets are walked in their order, so that `make setup` is what the others find."""
    return fresh_copy(tmp_path_factory.mktemp("make") / "project")


def make(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make`, as a stranger's shell runs it."""
    return subprocess.run(
        ["make", *arguments],
        cwd=clone,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_every_target_has_its_test() -> None:
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[0] for line in told.splitlines()} == WALKED.keys() | ELSEWHERE.keys()
    for test in ELSEWHERE.values():
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), test


@pytest.mark.parametrize("target", WALKED)
def test_a_target_does_what_its_line_says(target: str, clone: Path) -> None:
    walk = WALKED[target]
    done = make(clone, target, *walk.arguments, **walk.environment)
    assert done.returncode == 0, done.stdout[-3_000:]
    assert re.search(walk.says, done.stdout), done.stdout[-3_000:]
    assert [pattern for pattern in walk.leaves if not list(clone.glob(pattern))] == []


def test_a_lenders_file_is_measured_beside_the_usual_models(clone: Path, tmp_path: Path) -> None:
    file = write_table(tmp_path / "loans.csv", consumer_loans(600))
    done = make(clone, "bench-portfolios", f"FILES={file}:outcome:bad", BENCH_SPLITS="1")
    assert done.returncode == 0, done.stdout[-3_000:]
    assert re.search(r"\| loans +\| 600 × \d+ +\| 1 +\| 0\.\d{4}", done.stdout), done.stdout[-3_000:]


def test_format_changes_what_is_out_of_shape_alone(clone: Path) -> None:
    crooked = clone / "cli" / "crooked.py"
    crooked.write_text('"""Out of shape."""\nX  =  {  "a":1 }\n')
    try:
        assert make(clone, "lint").returncode != 0
        assert make(clone, "format").returncode == 0
        assert crooked.read_text() == '"""Out of shape."""\n\nX = {"a": 1}\n'
    finally:
        crooked.unlink()


def test_the_system_runs_until_it_is_interrupted(clone: Path) -> None:
    port = str(free_port())
    with subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=os.environ | {"PORT": port},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout
            assert any("Ready" in line for line in process.stdout)
            with urlopen(f"http://localhost:{port}/", timeout=60) as page:
                assert b"Continue" in page.read()
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)


def test_clean_leaves_the_checkout_and_the_data(clone: Path) -> None:
    (clone / "data").mkdir(exist_ok=True)
    (clone / "data" / "kept").write_text("kept")
    assert make(clone, "clean").returncode == 0
    assert not (clone / ".venv").exists() and not (clone / "build").exists()
    assert (clone / "data" / "kept").exists()
    assert {path.name for path in ROOT.glob("*.py")} == {path.name for path in clone.glob("*.py")}
    assert (clone / "Makefile").exists()
