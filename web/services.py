"""What every view needs: the settings, the intake, and how long a request may wait."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import cast

from flask import Flask, current_app

from creditrisk.application import Application
from creditrisk.application_id import is_application_id, milliseconds
from creditrisk.clock import timestamp_of
from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable, IdempotencyConflict, QueueUnavailable, UnknownApplication
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from web.access_log import note

LONG_WAITS = 24
"""Requests that may wait longer than `WAIT_SECONDS` at once: with the scorer down, pages that wait for their
answer must not hold all the connections to Redis, which others need to wait on."""

_EXTENSION = "creditrisk"


@dataclass(frozen=True)
class Services:
    """The intake with the app's way of using it."""

    settings: Settings
    intake: Intake
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(LONG_WAITS))

    def submit(
        self, application: Application, seconds: float, key: str | None = None, corrects: str = ""
    ) -> Answer:
        """Accept an application, then wait for its answer for up to `seconds`. `corrects` is the id of an earlier one that
        this one corrects.

        Once accepted it stays so: if Redis goes away while we wait, the answer is "pending", not an error.
        Raises QueueUnavailable, QueueFull, IdempotencyConflict, UnknownApplication (of `corrects`): nothing was
        accepted.
        """
        receipt = self.intake.submit(application, idempotency_key=key, corrects=corrects, awaited=seconds > 0)
        note(receipt.id)
        with suppress(QueueUnavailable, HistoryUnavailable):
            try:
                if seconds > 0:
                    sent = None if receipt.repeated else application
                    return self.intake.wait(receipt.id, seconds, sent, corrects)
                if receipt.repeated:
                    return self.intake.find(receipt.id)
            except UnknownApplication as error:  # its first application was discarded
                raise IdempotencyConflict(
                    "This key's application is kept no longer; use a new key."
                ) from error
        received = timestamp_of(milliseconds(receipt.id))
        return Answer(receipt.id, "pending", received, application, corrects=corrects)

    def answer(self, application_id: str, seconds: float = 0) -> Answer:
        """How an application stands, waiting for its decision for up to `seconds`.

        Raises UnknownApplication, QueueUnavailable, HistoryUnavailable.
        """
        if not is_application_id(application_id):
            raise UnknownApplication("No application has this number.")
        note(application_id)
        if seconds > 0:
            return self.intake.wait(application_id, seconds)
        return self.intake.find(application_id)

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[float]:
        """Gives how long the caller may wait: `seconds`, or less when too many are waiting already."""
        if seconds <= self.settings.wait_seconds:
            yield seconds
        elif self._slots.acquire(blocking=False):
            try:
                yield seconds
            finally:
                self._slots.release()
        else:
            yield self.settings.wait_seconds


def install(app: Flask, services: Services) -> None:
    """Give the app's views these services."""
    app.extensions[_EXTENSION] = services


def services() -> Services:
    """The services of the app that handles this request."""
    return cast(Services, current_app.extensions[_EXTENSION])
