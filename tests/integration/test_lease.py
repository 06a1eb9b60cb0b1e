"""A scorer's lease is renewed for as long as it works, and no longer."""

import threading

import pytest
from redis import Redis

from benchmarks.load import wait_until
from creditrisk.errors import QueueUnavailable
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from functions.scorer.lease import Lease
from tests.helpers import Make


class Renewals:
    """Counts the renewals of a queue's leases, and can make one fail."""

    def __init__(self, queue: ApplicationQueue, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.fails: set[int] = set()
        self._renew = queue.renew
        monkeypatch.setattr(queue, "renew", self.renew)

    def renew(self, scorer: str) -> None:
        self.count += 1
        if self.count in self.fails:
            raise QueueUnavailable("The queue (Redis) does not answer at REDIS_URL: ConnectionError.")
        self._renew(scorer)


@pytest.fixture
def short_lived(redis: Redis, settings: Settings) -> ApplicationQueue:
    """A queue whose leases run out while the test looks on."""
    return ApplicationQueue(redis, lease_seconds=3, result_ttl=settings.result_ttl)


@pytest.fixture
def renewals(short_lived: ApplicationQueue, monkeypatch: pytest.MonkeyPatch) -> Renewals:
    return Renewals(short_lived, monkeypatch)


def test_what_a_slow_scorer_holds_stays_its_own(
    intake: Intake,
    short_lived: ApplicationQueue,
    renewals: Renewals,
    make_application: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Others look for dead scorers all the while. Three renewals come before a lease is over, so that one may fail."""
    intake.submit(make_application())
    renewals.fails = {3}
    with Lease(short_lived, "slow"):
        assert len(short_lived.claim("slow", 1)) == 1
        while renewals.count < 5:  # more than one lease's time
            short_lived.recover()
            assert short_lived.waiting() == 0, "it was taken for dead"
    assert "the lease is not renewed: The queue (Redis) does not answer" in caplog.text


def test_a_scorer_that_leaves_renews_no_more(short_lived: ApplicationQueue, renewals: Renewals) -> None:
    with Lease(short_lived, "leaving"):
        assert renewals.count == 1, "it is taken before anything is claimed"
    assert "lease" not in {thread.name for thread in threading.enumerate()}


def test_a_look_tells_in_how_many_seconds_a_lease_can_run_out(
    intake: Intake, short_lived: ApplicationQueue, make_application: Make
) -> None:
    """So whoever waits for that looks again at the right time."""
    quiet = short_lived.recover()
    assert 3 < quiet <= 61, "nobody holds anything: there is no hurry"
    intake.submit(make_application())
    short_lived.claim("stopped", 1)
    assert 0 < short_lived.recover() <= 3 + 1


def test_what_a_scorer_holds_that_renews_no_more_is_given_back(
    intake: Intake, short_lived: ApplicationQueue, make_application: Make
) -> None:
    intake.submit(make_application())
    assert len(short_lived.claim("stopped", 1)) == 1

    def given_back() -> bool:
        short_lived.recover()
        return short_lived.waiting() == 1

    wait_until(given_back, 60, "its lease runs out")


def test_there_is_no_lease_where_redis_does_not_answer(
    short_lived: ApplicationQueue, renewals: Renewals
) -> None:
    renewals.fails = {1}
    with pytest.raises(QueueUnavailable), Lease(short_lived, "never"):
        pytest.fail("it works without a lease")
