"""A scorer put together from the settings."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from creditrisk.errors import CreditRiskError, QueueUnavailable
from creditrisk.history import History, open_history
from creditrisk.policy.definition import Policy
from creditrisk.policy.in_force import policy_in_force
from creditrisk.policy.place import policy_path
from creditrisk.queue import ApplicationQueue, open_queue
from creditrisk.queue.scored import Scored
from creditrisk.settings import Settings
from functions.model import files_of
from functions.model import load_model as load_scorer
from functions.scorer.drain import Drain, Model
from functions.scorer.lease import Lease
from functions.watching import Watched

log = logging.getLogger(__name__)


class Assembly:
    """What a scorer keeps for all its life: the queue, the model (checked when loaded), the policy and the history."""

    def __init__(self, settings: Settings, model: Model | None = None) -> None:
        """Raises scoring's errors, each with what to do, when the model's files are not what the manifest says; and
        UnusablePolicy."""
        self.settings = settings
        self._watched = None if model else _watched(settings)
        self._given = model
        self._policy = Watched("policy", [policy_path(settings.policy)], lambda: policy_in_force(settings))
        self.history: History = open_history(settings.history_url)
        self.queue = open_queue(settings)
        self.scored = Scored(self.queue.redis)

    @property
    def model(self) -> Model:
        """The model that decides now."""
        model = self._watched.value if self._watched else self._given
        assert model is not None
        return model

    @property
    def policy(self) -> Policy:
        """The policy that decides now."""
        return self._policy.value

    def renew(self) -> None:
        """Take up another layer, or another policy, if one was put in the place of the old one. Cheap: for between any two
        batches."""
        if self._policy.look():
            log.info("from now on policy %s decides", self.policy.version)
        if self._watched and self._watched.look():
            log.info("from now on version %s decides", self.model.version)

    @property
    def warning(self) -> str:
        """Why a layer or a policy that was put in the place of the old one does not decide; empty when there is none
        such."""
        return (self._watched.trouble if self._watched else "") or self._policy.trouble

    @property
    def challenger_out(self) -> bool:
        """Whether the challenger that the settings name scores nothing now; the champion goes on without it."""
        challenger = getattr(self.model, "challenger", None)
        return bool(challenger and challenger.trouble)

    @contextmanager
    def drain(self, name: str, shard: ApplicationQueue | None = None) -> Iterator[Drain]:
        """A drain of one shard (the first, when none is given) under a lease of this name. At the end the lease is
        cleared and what is still held goes back.

        After an error that nobody foresaw nothing goes back at once: the lease runs out, and what was held is tried
        again in halves, as after a crash. Raises QueueUnavailable when there is no lease to be had.
        """
        queue = shard or self.queue.shards[0]
        try:
            with Lease(queue, name):
                yield Drain(queue, self.model, self.history, self.settings, name, self.policy, self.scored)
        except CreditRiskError:
            self._leave(queue, name)
            raise
        self._leave(queue, name)

    def _leave(self, queue: ApplicationQueue, name: str) -> None:
        """Clear the lease, after its thread has ended, which would take it out anew."""
        self.scored.sync()
        try:
            queue.leave(name)
        except QueueUnavailable as error:
            log.warning("left without a word: %s What is held comes back when the lease runs out.", error)


def load_model(settings: Settings) -> Model:
    """The active model and its challenger. Raises scoring's errors."""
    model: Model = load_scorer(settings, settings.challenger or None)
    log.info("scoring with %s, version %s", model.name, model.version)
    return model


def _watched(settings: Settings) -> Watched[Model]:
    """The model, loaded, and loaded anew when its layer has become another one."""
    return Watched("model", files_of(settings), lambda: load_model(settings))
