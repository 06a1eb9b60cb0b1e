"""A policy on a real Redis: referrals, rules and random acceptance are recorded; a new policy is taken up between batches."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from creditrisk.decision import draw
from creditrisk.errors import QueueUnavailable
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.policy.definition import Exploration, Policy
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from functions.scorer.drain import Drain
from tests.helpers import Make
from tests.integration.conftest import StubModel

POLICY = Policy("cards 0a1b2c3d", 0.5, refer_from=0.4)


@pytest.fixture
def drained(
    queue: ApplicationQueue, model: StubModel, history: FolderHistory, settings: Settings
) -> Callable[[Policy], None]:
    """Drains the queue by a policy."""

    def drain(policy: Policy) -> None:
        queue.renew("test")
        drain = Drain(queue, model, history, settings, "test", policy)
        while drain.step():
            pass

    return drain


def test_a_referral_is_recorded_and_answered_with_its_policy(
    intake: Intake, history: FolderHistory, make_application: Make, drained: Callable[[Policy], None]
) -> None:
    ids = [intake.submit(make_application(AGE=age)).id for age in (39, 40, 50)]
    drained(POLICY)
    answers = [intake.find(id) for id in ids]
    assert [answer.decision and answer.decision.decision for answer in answers] == [
        "approved",
        "referred",
        "declined",
    ]
    assert {answer.decision and answer.decision.policy for answer in answers} == {"cards 0a1b2c3d"}
    assert [history.find(id) for id in ids] == answers
    declined = answers[2].decision
    assert declined and declined.counterfactual[0].value == 39, "approved at once, and not referred"


def test_no_more_than_the_budget_is_accepted_at_random_and_again_the_same_ones(
    intake: Intake,
    queue: ApplicationQueue,
    history: FolderHistory,
    make_application: Make,
    drained: Callable[[Policy], None],
) -> None:
    policy = POLICY._replace(exploration=Exploration(share=0.5, budget=6))
    ids = [intake.submit(make_application(AGE=60)).id for _ in range(60)]
    drawn = [id for id in ids if draw(id) < 0.5]
    assert len(drawn) > 6
    drained(policy)
    found = {id: history.find(id) for id in ids}
    accepted = {id for id, answer in found.items() if answer and answer.decision and answer.decision.decision == "approved"}  # fmt: skip
    assert len(accepted) == 6 and accepted < set(drawn)
    for id in accepted:
        assert (answer := found[id]) and answer.decision and answer.decision.propensity == 0.5
    for id in drawn:
        if id not in accepted:
            assert (answer := found[id]) and answer.decision and answer.decision.propensity == 0
    last = max(ids.index(id) for id in accepted)
    for place, id in enumerate(ids):
        if id not in accepted:
            assert (answer := found[id]) and answer.decision
            assert answer.decision.propensity == (0.5 if place < last else 0), "the chance that it had"
    assert queue.explore(dict.fromkeys(drawn, True), 6) == accepted, "a place is kept, and there is none more"


def test_every_day_has_its_own_budget(queue: ApplicationQueue) -> None:
    yesterday, today = "01a206f0-0000-7000-8000-000000000001", "01a20c16-5c00-7000-8000-000000000001"
    assert queue.explore({yesterday: True, today: True}, 1) == {yesterday, today}
    late = "01a20c16-5c00-7000-8000-000000000002"
    assert queue.explore({late: True}, 1) == queue.explore({late: False}, 1) == set()


def test_who_was_not_drawn_takes_no_place_and_had_a_chance_while_one_was_left(
    queue: ApplicationQueue,
) -> None:
    ids = [f"01a20c16-5c00-7000-8000-00000000000{number}" for number in range(5)]
    drawn = dict(zip(ids, (False, True, False, True, False), strict=True))
    assert queue.explore(drawn, 2) == set(ids[:4])
    assert queue.explore(drawn, 2) == {ids[1], ids[3]}, "asked again, the places are taken"


def test_without_a_budget_to_be_had_nobody_is_accepted_at_random_and_everybody_is_decided(
    intake: Intake,
    queue: ApplicationQueue,
    history: FolderHistory,
    make_application: Make,
    drained: Callable[[Policy], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> set[str]:
        raise QueueUnavailable("The queue (Redis) does not answer.")

    monkeypatch.setattr(queue, "explore", away)
    ids = [intake.submit(make_application(AGE=60)).id for _ in range(20)]
    drained(POLICY._replace(exploration=Exploration(share=1.0, budget=100)))
    for id in ids:
        assert (answer := history.find(id)) and answer.decision
        assert (answer.decision.decision, answer.decision.propensity) == ("declined", 0)


def test_a_running_scorer_takes_up_a_new_policy_and_refuses_a_broken_one(
    settings: Settings, model: StubModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.watching.LOOK_SECONDS", 0)
    path = tmp_path / "policy.toml"
    path.write_text('name = "first"\ndeclineFrom = 0.4\n')
    assembly = Assembly(replace(settings, policy=path), model)
    assert assembly.policy.version.startswith("first ")

    def put(text: str) -> None:
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)
        assembly.renew()

    put('name = "second"\ndeclineFrom = 0.3\n')
    assert (assembly.policy.version.split()[0], assembly.policy.decline_from) == ("second", 0.3)
    put('name = "third"\ndeclineFrom = 3\n')
    assert assembly.policy.version.startswith("second ")
    assert "The new policy was refused" in assembly.warning and "declineFrom must be" in assembly.warning
    put('name = "fourth"\ndeclineFrom = 0.2\n')
    assert (assembly.policy.decline_from, assembly.warning) == (0.2, "")
