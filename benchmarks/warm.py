"""`make bench-warm`: what one more invoke of the packaged functions costs, once they are warm, as Lambda would run them.

Each runs in a process of its own behind Lambda's runtime API. The form wakes the scorer, and the scorer records into S3,
as on AWS; both of these are stand-ins on loopback, Redis is a real one. BENCH_BEFORE names another checkout of this
project, whose packages are built and measured in the same turns. Beside the form stands the least that any function
costs: what Lambda's own runtime client takes to fetch an event and to send an answer.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml  # type: ignore[import-untyped]

from benchmarks import tables
from benchmarks.aws import Aws, aws
from benchmarks.system import redis_server
from creditrisk.application.validation import validate
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from deploy.packages.unpacked import Unpacked, build_and_unpack, runnable_target
from lambda_runtime.environment import ExecutionEnvironment
from models.synthetic import synthetic_applicants

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
INVOKES = int(os.environ.get("BENCH_INVOKES", "100"))
WARMING = 5
"""Invokes that are not counted: with them a function connects, and loads what it needs."""
BATCH = 64
OURS, BEFORE = "this", "before"

_NOTHING = """
def handler(event, context):
    return {"statusCode": 200, "headers": {}, "body": ""}
"""
_BUILD = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from deploy.packages.unpacked import build_and_unpack

built = build_and_unpack(Path.cwd(), Path(sys.argv[1]))
print(json.dumps({name: asdict(function) for name, function in built.items()}, default=str))
"""


@dataclass(frozen=True)
class Cost:
    """Of one kind of invoke in one round: milliseconds of its processor, and on the clock of who waits for it."""

    processor: float
    clock: float


class Stage:
    """Both functions of one checkout, warm, with what they stand on."""

    def __init__(
        self, form: ExecutionEnvironment, scorer: ExecutionEnvironment, sky: Aws, redis_url: str
    ) -> None:
        self._form = form
        self._scorer = scorer
        self._sky = sky
        self._intake = Intake.connect(Settings(redis_url=redis_url))
        self._applications = synthetic_applicants(10**9)

    def costs(self) -> dict[str, Cost]:
        """Every kind of invoke, one after the other."""
        form, scorer, settle = self._form, self._scorer, self._sky.settle
        return {
            "form: GET /": _cost(form, self._page),
            "form: POST /predict, a scorer woken, to the decision": _cost(form, self._predict, after=settle),
            "form: POST /application, a scorer woken, to its page": _cost(form, self._apply, after=settle),
            "scorer: one application": _cost(scorer, partial(self._drain, 1), partial(self._put, 1)),
            f"scorer: {BATCH} applications": _cost(
                scorer, partial(self._drain, BATCH), partial(self._put, BATCH)
            ),
        }

    def _page(self) -> None:
        self._ask("GET", "/")

    def _predict(self) -> None:
        self._ask("POST", "/predict", json.dumps(next(self._applications)), "application/json")

    def _apply(self) -> None:
        typed = {**next(self._applications), "submission": "token"}
        self._ask("POST", "/application", urlencode(typed), "application/x-www-form-urlencoded")

    def _ask(self, method: str, path: str, body: str = "", kind: str = "") -> None:
        answer = self._form.invoke(url_event(method, path, body, kind))
        if answer.error or answer.answer["statusCode"] != 200:
            raise RuntimeError(f"{method} {path}: {answer.payload.decode()}\n{answer.log}")

    def _put(self, number: int) -> None:
        for _ in range(number):
            self._intake.submit(validate(next(self._applications)))

    def _drain(self, number: int) -> None:
        answer = self._scorer.invoke({"scorer": "ticket", "shard": 0})
        if answer.error or answer.answer["scored"] != number:
            raise RuntimeError(f"The scorer: {answer.payload.decode()}\n{answer.log}")


def _nothing() -> None:
    """Nothing is to be done before or after an invoke."""


def _cost(
    running: ExecutionEnvironment,
    invoke: Callable[[], None],
    before: Callable[[], None] = _nothing,
    after: Callable[[], None] = _nothing,
) -> Cost:
    """One kind of invoke. Linux counts its processor time in hundredths of a second: over all of them that is enough."""
    clock: list[float] = []
    began = 0.0
    for number in range(WARMING + INVOKES):
        if number == WARMING:
            began, clock = running.cpu_seconds, []
        before()
        started = time.perf_counter()
        invoke()
        clock.append(time.perf_counter() - started)
        after()
    return Cost(1000 * (running.cpu_seconds - began) / INVOKES, 1000 * statistics.median(clock))


def url_event(method: str, path: str, body: str = "", kind: str = "") -> dict[str, Any]:
    """A request as a function URL hands it over (payload 2.0), from a browser or a program."""
    headers = {
        "host": "form.lambda-url.us-east-1.on.aws",
        "accept": "*/*",
        "accept-encoding": "gzip",
        "accept-language": "en",
        "user-agent": "benchmark",
        "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    if body:
        headers |= {"content-type": kind, "content-length": str(len(body.encode()))}
    http = {
        "method": method,
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "benchmark",
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "domainName": headers["host"],
            "http": http,
            "requestId": "id",
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def built(checkout: Path, to: Path) -> dict[str, Unpacked]:
    """The packages of a checkout, unpacked: built by its own code, where it is another one."""
    if checkout == ROOT:
        return build_and_unpack(ROOT, to)
    command = [str(checkout / ".venv/bin/python"), "-c", _BUILD, str(to)]
    done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        name: Unpacked(name, Path(each["task"]), Path(each["opt"]), Path(each["python"]), each["version"])
        for name, each in found.items()
    }


class _Template(yaml.SafeLoader):  # type: ignore[misc]
    """Reads serverless.yml, and nothing of what CloudFormation is to fill in."""


_Template.add_multi_constructor("!", lambda *_: "${}")


def deployed_with(checkout: Path, function: str) -> dict[str, str]:
    """The environment variables that a function is deployed with, as far as serverless.yml itself says their values."""
    template = yaml.load((checkout / "serverless.yml").read_text(encoding="utf-8"), _Template)
    variables: dict[str, object] = template["functions"][function]["environment"]
    return {name: str(value) for name, value in variables.items() if "${" not in str(value)}


@contextmanager
def staged(checkout: Path, functions: dict[str, Unpacked]) -> Iterator[Stage]:
    """The functions of a checkout, started, on an empty Redis."""
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as redis, aws() as sky:
        environment = sky.environment | {
            "REDIS_URL": redis.url,
            "HISTORY_URL": "s3://bucket/history",
            "SCORER_FUNCTION": "scorer:live",
            "WAIT_SECONDS": "20",  # on AWS 3: here the first scorer may take longer to start
        }
        form_with, scorer_with = (environment | deployed_with(checkout, name) for name in ("form", "scorer"))
        with functions["form"].start(form_with) as form, functions["scorer"].start(scorer_with) as scorer:
            sky.scorer = scorer
            yield Stage(form, scorer, sky, redis.url)


def least(function: Unpacked, folder: Path) -> Cost:
    """A handler of the same Python that does nothing."""
    handler = folder / "functions" / function.name / "handler.py"
    handler.parent.mkdir(parents=True)
    handler.write_text(_NOTHING, encoding="utf-8")
    with replace(function, task=folder).start({}) as running:

        def ask() -> None:
            assert not running.invoke(url_event("GET", "/")).error

        return _cost(running, ask)


def main() -> None:
    """Measure, print the table and write it."""
    checkouts = {OURS: ROOT} | ({BEFORE: Path(before)} if (before := os.environ.get("BENCH_BEFORE")) else {})
    costs: dict[str, dict[str, list[Cost]]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        functions = {name: built(checkout, folder / name) for name, checkout in checkouts.items()}
        for turn in range(ROUNDS):
            nothing = least(functions[OURS]["form"], folder / f"nothing-{turn}")
            costs.setdefault("a function that does nothing", {}).setdefault(OURS, []).append(nothing)
            for name, checkout in checkouts.items():
                with staged(checkout, functions[name]) as stage:
                    for kind, cost in stage.costs().items():
                        costs.setdefault(kind, {}).setdefault(name, []).append(cost)
    medians = {
        kind: {
            name: Cost(
                *(statistics.median(getattr(each, of) for each in several) for of in ("processor", "clock"))
            )
            for name, several in by_name.items()
        }
        for kind, by_name in costs.items()
    }
    rows = [(kind, *(_told(by_name.get(name)) for name in checkouts)) for kind, by_name in medians.items()]
    title = f"A warm invoke, ms of its processor / on the clock, the median of {ROUNDS} rounds of {INVOKES} (Python {runnable_target().python})"
    data = {kind: {name: asdict(cost) for name, cost in by_name.items()} for kind, by_name in medians.items()}
    tables.write("warm", title, ("invoke", *checkouts), rows, data)


def _told(cost: Cost | None) -> str:
    return f"{cost.processor:.2f} / {cost.clock:.1f}" if cost else ""


if __name__ == "__main__":
    main()
