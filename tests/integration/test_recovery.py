"""What happens when a scorer dies, stalls, or comes back too late."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from creditrisk.decision import Answer
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from functions.scorer.assembly import Assembly
from tests.helpers import Make, let_leases_run_out, recorded, renew_no_more


def test_what_a_dead_scorer_held_comes_back_to_the_head_in_order(
    intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(6)]
    queue.claim("dead", 4)
    queue.recover()
    assert queue.waiting() == 2  # its lease still runs

    let_leases_run_out(queue)

    assert [claim.id for claim in queue.claim("alive", 2)] == ids[:2]
    assert queue.waiting() == 4


def test_the_state_counts_what_moves_meanwhile_once(
    intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    for _ in range(8):
        intake.submit(make_application())
    over = threading.Event()

    def move() -> None:
        while not over.is_set():
            queue.claim("scorer", 8)
            queue.release("scorer")

    mover = threading.Thread(target=move)
    mover.start()
    try:
        states = [queue.state() for _ in range(500)]
    finally:
        over.set()
        mover.join()
    assert {state.waiting + state.claimed for state in states} == {8}
    assert len({state.waiting for state in states}) > 1, "nothing moved"


def test_a_batch_that_kills_is_tried_in_halves_until_the_culprit_fails_alone(
    intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(4)]
    culprit = ids[2]
    scored: list[str] = []
    sizes = []
    for attempt in range(20):
        claims = queue.claim(f"scorer-{attempt}", 64)
        if not claims:
            break
        sizes.append(len(claims))
        if culprit in [claim.id for claim in claims]:
            let_leases_run_out(queue)  # killed
        else:
            scored += [claim.id for claim in claims]
            queue.finish(f"scorer-{attempt}", {claim.id: {} for claim in claims})
    assert sizes[0] == 4
    assert sizes.count(1) >= 3
    assert sorted(scored) == sorted(set(ids) - {culprit})
    assert intake.find(culprit).status == "failed"


def test_a_crash_between_record_and_finish_scores_once(
    intake: Intake,
    assembly: Assembly,
    history: FolderHistory,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(3)]
    with assembly.drain("dying") as drain:
        with monkeypatch.context() as dying:
            dying.setattr(drain.queue, "finish", lambda *_: 0)
            drain.step()
        first = [history.find(id) for id in ids]
        renew_no_more(drain.queue)
        let_leases_run_out(assembly.queue.shards[0])

    with assembly.drain("next") as drain:
        assert drain.step() == 1
        assert drain.step() == 1
        assert drain.step() == 1

    assert recorded(history) == ids
    assert [intake.find(id) for id in ids] == first


def test_a_scorer_thought_dead_neither_records_nor_answers_when_it_wakes(
    intake: Intake, assembly: Assembly, history: FolderHistory, make_application: Make
) -> None:
    receipt = intake.submit(make_application())
    with assembly.drain("slow") as slow:
        claims = slow.queue.claim("slow", 64)
        records = slow._score(slow._read(claims))
        renew_no_more(slow.queue)
        let_leases_run_out(assembly.queue.shards[0])
        with assembly.drain("quick") as quick:
            quick.step()
        answered = intake.find(receipt.id)

        assert slow._record(records) == []
        assert assembly.queue.shards[0].finish("slow", {receipt.id: {"probability": 2}}) == 0

    assert recorded(history) == [receipt.id]
    assert intake.find(receipt.id) == answered


def test_a_scorer_that_is_taken_for_dead_after_it_recorded_says_that_its_answers_come_too_late(
    intake: Intake,
    assembly: Assembly,
    history: FolderHistory,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(2)]
    with assembly.drain("slow") as slow:
        renew_no_more(slow.queue)
        append = history.append

        def append_and_stand_still(*arguments: Any) -> list[Answer]:
            answers = append(*arguments)
            let_leases_run_out(assembly.queue.shards[0])
            return answers

        monkeypatch.setattr(slow.history, "append", append_and_stand_still)
        slow.step()
    assert "2 of 2 applications were taken over by another scorer" in caplog.text
    assert recorded(history) == ids
    assert [intake.find(id).status for id in ids] == ["pending", "pending"]


def test_a_claim_whose_reply_was_lost_is_not_held_for_ever(
    intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(5)]
    queue.claim("s1", 3)
    again = queue.claim("s1", 64)
    assert [claim.id for claim in again] == ids
    assert [claim.redelivered for claim in again] == [True] * 3 + [False] * 2


def test_a_torn_last_line_is_cut_off_and_scored_again(
    intake: Intake,
    assembly: Assembly,
    history: FolderHistory,
    drain_all: Callable[[], int],
    make_application: Make,
) -> None:
    first = intake.submit(make_application()).id
    drain_all()
    whole = history.path.read_bytes()
    second = intake.submit(make_application()).id
    drain_all()
    torn = history.path.read_bytes()[: len(whole) + 40]
    history.path.write_bytes(torn)
    assert history.find(second) is None
    assert recorded(history) == [first]

    third = intake.submit(make_application()).id
    drain_all()

    assert recorded(history) == [first, third]
    assert history.path.read_bytes().startswith(whole)


def test_a_lease_set_far_ahead_by_a_clock_set_back_still_runs_out(
    queue: ApplicationQueue, intake: Intake, make_application: Make
) -> None:
    intake.submit(make_application())
    queue.claim("s1", 1)
    queue.redis.zadd("creditrisk:scorers", {"s1": 10**13})
    queue.recover()
    assert queue.redis.zscore("creditrisk:scorers", "s1") < 10**13  # type: ignore[operator]
