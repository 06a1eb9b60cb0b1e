"""The baseline of the drain: RQ's own worker, which scores and records one job at a time."""

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

import scoring
from benchmarks.system import redis_server
from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, decide
from creditrisk.history.records import to_line
from creditrisk.policy.definition import simplest
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants


@cache
def _model() -> Any:
    return scoring.load(Settings().model_folder)


def score_one(application: dict[str, Any], received_at: str, history: str) -> dict[str, Any]:
    """What an RQ job does: score one application, append it to the history durably, return the answer."""
    model = _model()
    decision = decide(
        model.score([application])[0], application, simplest(0.5), model.name, model.version, timestamp()
    )
    with Path(history).open("a", encoding="utf-8") as file:
        file.write(to_line(Answer(new_application_id(), "decided", received_at, application, decision)))
        file.flush()
        os.fsync(file.fileno())
    return decision.to_dict()


def drained_by_simple_worker(folder: Path, count: int) -> float:
    """Applications per second that `SimpleWorker` drains."""
    with redis_server(folder / "redis") as server:
        connection = Redis.from_url(server.url)
        queue = Queue("baseline", connection=connection, serializer=JSONSerializer)
        for application in synthetic_applicants(count):
            queue.enqueue(score_one, application, timestamp(), str(folder / "history.csv"))
        score_one(next(iter(synthetic_applicants(1))), timestamp(), str(folder / "warm.csv"))
        worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
        start = time.perf_counter()
        worker.work(burst=True, logging_level="ERROR")
        return count / (time.perf_counter() - start)
