"""What the scorer does and says when its model, its lease or its history fails it."""

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.load import wait_until
from creditrisk.application_id import reference
from creditrisk.errors import QueueUnavailable, ScorerInTrouble
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from functions.scorer.worker import Worker
from tests.helpers import Make, let_leases_run_out
from tests.integration.conftest import StubModel, StubScore


def in_trouble(intake: Intake) -> str:
    try:
        intake.check()
    except ScorerInTrouble as error:
        return str(error)
    return ""


def test_a_batch_that_cannot_be_scored_is_told_with_its_size_and_each_culprit_by_its_reference(
    intake: Intake, assembly: Assembly, make_application: Make, caplog: pytest.LogCaptureFixture
) -> None:
    intake.submit(make_application())
    poison = intake.submit(make_application(FULL_NAME="Poison")).id
    with assembly.drain("scorer") as drain:
        drain.step()
    told = [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert told[0] == "a batch of 2 cannot be scored (ArithmeticError): one by one"
    assert told[1].startswith(f"application {reference(poison)}: ArithmeticError while scoring")
    assert len(told) == 2


def test_a_model_that_loses_a_score_decides_nobody(
    settings: Settings, intake: Intake, history: FolderHistory, make_application: Make
) -> None:
    """Else the second applicant would get no answer, or the third one's."""

    class Forgetful(StubModel):
        def score(self, applications: Sequence[Mapping[str, Any]]) -> list[StubScore]:
            return super().score(applications)[1:]

    ids = [intake.submit(make_application()).id for _ in range(3)]
    assembly = Assembly(settings, Forgetful())
    with assembly.drain("scorer") as drain:
        drain.step()
    assert {intake.find(one).status for one in ids} == {"pending"}
    assert [history.find(one) for one in ids] == [None] * 3
    assert assembly.queue.state().waiting == 3, "each is tried again, alone"
    assembly.queue.redis.close()


def test_a_scorer_whose_work_was_taken_over_says_so_and_changes_nothing(
    settings: Settings,
    queue: ApplicationQueue,
    intake: Intake,
    history: FolderHistory,
    make_application: Make,
) -> None:
    quick = Assembly(settings, StubModel())

    class Stalled(StubModel):
        def score(self, applications: Sequence[Mapping[str, Any]]) -> list[StubScore]:
            let_leases_run_out(queue)
            with quick.drain("quick") as drain:
                while drain.step():
                    pass
            return [StubScore(0.99) for _ in applications]

    ids = [intake.submit(make_application()).id for _ in range(2)]
    slow = Assembly(settings, Stalled())
    with slow.drain("slow") as drain:
        assert drain.step() == 2
    decided = [intake.find(one).decision for one in ids]
    assert [decision and decision.probability for decision in decided] == [0.34, 0.34]
    assert [id for id in ids if history.find(id) is None] == []
    for assembly in (slow, quick):
        assembly.queue.redis.close()


def test_a_scorer_that_cannot_say_that_it_leaves_says_when_what_it_held_comes_back(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(name: str) -> None:
        raise QueueUnavailable("The queue (Redis) does not answer at REDIS_URL: TimeoutError.")

    monkeypatch.setattr(assembly.queue.shards[0], "leave", away)
    with assembly.drain("scorer"):
        pass
    assert "does not answer at REDIS_URL: TimeoutError." in caplog.text
    assert "comes back when the lease runs out" in caplog.text


def test_a_history_that_is_mended_while_nothing_comes_in_is_no_trouble_any_more(
    assembly: Assembly, intake: Intake, history: FolderHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.path.mkdir(parents=True)  # a folder where the file should be
    told: list[str] = []

    def mend() -> None:
        wait_until(lambda: bool(in_trouble(intake)), 60, "the trouble is told")
        told.append(in_trouble(intake))
        history.path.rmdir()
        try:
            wait_until(lambda: not in_trouble(intake), 30, "the end of the trouble")
            told.append("over")
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    mending = threading.Thread(target=mend)
    mending.start()
    try:
        Worker(assembly).run()
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    mending.join()
    assert "history" in told[0]
    assert told[1:] == ["over"]


def test_a_challenger_that_is_out_is_known_and_without_one_none_is(
    assembly: Assembly, settings: Settings
) -> None:
    class Challenger:
        trouble = ""

    assert assembly.challenger_out is False
    model = StubModel()
    model.challenger = Challenger()  # type: ignore[attr-defined]
    with_one = Assembly(replace(settings, challenger="deeplearning"), model)
    assert with_one.challenger_out is False
    Challenger.trouble = "It cannot score."
    assert with_one.challenger_out is True
    with_one.queue.redis.close()
