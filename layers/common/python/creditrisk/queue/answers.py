"""One listener for all the answers that a process waits for: a scorer tells it of each, as it is finished."""

import logging
import secrets
from math import inf
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any

from redis.exceptions import RedisError

from creditrisk.redis_client import ATTEMPT

log = logging.getLogger(__name__)

LOOK = 0.5
"""Seconds after which who waits looks for the answer itself: Redis tells what it publishes once, and to whoever listens
just then."""
QUIET = 5.0
"""Seconds without a message after which the listener asks whether its connection lives."""
_TICK = 0.1
"""Seconds by which who waits may wait longer than they said."""
_PAUSE = 0.2
"""Seconds between two attempts to listen."""


class _Awaited:
    """An answer that somebody waits for, on a lock that is released when there is something to see."""

    def __init__(self) -> None:
        self.answer: str | None = None
        self.until = inf
        """The moment (`time.monotonic`) until which somebody waits."""
        self.wake = Lock()
        self.wake.acquire()


class Answers:
    """The answers of what this process handed in, told on a channel of its own.

    The channel is written into the job. lua/finish.lua publishes there what it finishes, all of one batch at once. An
    answer stands in its result stream all the same, and is found there whenever the channel fails.
    """

    def __init__(self, redis: Any) -> None:
        """`redis` is for commands that block. The listener starts with the first answer that is expected."""
        self.channel = f"creditrisk:answers:{secrets.token_hex(8)}"
        self._redis = redis
        self._awaited: dict[str, _Awaited] = {}
        self._lock = Lock()
        self._listener: Thread | None = None

    def expect(self, application_id: str) -> None:
        """An application is about to be handed in, and its answer will be waited for: keep it when it comes."""
        self._awaited[application_id] = _Awaited()
        if self._listener is None:
            with self._lock:
                if self._listener is None:
                    self._listener = Thread(target=self._listen, name="answers", daemon=True)
                    self._listener.start()
                    Thread(target=self._keep_time, name="answers: time", daemon=True).start()

    def expects(self, application_id: str) -> bool:
        """Whether the answer of this application is kept when it comes."""
        return application_id in self._awaited

    def take(self, application_id: str, seconds: float) -> str | None:
        """The encoded answer of an application that is expected, once it is told, within `seconds`; None when it was not,
        or when it may have been told to nobody: then it is time to look for it."""
        awaited = self._awaited[application_id]
        if seconds <= 0:
            return awaited.answer
        awaited.until = monotonic() + seconds
        awaited.wake.acquire()
        awaited.until = inf
        return awaited.answer

    def forget(self, application_id: str) -> None:
        """Nobody waits for this answer any more."""
        self._awaited.pop(application_id, None)

    def _listen(self) -> None:
        while True:
            try:
                with self._redis.pubsub() as subscribed:
                    subscribed.subscribe(self.channel)
                    while self._hears(subscribed):
                        pass
            except RedisError as error:
                log.debug("answers are looked for, since nothing can be heard: %s", type(error).__name__)
            except OSError:
                pass  # the same, as gevent tells it
            sleep(_PAUSE)

    def _keep_time(self) -> None:
        """Wake who has waited for long enough: one look at all of them, where a timer for each costs more than the lock."""
        while True:
            sleep(_TICK)
            now = monotonic()
            for each in list(self._awaited.values()):
                if each.until <= now:
                    _wake(each)

    def _hears(self, subscribed: Any) -> bool:
        """Take the next message, or make sure that there is somebody to send one; returns whether there is."""
        message = subscribed.get_message(timeout=QUIET)
        if message is None:  # a network may have dropped the connection without a word
            subscribed.ping()
            message = subscribed.get_message(timeout=ATTEMPT)
        self._hear(message)
        return message is not None

    def _hear(self, message: dict[str, Any] | None) -> None:
        if message and message["type"] == "subscribe":  # what was told before that, nobody has heard
            for each in list(self._awaited.values()):
                _wake(each)
        elif message and message["type"] == "message":
            told = message["data"].decode().split(" ")
            for application_id, answer in zip(told[::2], told[1::2], strict=True):
                if awaited := self._awaited.get(application_id):
                    awaited.answer = answer
                    _wake(awaited)


def _wake(awaited: _Awaited) -> None:
    if awaited.wake.locked():
        awaited.wake.release()
