"""A scorer's lease: while it is renewed, what the scorer claimed is its own."""

import logging
import threading
from types import TracebackType
from typing import Self

from creditrisk.errors import QueueUnavailable
from creditrisk.queue import ApplicationQueue

log = logging.getLogger(__name__)


class Lease:
    """Renews a scorer's lease from a thread of its own, so that a slow batch is not taken for a dead scorer."""

    def __init__(self, queue: ApplicationQueue, scorer: str) -> None:
        self._queue = queue
        self._scorer = scorer
        self._seconds = queue.lease_ms / 1000
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def renew(self) -> None:
        """Renew the lease now. Raises QueueUnavailable."""
        self._queue.renew(self._scorer)

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            try:
                self.renew()
            except QueueUnavailable as error:
                log.warning("the lease is not renewed: %s", error)

    def __enter__(self) -> Self:
        self.renew()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
