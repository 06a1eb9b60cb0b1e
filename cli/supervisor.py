"""Child processes that live and end together: one that dies is started again."""

import logging
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

import click

from cli.embedded_redis import EmbeddedRedis
from cli.errors import ChildFails, NoRedisServer
from cli.lifeline import ends_with_parent

log = logging.getLogger(__name__)

STOP_SECONDS = 4.5
"""How long the children may take to finish what they have in hand."""
_EARLY, _EARLY_DEATHS = 3.0, 3
_LONGEST_PAUSE = 5.0
"""Seconds between two attempts to start a Redis that does not start again."""
_LONGEST_WAIT = 10.0
"""Most seconds until a child that keeps ending is tried again."""


@dataclass
class Child:
    """A process to keep alive."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    vital: bool = True
    """Whether all ends when it cannot be started. One that is not is tried again, less and less often."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    early_deaths: int = 0
    again_at: float = 0.0
    """When it is to be started again; 0 while it lives."""

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches the supervisor alone, which stops the children in order."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, env=self.environment, start_new_session=True, preexec_fn=ends_with_parent()
        )

    def keep(self) -> None:
        """Start it again when it has died. Raises ChildFails when it keeps ending at once, by itself and with an error.

        One that was killed (by an application that takes all the memory, say) is started again however often that is:
        the queue finds the culprit.
        """
        if self.process is None or (status := self.process.poll()) is None:
            return
        if not self.again_at:
            self._bury(status)
        if time.monotonic() >= self.again_at:
            self.again_at = 0.0
            self.start()

    def _bury(self, status: int) -> None:
        """Note its death, and when to start it again."""
        early = time.monotonic() - self.started < _EARLY
        self.early_deaths = self.early_deaths + (status > 0) if early else 0
        if self.early_deaths >= _EARLY_DEATHS and self.vital:
            raise ChildFails(f"The {self.name} ends as soon as it is started; its reason stands above.")
        late = self.early_deaths - _EARLY_DEATHS
        pause = min(2.0**late, _LONGEST_WAIT) if late >= 0 else 0.0
        self.again_at = time.monotonic() + pause
        log.warning("the %s ended (exit status %s); starting it again in %g s", self.name, status, pause)


class Supervisor:
    """Runs an embedded Redis (or none) and children until SIGINT or SIGTERM."""

    def __init__(self, redis: EmbeddedRedis | None, children: Sequence[Child]) -> None:
        self.redis = redis
        self.children = children
        self._stopping = False
        self._redis_pause = 0.0
        self._redis_not_before = 0.0

    def run(self, ready: Callable[[], bool], message: str) -> None:
        """Start everything, print `message` once `ready` says so, keep all alive, and stop all at the end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            if self.redis:
                self.redis.start()
            for child in self.children:
                child.start()
            said = False
            while not self._stopping:
                said = said or self._say(ready, message)
                for child in self.children:
                    child.keep()
                self._keep_redis()
                time.sleep(0.05 if not said else 0.5)
        finally:
            self._end()

    def _say(self, ready: Callable[[], bool], message: str) -> bool:
        if ready():
            click.echo(message)
            return True
        return False

    def _keep_redis(self) -> None:
        """Start Redis again when it has ended, saying why it did; while that fails, the form refuses what comes in."""
        if self.redis is None or self._stopping or time.monotonic() < self._redis_not_before:
            return
        if (reason := self.redis.end()) is None:
            self._redis_pause = 0.0
            return
        try:
            if not self._redis_pause:
                log.warning("redis-server ended (%s); starting it again on its file", reason)
            self.redis.start()
        except NoRedisServer as error:
            self._redis_pause = min(max(2 * self._redis_pause, 0.5), _LONGEST_PAUSE)
            self._redis_not_before = time.monotonic() + self._redis_pause
            log.error(
                "%s Trying again in %.1f s; until then nothing is accepted, and nothing is lost.",
                error,
                self._redis_pause,
            )

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _end(self) -> None:
        """The form first (nothing new comes in), then the scorer with the batch in hand, Redis last."""
        running = [child.process for child in reversed(self.children) if child.process]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.redis:
            self.redis.stop()
