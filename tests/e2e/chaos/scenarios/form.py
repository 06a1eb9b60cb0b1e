"""The form dies, and all the rest: the whole system over HTTP."""

import http.client
import itertools
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from creditrisk.errors import QueueUnavailable
from creditrisk.history.records import HEADER
from creditrisk.intake import Intake
from functions.scorer.assembly import load_model
from tests.e2e.chaos.applicants import applicant
from tests.e2e.chaos.house import House, runs
from tests.e2e.chaos.ledger import Figures, Ledger, audit
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import kill, wait_until


def killed_before_its_answer(folder: Path, scale: Scale) -> Figures:
    """The form dies while ten requests wait for their answers; whoever sends again gets the first one's id."""
    ledger = Ledger()
    with House(folder) as house, closing(house.intake().queue.redis) as redis:
        intake = house.intake()
        for _ in range(scale.rounds):
            requests = {str(uuid4()): applicant(number) for number in range(10)}
            for pid in house.pids("scorer"):
                os.kill(pid, signal.SIGSTOP)
            with ThreadPoolExecutor(10) as clients:
                for key, application in requests.items():
                    clients.submit(house.post, "/predict", application, Idempotency_Key=key)
                wait_until(lambda: redis.llen("rq:queue:applications") == 10, 10, "all ten are accepted")
                queued = {id.decode() for id in redis.lrange("rq:queue:applications", 0, -1)}
                house.kill("form")
            for pid in house.pids("scorer"):
                os.kill(pid, signal.SIGCONT)
            for key, application in requests.items():
                status, body = house.post_until_answered("/predict", application, Idempotency_Key=key)
                assert status in (200, 202), (status, body)
                ledger.accept(body["id"], application)
            assert queued <= ledger.accepted.keys(), "the answers are those of the first requests"
        _settle(intake)
        return _audit(house, ledger, intake, "ten requests waiting each time; all answered when sent again")


def everything_killed_under_load(folder: Path, scale: Scale) -> Figures:
    """Scorer, form and Redis of a running system are killed in turn while applications come in over HTTP."""
    ledger, chance, over = Ledger(), random.Random(6), threading.Event()
    kills = scale.rounds * 6
    with House(folder) as house:
        intake = house.intake()
        clients = [
            threading.Thread(target=_press, args=(house, ledger, over, first), daemon=True)
            for first in (0, 1000, 2000)
        ]
        for client in clients:
            client.start()
        try:
            for _, name in zip(
                range(kills), itertools.cycle(("scorer", "redis", "scorer", "form")), strict=False
            ):
                _wait_for_one_more(ledger)  # whoever is killed was at work
                time.sleep(chance.uniform(0.3, 1.0))
                house.kill(name)
            _wait_for_one_more(ledger)
        finally:
            over.set()
            for client in clients:
                client.join()
        assert house.alive, f"the system gave up\n{house.log[-3000:]}"
        status, _ = house.post_until_answered("/predict", applicant(1))
        assert status in (200, 202)
        _settle(intake)
        return _audit(
            house, ledger, intake, f"{kills} kills of scorer, Redis and form; refusals: {_words(ledger)}"
        )


def all_at_once(folder: Path, scale: Scale) -> Figures:
    """The process that keeps all the others is killed, which ends them too; a second system starts on the same folder."""
    ledger = Ledger()
    for round in range(scale.rounds):
        with House(folder) as house:
            for number in range(60):
                application = applicant(round * 60 + number)
                status, body = house.post("/api/v1/applications", application)
                assert status == 202, body
                ledger.accept(body["id"], application)
            with pytest.raises(AssertionError, match="Another redis-server is at work"), House(folder):
                pass
            pids = [pid for name in ("scorer", "form", "redis") for pid in house.pids(name)]
            assert house.process
            kill(house.process)
            wait_until(lambda: not any(map(runs, pids)), 15, "what it started has ended")  # noqa: B023
    with House(folder) as house:
        intake = house.intake()
        _settle(intake)
        return _audit(
            house, ledger, intake, f"{scale.rounds} kills; no second system could start beside the first"
        )


def _press(house: House, ledger: Ledger, over: threading.Event, first: int) -> None:
    for number in itertools.count(first):
        if over.wait(0.02):
            return
        application = applicant(number)
        try:
            status, body = house.post("/api/v1/applications", application)
        except (OSError, http.client.HTTPException) as error:
            ledger.refuse(type(error).__name__)
            continue
        if status in (200, 202):
            ledger.accept(body["id"], application)
        else:
            ledger.refuse(f"status {status}")


def _wait_for_one_more(ledger: Ledger) -> None:
    before = len(ledger.accepted)
    wait_until(lambda: len(ledger.accepted) > before, 30, "one more application is accepted")


def _settle(intake: Intake) -> None:
    def settled() -> bool:
        try:
            state = intake.queue.state()
        except QueueUnavailable:
            return False
        return not state.waiting and not state.claimed

    wait_until(settled, 60, "the queue is empty")


def _audit(house: House, ledger: Ledger, intake: Intake, note: str) -> Figures:
    text = (house.folder / "data" / "history" / "history.csv").read_text(encoding="utf-8")
    lines = text.removeprefix(HEADER).splitlines(keepends=True)
    return audit(ledger, lines, intake, load_model(intake.settings), note=note)


def _words(ledger: Ledger) -> str:
    return ", ".join(f"{count} × {words}" for words, count in ledger.refusals.most_common())
