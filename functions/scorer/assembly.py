"""A scorer put together from the settings."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from creditrisk.errors import CreditRiskError, QueueUnavailable
from creditrisk.history import History, open_history
from creditrisk.queue import ApplicationQueue, open_queue
from creditrisk.settings import Settings
from functions.model import load_model as load_scorer
from functions.scorer.drain import Drain, Model
from functions.scorer.lease import Lease

log = logging.getLogger(__name__)


class Assembly:
    """What a scorer keeps for all its life: the queue, the model (checked when loaded) and the history."""

    def __init__(self, settings: Settings, model: Model | None = None) -> None:
        """Raises scoring's errors, each with what to do, when the model's files are not what the manifest says."""
        self.settings = settings
        self.model = model or load_model(settings)
        self.history: History = open_history(settings.history_url)
        self.queue = open_queue(settings)

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
                yield Drain(queue, self.model, self.history, self.settings, name)
        except CreditRiskError:
            self._leave(queue, name)
            raise
        self._leave(queue, name)

    def _leave(self, queue: ApplicationQueue, name: str) -> None:
        """Clear the lease, after its thread has ended, which would take it out anew."""
        try:
            queue.leave(name)
        except QueueUnavailable as error:
            log.warning("left without a word: %s What is held comes back when the lease runs out.", error)


def load_model(settings: Settings) -> Model:
    """The active model and its challenger. Raises scoring's errors."""
    model: Model = load_scorer(settings, settings.challenger or None)
    log.info("scoring with %s, version %s", model.name, model.version)
    return model
