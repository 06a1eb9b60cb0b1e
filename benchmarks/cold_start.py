"""`make bench-cold-start`: CPU seconds from a new process to its first answer, for both functions as packaged.

Beside each stands the least that its libraries allow, taken turn about: a handler that imports them, answers, and does
nothing else; and beside the form, the form of a made-up portfolio of 300 fields and 2,000 levels. `import` is what reading
a definition costs by itself, in a process that does nothing but import the fields.
"""

import os
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import tables, wide_portfolio
from benchmarks.system import redis_server
from deploy.packages.unpacked import Unpacked, build_and_unpack, runnable_target

ROOT = Path(__file__).parents[1]
RUNS = int(os.environ.get("BENCH_RUNS", "7"))
WIDE_FORM = "form, 300 fields"
AIM = {"form": 0.15, "scorer": 0.6, WIDE_FORM: 0.3, "import, 300 fields": 0.3}
"""CPU seconds that a function may take on a machine of its own."""

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


BARE = {
    "form": """
import flask, redis, rq, serverless_wsgi

app = flask.Flask("bare")
app.add_url_rule("/", view_func=lambda: "a page")


def handler(event, context):
    return serverless_wsgi.handle_request(app, event, context)
""",
    "scorer": """
import numpy, redis, rq


def handler(event, context):
    return {"scored": 0}
""",
}
"""A function's libraries and no more."""


def bare(function: Unpacked, name: str, folder: Path) -> Unpacked:
    """A function of the same layers that holds nothing of ours."""
    handler = folder / "functions" / name / "handler.py"
    handler.parent.mkdir(parents=True)
    handler.write_text(BARE[name], encoding="utf-8")
    return replace(function, task=folder)


def cold_start(function: Unpacked, event: object, environment: dict[str, str]) -> float:
    """CPU seconds that a new process has taken when its first answer is there."""
    with function.start(environment) as running:
        answer = running.invoke(event)
        if answer.error:
            raise RuntimeError(f"{answer.answer}\n{running.log}")
        return running.cpu_seconds


def import_seconds(opt: Path, python: Path, portfolio: Path) -> float:
    """CPU seconds of a process that imports a portfolio's fields from unpacked layers, and ends."""
    process = os.posix_spawn(
        python,
        [str(python), "-c", "import creditrisk.application"],
        {"PYTHONPATH": f"{opt}/python", "PORTFOLIO_DIR": str(portfolio), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"The fields of {portfolio} could not be imported.")
    return usage.ru_utime + usage.ru_stime


def imports(form: Unpacked, wide: Path) -> dict[str, list[float]]:
    """The same for what ships and for the wide portfolio, turn about."""
    pair = {"import": form.opt / "portfolio", "import, 300 fields": wide}
    seconds: dict[str, list[float]] = {name: [] for name in pair}
    for _ in range(RUNS):
        for name, portfolio in pair.items():
            seconds[name].append(import_seconds(form.opt, form.python, portfolio))
    return seconds


def main() -> None:
    """Measure, print the table and write it."""
    with tempfile.TemporaryDirectory() as folder:
        functions = build_and_unpack(ROOT, Path(folder))
        with redis_server(Path(folder) / "redis") as redis:
            environment = {"REDIS_URL": redis.url, "HISTORY_URL": f"{folder}/history"}
            wide = wide_portfolio.write(Path(folder) / "wide")
            seconds = imports(functions["form"], wide)
            for name, event in EVENTS.items():
                several = {
                    name: (functions[name], environment),
                    f"{name}, libraries alone": (
                        bare(functions[name], name, Path(folder) / f"bare-{name}"),
                        environment,
                    ),
                }
                if name == "form":
                    several[WIDE_FORM] = (functions[name], environment | {"PORTFOLIO_DIR": str(wide)})
                for _ in range(RUNS):
                    for key, (function, variables) in several.items():
                        seconds.setdefault(key, []).append(cold_start(function, event, variables))
    rows = [
        (
            name,
            f"{statistics.median(runs):.2f}",
            f"{min(runs):.2f} - {max(runs):.2f}",
            f"{AIM[name]:.2f}" if name in AIM else "",
        )
        for name, runs in seconds.items()
    ]
    title = f"Cold start, process start to first answer, CPU seconds ({RUNS} runs; Python {runnable_target().python})"
    tables.write("cold_start", title, ("function", "median", "range", "aim"), rows, {"cpu_seconds": seconds})


if __name__ == "__main__":
    main()
