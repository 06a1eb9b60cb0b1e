"""The drain on a real Redis: each application scored, recorded and answered once, whatever stands in the queue."""

from dataclasses import replace

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry, FinishedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer

from creditrisk.application_id import reference
from creditrisk.decision import Change
from creditrisk.errors import HistoryUnavailable
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import QUEUE_NAME, ApplicationQueue
from functions.scorer.assembly import Assembly
from tests.helpers import DrainAll, Make, recorded
from tests.integration.conftest import StubModel


def test_an_application_is_answered_with_what_was_recorded(
    intake: Intake, drain_all: DrainAll, history: FolderHistory, make_application: Make
) -> None:
    receipt = intake.submit(make_application(AGE=61))
    assert intake.find(receipt.id).status == "pending"

    assert drain_all() == 1

    answer = intake.wait(receipt.id, 1)
    assert answer.status == "decided"
    assert answer.decision is not None
    assert (answer.decision.probability, answer.decision.prediction, answer.decision.decision) == (
        0.61,
        1,
        "declined",
    )
    assert history.find(receipt.id) == answer


def test_a_declined_application_is_recorded_and_answered_with_what_would_have_had_it_approved(
    intake: Intake, drain_all: DrainAll, history: FolderHistory, make_application: Make
) -> None:
    declined, approved = (
        intake.submit(make_application(AGE=61)).id,
        intake.submit(make_application(AGE=30)).id,
    )
    drain_all()
    for id, changes in ((declined, [Change("AGE", 49)]), (approved, [])):
        answer, record = intake.wait(id, 1), history.find(id)
        assert answer.decision and record and record.decision
        assert answer.decision.counterfactual == record.decision.counterfactual == changes


def test_a_search_that_fails_loses_no_decision(
    intake: Intake,
    drain_all: DrainAll,
    model: StubModel,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise ArithmeticError("no search")

    monkeypatch.setattr(model, "counterfactuals", fails)
    receipt = intake.submit(make_application(AGE=61))
    assert drain_all() == 1
    decision = intake.wait(receipt.id, 1).decision
    assert decision and (decision.decision, decision.counterfactual) == ("declined", [])


def test_applications_are_scored_in_the_order_they_came_in_batches(
    intake: Intake,
    assembly: Assembly,
    drain_all: DrainAll,
    history: FolderHistory,
    model: StubModel,
    make_application: Make,
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(150)]
    assembly.settings = replace(assembly.settings, batch_size=64)

    drain_all()

    assert recorded(history) == ids
    assert model.batches == [64, 64, 22]


def test_rq_sees_a_job_before_and_after_it_is_scored(
    intake: Intake, drain_all: DrainAll, redis: Redis, make_application: Make
) -> None:
    receipt = intake.submit(make_application())
    jobs = Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer)
    assert jobs.job_ids == [receipt.id]
    assert jobs.fetch_job(receipt.id).get_status() == "queued"

    drain_all()

    job = Job.fetch(receipt.id, connection=redis, serializer=JSONSerializer)
    assert job.get_status() == "finished"
    assert job.started_at
    assert job.ended_at
    assert job.latest_result().return_value["probability"] == 0.34
    assert FinishedJobRegistry(QUEUE_NAME, connection=redis).get_job_ids() == [receipt.id]
    assert jobs.is_empty()
    assert "Souza" not in (job.description or "")


def test_rq_sees_what_is_being_scored(
    intake: Intake, queue: ApplicationQueue, redis: Redis, make_application: Make
) -> None:
    receipt = intake.submit(make_application())
    queue.claim("s1", 10)
    registry = StartedJobRegistry(QUEUE_NAME, connection=redis)
    assert registry.get_job_ids() == [receipt.id]
    assert Job.fetch(receipt.id, connection=redis, serializer=JSONSerializer).worker_name == "s1"


def test_a_poison_application_fails_alone_after_three_tries(
    intake: Intake, drain_all: DrainAll, history: FolderHistory, make_application: Make
) -> None:
    good = [intake.submit(make_application()).id for _ in range(3)]
    poison = intake.submit(make_application(FULL_NAME="Poison")).id
    good += [intake.submit(make_application()).id for _ in range(3)]

    drain_all()

    assert recorded(history) == good
    answer = intake.find(poison)
    assert answer.status == "failed"
    assert "ArithmeticError" in (answer.failure or "")
    assert intake.queue.state().failed.keys() == {poison}


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_a_job_that_is_no_application_fails_and_the_others_are_scored(
    intake: Intake,
    drain_all: DrainAll,
    redis: Redis,
    history: FolderHistory,
    make_application: Make,
    serializer: str,
) -> None:
    foreign = Queue(QUEUE_NAME, connection=redis, serializer=serializer).enqueue("os.getcwd")
    mine = intake.submit(make_application()).id

    drain_all()

    assert recorded(history) == [mine]
    failed = FailedJobRegistry(QUEUE_NAME, connection=redis)
    assert failed.get_job_ids() == [foreign.id]
    assert "no application" in intake.queue.state().failed[foreign.id]


def test_the_scorers_log_names_an_application_by_its_reference_alone(
    intake: Intake, drain_all: DrainAll, make_application: Make, caplog: pytest.LogCaptureFixture
) -> None:
    poison = intake.submit(make_application(FULL_NAME="Poison")).id
    drain_all()
    assert reference(poison) in caplog.text
    assert poison not in caplog.text
    assert "Poison" not in caplog.text


def test_an_application_that_was_made_invalid_in_the_queue_is_refused_by_name(
    intake: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    receipt = intake.submit(make_application(AGE="seven"))
    drain_all()
    answer = intake.find(receipt.id)
    assert answer.status == "failed"
    assert "AGE" in (answer.failure or "")


def test_a_history_that_cannot_be_written_loses_nothing(
    intake: Intake, assembly: Assembly, history: FolderHistory, drain_all: DrainAll, make_application: Make
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(5)]
    history.path.parent.mkdir(parents=True)
    history.path.mkdir()  # a folder where the file should be: every write fails
    with pytest.raises(HistoryUnavailable), assembly.drain("s1") as drain:
        drain.step()
    assert intake.queue.waiting() == 5
    assert all(intake.find(id).status == "pending" for id in ids)

    history.path.rmdir()
    drain_all()
    assert recorded(history) == ids


def test_a_failed_application_can_be_retried_or_discarded(
    intake: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    first, second = (intake.submit(make_application(FULL_NAME="Poison")).id for _ in range(2))
    drain_all()
    assert intake.queue.retry(first)
    assert not intake.queue.retry("unknown")
    assert intake.queue.waiting() == 1
    assert intake.find(first).status == "pending"
    assert intake.queue.discard(second)
    assert list(intake.queue.state().failed) == []
