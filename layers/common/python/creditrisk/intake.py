"""The form's side of the queue: hand in an application once, wake the scorer, wait for the answer."""

import hashlib
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from rq.results import Result

from creditrisk.application import Application
from creditrisk.application_id import is_application_id, new_application_id
from creditrisk.application_id import received_at as time_of
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision
from creditrisk.errors import CreditRiskError, NotAnApplication, QueueUnavailable, UnknownApplication
from creditrisk.history import History, open_history
from creditrisk.id_keys import IdKeys
from creditrisk.queue import ApplicationQueue, ShardedQueue, open_queue, trouble
from creditrisk.queue.jobs import read_job
from creditrisk.queue.submission import IdTaken
from creditrisk.settings import Settings
from creditrisk.waking import Waker

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Receipt:
    """What was accepted: `repeated` tells that it stood there already, under this id."""

    id: str
    repeated: bool


class Intake:
    """Where applications are handed in and answers are found."""

    def __init__(
        self, queue: ApplicationQueue | ShardedQueue, settings: Settings, waker: Waker | None = None
    ) -> None:
        self.queue = queue
        self.settings = settings
        self.waker = waker
        # In a cluster each shard has the keys of its ids; elsewhere all have them in one place.
        self._keys = IdKeys(queue.redis, sorted({shard.keys.id_keys for shard in queue.shards}))

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        """The intake that the settings describe; nothing is contacted yet."""
        return cls(
            open_queue(settings),
            settings,
            Waker(settings.scorer_function) if settings.scorer_function else None,
        )

    @cached_property
    def _history(self) -> History:
        return open_history(self.settings.history_url)

    def submit(self, application: Application, idempotency_key: str | None = None) -> Receipt:
        """Accept a valid application. It will be scored and recorded, whatever dies from now on.

        The same `idempotency_key` again gives the first application's id, for `IDEMPOTENCY_TTL`; its answer is in the
        history when it has left Redis. Raises IdempotencyConflict when the key came
        with another application; QueueFull or QueueUnavailable when nothing was accepted.
        """
        key = self._keys.mine()
        idempotency = _idempotency(idempotency_key, application) if idempotency_key else None
        shard = self.queue.home(idempotency[0] if idempotency else "")
        application_id = new_application_id(bytes.fromhex(key.secret), shard.keys.shard, self.queue.count)
        try:
            accepted, ticket = shard.submit(
                application_id,
                application,
                timestamp(time_of(application_id)),
                max_queue=self.settings.max_queue,
                idempotency=idempotency,
                max_scorers=self.settings.max_scorers if self.waker else 0,
                batch_size=self.settings.batch_size,
                id_key=(key.secret, key.since),
            )
        except IdTaken:
            return self.submit(application, idempotency_key)
        if ticket and self.waker:
            self._wake(self.waker, shard, ticket)
        return Receipt(accepted, repeated=accepted != application_id)

    def _wake(self, waker: Waker, shard: ApplicationQueue, ticket: str) -> None:
        """Wake a scorer. A failing wake-up never fails what was accepted: the schedule is the safety net."""
        try:
            waker.wake(ticket, shard.keys.shard)
        except CreditRiskError as error:
            log.warning("no scorer woken: %s", error)
            with suppress(QueueUnavailable):  # then the ticket runs out by itself
                shard.forget_ticket(ticket)

    def wait(self, application_id: str, seconds: float, application: Application | None = None) -> Answer:
        """The answer, waiting for it up to `seconds` without polling; still "pending" when there is none by then.

        It is pending, too, when Redis goes away meanwhile: what was accepted stays accepted. Who has just handed in
        the `application` gives it, which spares reading it back. Raises as `find`.
        """
        if application is None:
            return self._answer(application_id, seconds)
        received = timestamp(time_of(application_id))
        return self._decided(
            self.queue.shard_of(application_id), application_id, received, application, seconds
        )

    def find(self, application_id: str) -> Answer:
        """How an application stands now: in Redis for `RESULT_TTL`, in the history afterwards.

        Raises UnknownApplication when there is none with this id, QueueUnavailable, HistoryUnavailable.
        """
        return self._answer(application_id, 0)

    def check(self) -> None:
        """Raises QueueUnavailable unless Redis answers and stores what it is sent, QueueFull when too many wait,
        ScorerInTrouble when the scorer says that it cannot decide."""
        self.queue.check(self.settings.max_queue)
        trouble.check(self.queue)

    def _answer(self, application_id: str, seconds: float) -> Answer:
        if not is_application_id(application_id) or not self._keys.made(application_id):
            raise UnknownApplication("No application has this id.")
        shard = self.queue.shard_of(application_id)
        try:
            application, received = read_job(shard.job_data(application_id))
        except UnknownApplication:
            recorded = self._history.find(application_id)
            if recorded is None:
                raise
            return recorded
        except NotAnApplication:
            application, received = {}, timestamp(time_of(application_id))
        return self._decided(shard, application_id, received, application, seconds)

    @staticmethod
    def _decided(
        shard: ApplicationQueue, application_id: str, received: str, application: Application, seconds: float
    ) -> Answer:
        pending = Answer(application_id, "pending", received, application)
        try:
            result = shard.result(application_id, seconds)
        except QueueUnavailable:
            if not seconds:
                raise
            return pending
        if result is None:
            return pending
        if result.type is Result.Type.SUCCESSFUL:
            decision = Decision.from_dict(result.return_value or {}, application)
            return Answer(application_id, "decided", received, application, decision)
        return Answer(application_id, "failed", received, application, failure=result.exc_string)


def _idempotency(key: str, application: Application) -> tuple[str, str]:
    """The key under a name of one length that tells nothing, and a fingerprint of the application."""
    body = json.dumps(application, sort_keys=True).encode()
    return hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(body).hexdigest()
