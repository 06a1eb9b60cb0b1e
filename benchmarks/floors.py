"""What the parts of a request cost by themselves, beside what each could not do without: printed by `make bench-http`."""

import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask, request

from benchmarks import tables
from benchmarks.system import bodies, redis_server
from creditrisk.application.validation import validate
from creditrisk.decision import Answer, Decision
from creditrisk.intake import Intake, Receipt
from creditrisk.queue.jobs import job_hash, read_job
from creditrisk.redis_client import connect
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from models.synthetic import synthetic_applicants
from web import create_app

TURNS = int(os.environ.get("BENCH_TURNS", "5"))
EACH = 300
BATCH = 64


class _Decided(Intake):
    """An intake that accepts and answers at once: what is left is the form's own work."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def submit(self, *_: Any, **__: Any) -> Receipt:
        return Receipt(self.answer.id, repeated=False)

    def wait(self, *_: Any, **__: Any) -> Answer:
        return self.answer


def _microseconds(work: Callable[[], object], count: int = EACH) -> tuple[float, float]:
    """Processor and clock for one of many, the least of several turns: what disturbs only adds."""
    found = []
    for _ in range(TURNS):
        processor, clock = time.process_time(), time.perf_counter()
        for _ in range(count):
            work()
        found.append((time.process_time() - processor, time.perf_counter() - clock))
    return min(each[0] for each in found) / count * 1e6, min(each[1] for each in found) / count * 1e6


def _posted(app: Any, body: bytes) -> Callable[[], bytes]:
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/predict", "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "here",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "here", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(),
    }  # fmt: skip

    def post() -> bytes:
        told: Iterable[bytes] = app({**environ, "wsgi.input": io.BytesIO(body)}, lambda *_: None)
        return b"".join(told)

    return post


def _echo() -> Flask:
    app = Flask("echo")

    @app.post("/predict")
    def echo() -> dict[str, object]:
        return dict(request.get_json())

    return app


def main() -> None:
    """Measure, print, and keep the table."""
    raw = next(iter(synthetic_applicants(1)))
    (body,) = bodies(iter([raw]))
    application = validate(raw)
    decision = Decision(0.2, 0, "approved", 0.5, "lightgbm", "bench", "2026-01-01T00:00:00.000Z")
    answer = Answer(
        "01990000-0000-7000-8000-000000000000", "decided", decision.scored_at, application, decision
    )
    job = job_hash(application, answer.received_at, 60)["data"]
    form = create_app(Settings(log_level="WARNING"), _Decided(answer))
    assert b"Probability" in _posted(form, body)()
    measured: dict[str, tuple[float, float]] = {
        "a request echoed by Flask alone": _microseconds(_posted(_echo(), body)),
        "POST /predict in the form, without queue and scorer": _microseconds(_posted(form, body)),
        "  of it: reading the JSON": _microseconds(lambda: json.loads(body)),
        "  of it: validating": _microseconds(lambda: validate(raw)),
        "making the job": _microseconds(lambda: job_hash(application, answer.received_at, 60)),
        "reading it in the scorer": _microseconds(lambda: read_job(job)),
    }
    with tempfile.TemporaryDirectory() as place:
        with redis_server(Path(place) / "redis") as server:
            redis = connect(server.url)
            measured["a round trip to Redis"] = _microseconds(redis.ping)
            measured["a round trip that is on the disk when it returns"] = _microseconds(
                lambda: redis.set("a", "b"), EACH // 3
            )
            redis.close()
        with (Path(place) / "file").open("ab", buffering=0) as file:

            def synced() -> None:
                file.write(b"a line of the history\n")
                os.fsync(file.fileno())

            measured["a line written and synced (fsync)"] = _microseconds(synced, EACH // 3)
    model = Assembly(Settings(history_url="", redis_url="redis://127.0.0.1")).model
    many = [application] * BATCH
    for title, explained in (("scored", False), ("scored with its reasons", True)):
        alone = _microseconds(lambda explained=explained: model.score([application], explained), 100)  # type: ignore[misc,call-arg]
        both = _microseconds(lambda explained=explained: model.score(many, explained), 20)  # type: ignore[misc,call-arg]
        measured[f"one application {title}, alone"] = alone
        measured[f"one application {title}, of {BATCH} together"] = (both[0] / BATCH, both[1] / BATCH)
    rows = [(what, f"{processor:,.0f}", f"{clock:,.0f}") for what, (processor, clock) in measured.items()]
    tables.write(
        "floors",
        "What the parts of a request cost by themselves",
        ("what", "processor of the caller, µs", "clock, µs"),
        rows,
        {what: {"processor": each[0], "clock": each[1]} for what, each in measured.items()},
    )


if __name__ == "__main__":
    main()
