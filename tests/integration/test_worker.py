"""The long-running scorer leaves when it is asked to: at once while it waits, after the batch in hand otherwise."""

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from benchmarks.load import wait_until
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from functions.scorer import worker
from functions.scorer.assembly import Assembly
from functions.scorer.served import Served
from functions.scorer.worker import Worker
from tests.helpers import Make
from tests.integration.conftest import StubModel, StubScore


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The worker takes the process' signals; afterwards they are as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def blocks(redis: Redis) -> bool:
    """Whether somebody waits for work."""
    return bool(redis.info("clients")["blocked_clients"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_waits_leaves_at_once(
    number: signal.Signals, assembly: Assembly, intake: Intake, redis: Redis, make_application: Make
) -> None:
    """While nothing waits it blocks for as long as no lease can run out, which is a minute here."""
    left, woken = threading.Event(), threading.Event()

    def ask() -> None:
        wait_until(lambda: blocks(redis), 60, "the worker waits")
        os.kill(os.getpid(), number)
        if not left.wait(20):
            woken.set()
            intake.submit(make_application())

    asking = threading.Thread(target=ask)
    asking.start()
    Worker(assembly).run()
    left.set()
    asking.join()
    assert not woken.is_set(), "it left only when something came"


def test_a_worker_finishes_the_batch_in_hand_and_takes_no_other(
    settings: Settings, intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    class Interrupted(StubModel):
        def score(self, applications: Sequence[Mapping[str, Any]]) -> list[StubScore]:
            os.kill(os.getpid(), signal.SIGTERM)
            return super().score(applications)

    ids = [intake.submit(make_application()).id for _ in range(5)]
    assembly = Assembly(replace(settings, batch_size=2), Interrupted())
    Worker(assembly).run()
    assert [intake.find(one).status for one in ids] == ["decided"] * 2 + ["pending"] * 3
    state = assembly.queue.state()
    assert (state.waiting, state.claimed) == (3, 0)
    left = queue.claim("next", 3)
    assert [claim.redelivered for claim in left] == [False] * 3, "they were not claimed, and given back"
    assembly.queue.redis.close()


@pytest.mark.parametrize(("shards", "ahead"), [(1, 1), (2, 0)])
def test_a_worker_holds_nothing_of_one_shard_while_it_drains_another(
    shards: int, ahead: int, settings: Settings, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two wait in the first shard, in batches of one; what the worker holds of it is counted after its first step."""
    assembly = Assembly(replace(settings, batch_size=1, shards=shards), StubModel())
    first = assembly.queue.shards[0]
    intake = Intake(first, settings)
    for _ in range(2):
        intake.submit(make_application())
    held: list[int] = []
    step = Served.step

    def step_and_look(served: Served) -> None:
        step(served)
        if not held:
            held.append(first.state().claimed)
        if served.shard.waiting() + first.state().claimed == 0:
            working.stop()

    monkeypatch.setattr(Served, "step", step_and_look)
    working = Worker(assembly)
    working.run()
    assert held == [ahead]
    assembly.queue.redis.close()


def test_a_worker_leaves_while_redis_is_away(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = replace(settings, redis_url=f"unix://{tmp_path}/nothing.sock")

    def ask() -> None:
        wait_until(lambda: "does not answer" in caplog.text, 60, "the worker meets no Redis")
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    Worker(Assembly(nowhere, StubModel())).run()
    asking.join()


def test_a_worker_tries_the_history_less_and_less_often_and_leaves_meanwhile(
    assembly: Assembly, history: FolderHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.path.mkdir(parents=True)  # a folder where the file should be
    pauses: list[float] = []

    def asked_to_stop(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(worker.time, "sleep", asked_to_stop)
    Worker(assembly).run()
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
