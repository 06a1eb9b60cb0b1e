"""The crowd: threads that hand applications in, and write down what they are told."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from creditrisk.application import Value
from creditrisk.errors import QueueUnavailable
from creditrisk.intake import Intake
from tests.e2e.chaos.applicants import applicant
from tests.e2e.chaos.ledger import Ledger


class Crowd:
    """Hands in applications through one intake, alone or from several threads at a bounded rate."""

    def __init__(self, intake: Intake, ledger: Ledger, *, patient: bool = False) -> None:
        """A `patient` crowd gives each application a key, and sends a refused one again under it, until it is accepted."""
        self.intake = intake
        self.ledger = ledger
        self.patient = patient
        self._numbers = itertools.count()

    def submit(self, count: int = 1, **changes: Value) -> list[str]:
        """Hand in `count` applications that must be accepted; returns their ids."""
        return [self._one(**changes) for _ in range(count)]

    def _one(self, **changes: Value) -> str:
        application = applicant(next(self._numbers), **changes)
        if self.patient:
            return self._insist(application)
        receipt = self.intake.submit(application)
        self.ledger.accept(receipt.id, application)
        return receipt.id

    def _insist(self, application: dict[str, Value]) -> str:
        key, until = uuid4().hex, time.monotonic() + 120
        while True:
            try:
                receipt = self.intake.submit(application, key)
            except QueueUnavailable as error:
                self.ledger.refuse(str(error))
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                self.ledger.accept(receipt.id, application)
                return receipt.id

    @contextmanager
    def pressing(self, a_second: float, threads: int = 2) -> Iterator[None]:
        """While the block runs, `a_second` applications a second come in at most; refused ones are counted."""
        over = threading.Event()
        crowd = [
            threading.Thread(target=self._press, args=(over, threads / a_second), daemon=True)
            for _ in range(threads)
        ]
        for thread in crowd:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in crowd:
                thread.join()

    def _press(self, over: threading.Event, pause: float) -> None:
        while not over.wait(pause):
            try:
                self._one()
            except QueueUnavailable as error:
                self.ledger.refuse(str(error))
