"""The form's side of the queue: hand in an application once, wake the scorer, wait for the answer."""

import hashlib
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Self

from creditrisk import attempts, reviews, seals, standing
from creditrisk.application import Application
from creditrisk.application_id import is_application_id, milliseconds, new_application_id
from creditrisk.clock import timestamp_of
from creditrisk.decision import Answer, Decision
from creditrisk.errors import (
    CreditRiskError,
    NotAnApplication,
    QueueUnavailable,
    ReviewRefused,
    UnknownApplication,
)
from creditrisk.history import History, open_history
from creditrisk.history.index_place import IndexPlaces
from creditrisk.id_keys import IdKeys
from creditrisk.ledger import Ledger
from creditrisk.queue import ApplicationQueue, ShardedQueue, open_queue, trouble
from creditrisk.queue.jobs import Sent, read_job
from creditrisk.queue.submission import IdTaken
from creditrisk.reviews import Review
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
    def connect(cls, settings: Settings, *, many: bool = False) -> Self:
        """The intake that the settings describe; nothing is contacted yet. `many`: this process serves many requests at
        once."""
        return cls(
            open_queue(settings, many=many),
            settings,
            Waker(settings.scorer_function) if settings.scorer_function else None,
        )

    @cached_property
    def _history(self) -> History:
        return open_history(self.settings.history_url)

    @cached_property
    def _reviews(self) -> Ledger:
        return reviews.open_reviews(self.settings.history_url)

    @cached_property
    def _places(self) -> IndexPlaces:
        return IndexPlaces(self.settings.database_url, self.settings.history_url)

    def submit(
        self,
        application: Application,
        idempotency_key: str | None = None,
        corrects: str = "",
        *,
        awaited: bool = False,
    ) -> Receipt:
        """Accept a valid application. It will be scored and recorded, whatever dies from now on. `corrects` is the id of an
        earlier one that this one corrects, which stays as it is. Who will `wait` for the answer says so with `awaited`.

        The same `idempotency_key` again gives the first application's id, for `IDEMPOTENCY_TTL`; its answer is in the
        history when it has left Redis. Raises IdempotencyConflict when the key came
        with another application; UnknownApplication when `corrects` is no id that was given here; QueueFull or
        QueueUnavailable when nothing was accepted.
        """
        if corrects:
            self._check_id(corrects)
        key = self._keys.mine()
        idempotency = _idempotency(idempotency_key, application, corrects) if idempotency_key else None
        shard = self.queue.home(idempotency[0] if idempotency else "")
        application_id = new_application_id(bytes.fromhex(key.secret), shard.keys.shard, self.queue.count)
        try:
            accepted, ticket = shard.submit(
                application_id,
                application,
                timestamp_of(milliseconds(application_id)),
                max_queue=self.settings.max_queue,
                idempotency=idempotency,
                max_scorers=self.settings.max_scorers if self.waker else 0,
                batch_size=self.settings.batch_size,
                id_key=(key.secret, key.since),
                corrects=corrects,
                awaited=awaited,
            )
        except IdTaken:
            return self.submit(application, idempotency_key, corrects, awaited=awaited)
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

    def wait(
        self,
        application_id: str,
        seconds: float,
        application: Application | None = None,
        corrects: str = "",
    ) -> Answer:
        """The answer, waiting for it up to `seconds` without polling; still "pending" when there is none by then.

        It is pending, too, when Redis goes away meanwhile: what was accepted stays accepted. Who has just handed in
        the `application`, and what it `corrects`, gives them, which spares reading them back. Raises as `find`.
        """
        if application is None:
            return self._answer(application_id, seconds)
        sent = Sent(dict(application), timestamp_of(milliseconds(application_id)), corrects)
        return self._decided(self.queue.shard_of(application_id), application_id, sent, seconds)

    def find(self, application_id: str) -> Answer:
        """How an application stands now: in Redis for `RESULT_TTL`, in the history afterwards.

        Raises UnknownApplication when there is none with this id, QueueUnavailable, HistoryUnavailable.
        """
        return self._answer(application_id, 0)

    def ask_review(self, application_id: str, words: str = "") -> Review:
        """Have a person look at the decision on an application, durably; `words` are what the applicant says to it.

        Raises as `find`, and ReviewRefused for what is not decided yet.
        """
        if self.find(application_id).decision is None:
            raise ReviewRefused(reviews.NOT_DECIDED)
        return reviews.ask(self._reviews, application_id, words=words)

    def reviews(self, application_id: str) -> list[Review]:
        """The reviews of an application that were asked for or decided, the earliest first. Raises HistoryUnavailable."""
        return reviews.of(self._reviews, application_id)

    def warning(self) -> str:
        """What a scorer warns of though it decides, as a model that was refused; empty when there is nothing. Raises
        QueueUnavailable."""
        return trouble.warning(self.queue)

    def check(self) -> None:
        """Raises QueueUnavailable unless Redis answers and stores what it is sent, QueueFull when too many wait,
        ScorerInTrouble when the scorer says that it cannot decide."""
        self.queue.check(self.settings.max_queue)
        trouble.check(self.queue)

    def seal(self, text: str) -> str:
        """The text under a seal that all form functions know: see `creditrisk.seals`. Raises QueueUnavailable."""
        return seals.seal(text, self._keys.mine().secret)

    def unseal(self, sealed: str) -> str | None:
        """What was sealed; None for anything that no form function sealed. Raises QueueUnavailable."""
        return seals.unseal(sealed, self._keys.secrets())

    def may_try(self, application_id: str) -> bool:
        """Count an attempt to open an application; False when there were too many. Raises QueueUnavailable."""
        return attempts.may_try(self.queue.redis, application_id)

    def _answer(self, application_id: str, seconds: float) -> Answer:
        self._check_id(application_id)
        shard = self.queue.shard_of(application_id)
        try:
            sent = read_job(shard.job_data(application_id))
        except UnknownApplication:
            recorded = self._recorded(application_id)
            if recorded is None:
                raise
            return recorded
        except NotAnApplication:
            sent = Sent({}, timestamp_of(milliseconds(application_id)))
        return self._decided(shard, application_id, sent, seconds)

    def _recorded(self, application_id: str) -> Answer | None:
        """What the history says, read where the index says that it stands; where no index helps, it is searched for."""
        place = self._places.find(application_id)
        found = self._history.find_at(place, application_id) if place else None
        return found or self._history.find(application_id)

    def _check_id(self, application_id: str) -> None:
        """Raises UnknownApplication for an id that was never given here."""
        if not is_application_id(application_id) or not self._keys.made(application_id):
            raise UnknownApplication("No application has this id.")

    @staticmethod
    def _decided(shard: ApplicationQueue, application_id: str, sent: Sent, seconds: float) -> Answer:
        try:
            finished = shard.result(application_id, seconds)
        except QueueUnavailable:
            if not seconds:
                raise
            finished = None
        stands = partial(
            Answer,
            application_id,
            received_at=sent.received_at,
            application=sent.application,
            corrects=sent.corrects,
        )
        if finished is None:
            return stands("pending")
        if finished.answer is None:
            return stands("failed", failure=finished.failure)
        said = finished.answer
        decision = Decision.from_dict(said, sent.application)
        return stands("decided", decision=decision, standing=standing.told(said))


def _idempotency(key: str, application: Application, corrects: str = "") -> tuple[str, str]:
    """The key under a name of one length that tells nothing, and a fingerprint of what was sent."""
    body = json.dumps(application, sort_keys=True).encode() + corrects.encode()
    return hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(body).hexdigest()
