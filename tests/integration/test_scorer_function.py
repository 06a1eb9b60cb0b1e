"""The scorer as Lambda invokes it: woken with a ticket, or by the schedule, and never past its time."""

import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from creditrisk.errors import CreditRiskError, HistoryUnavailable, ScorerInTrouble
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from functions.scorer import handler as scorer_function
from functions.scorer.assembly import Assembly
from tests.helpers import Make
from tests.integration.conftest import StubModel


class Context:
    """Tells the milliseconds that are left, one answer after the other; the last one again and again."""

    def __init__(self, *left: int) -> None:
        self.left = list(left)

    def get_remaining_time_in_millis(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@pytest.fixture
def function(assembly: Assembly, monkeypatch: pytest.MonkeyPatch) -> Assembly:
    """The function with this assembly, as it stands after its first invocation."""
    monkeypatch.setattr(scorer_function, "assembled", lambda: assembly)
    return assembly


def claimed(queue: ApplicationQueue) -> int:
    return queue.state().claimed


@pytest.mark.parametrize("event", [None, {}, {"scorer": "ticket"}, {"source": "aws.events"}])
def test_an_invocation_drains_all_that_waits_and_says_how_much(
    event: dict[str, Any] | None, function: Assembly, intake: Intake, make_application: Make
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(3)]
    answer = scorer_function.handler(event, Context(60_000))
    assert answer["scored"] == 3
    assert answer["scorer"].startswith((event or {}).get("scorer", "scheduled"))
    assert {intake.find(one).status for one in ids} == {"decided"}


def test_a_ticket_that_is_delivered_twice_makes_two_scorers(function: Assembly) -> None:
    names = {scorer_function.handler({"scorer": "ticket"}, Context(60_000))["scorer"] for _ in range(2)}
    assert len(names) == 2


def test_it_takes_up_what_a_dead_scorer_held(
    function: Assembly, intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    receipt = intake.submit(make_application())
    short = ApplicationQueue(queue.redis, lease_seconds=0.001, result_ttl=60)
    assert len(short.claim("dead", 1)) == 1
    assert scorer_function.handler({}, Context(60_000))["scored"] == 1
    assert intake.find(receipt.id).status == "decided"


def test_it_claims_nothing_more_when_its_time_is_nearly_up_and_holds_nothing_then(
    function: Assembly, model: StubModel, intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    """Five seconds are kept in hand: more than a batch takes. The next batch is claimed ahead where twice as many are left."""
    function.settings = replace(function.settings, batch_size=1)
    for _ in range(3):
        intake.submit(make_application())
    assert scorer_function.handler({}, Context(60_000, 10_001, 5_001, 10_000, 5_000))["scored"] == 2
    assert (queue.waiting(), claimed(queue)) == (1, 0)
    assert model.batches == [1, 1]
    assert not queue.claim("next", 1)[0].redelivered, "it was not claimed, and given back"


def test_the_schedule_publishes_how_old_the_queue_is_and_a_ticket_does_not(
    function: Assembly, intake: Intake, make_application: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    intake.submit(make_application())
    scorer_function.handler({"scorer": "ticket"}, Context(0))
    assert "QueueAge" not in capsys.readouterr().out
    scorer_function.handler({}, Context(60_000))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "QueueAge" in line]
    assert json.loads(line)["Waiting"] == 1, "as it was before the drain"


def test_a_history_that_cannot_be_written_fails_the_invocation_and_is_told_to_the_form(
    function: Assembly,
    intake: Intake,
    queue: ApplicationQueue,
    history: FolderHistory,
    make_application: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receipt = intake.submit(make_application())
    history.path.mkdir(parents=True)  # a folder where the file should be
    with pytest.raises(HistoryUnavailable):
        scorer_function.handler({}, Context(60_000))
    assert "history" in caplog.text
    with pytest.raises(ScorerInTrouble, match="Applications are accepted, and wait"):
        intake.check()
    assert (queue.waiting(), claimed(queue)) == (1, 0), "it goes back at once"
    history.path.rmdir()
    assert scorer_function.handler({}, Context(60_000))["scored"] == 1
    assert intake.find(receipt.id).status == "decided"


def test_the_first_invocation_makes_what_the_others_use(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("HISTORY_URL", str(tmp_path / "history"))
    scorer_function.assembled.cache_clear()
    try:
        assert scorer_function.handler({}, Context(60_000))["scored"] == 0
        assert scorer_function.assembled() is scorer_function.assembled()
    finally:
        scorer_function.assembled.cache_clear()


def test_on_lambda_the_model_is_loaded_before_the_first_invocation(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("HISTORY_URL", str(tmp_path / "history"))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "scorer")
    importlib.reload(scorer_function)
    try:
        assert scorer_function.assembled.cache_info().currsize == 1
    finally:
        scorer_function.assembled.cache_clear()


def test_what_cannot_be_loaded_is_told_by_the_invocation_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MODEL", "nothing")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "scorer")
    importlib.reload(scorer_function)
    assert not caplog.messages
    with pytest.raises(CreditRiskError) as told:
        scorer_function.handler({}, Context(60_000))
    assert caplog.messages == [str(told.value)]
