"""Scripts of many requests, sent to Redis at once: while one batch is on its way, the next one gathers."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError

from creditrisk.queue.scripts import script
from creditrisk.redis_client import again, available, is_worth_another_try


class _Call:
    """A script that is to be run, its reply once that is there, and a lock that whoever asked waits on."""

    def __init__(self, name: str, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        self.name = name
        self.parts = (len(keys), *keys, *arguments)
        self.reply: Any = None
        self.sends = False
        """Woken to send what has gathered, and not because the reply is there."""
        self.wake = Lock()
        self.wake.acquire()


class Together:
    """Runs scripts for the requests of one process, one batch at a time.

    No thread is kept for it. Who comes while nothing is on its way sends at once. Who comes later waits, and when the
    batch is back, the first of those who wait sends for all of them. So a lone request waits for nobody, and many cost
    Redis one turn, with one write to its file, and this process one call of the system each way.
    """

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._lock = Lock()
        self._gathered: list[_Call] = []
        self._sending = False

    def run(self, name: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """As `scripts.run`. Raises QueueUnavailable."""
        call = _Call(name, keys, arguments)
        with self._lock:
            self._gathered.append(call)
            call.sends, self._sending = not self._sending, True
        try:
            if not call.sends:
                call.wake.acquire()
            if call.sends:
                self._send_gathered(call)
        except BaseException:  # the request was given up: whoever comes after it shall not wait in vain
            with self._lock:
                if call in self._gathered:
                    self._gathered.remove(call)
                    if call.sends:
                        self._appoint()
            raise
        with available():
            if isinstance(call.reply, Exception):
                raise call.reply
        return call.reply

    def _send_gathered(self, mine: _Call) -> None:
        """Send what has gathered, with `mine`, and wake all whose reply is there; then who has come meanwhile sends."""
        with self._lock:
            batch, self._gathered = self._gathered, []
        replies: Sequence[Any] = [RedisConnectionError("The request that sent it was given up.")] * len(batch)
        try:
            replies = again(self._send, batch, over=self._redis.forget)
        except (RedisError, OSError) as error:  # all of them meet it
            replies = [error] * len(batch)
        finally:
            for call, reply in zip(batch, replies, strict=True):
                call.reply = reply
                if call is not mine:
                    call.wake.release()
            with self._lock:
                self._appoint()

    def _appoint(self) -> None:
        """Have the first of those who wait send for all; under the lock."""
        self._sending = bool(self._gathered)
        if self._sending:
            self._gathered[0].sends = True
            self._gathered[0].wake.release()

    def _send(self, batch: Sequence[_Call]) -> list[Any]:
        replies: list[Any] = self._redis.replies(
            [("EVALSHA", script(call.name)[0], *call.parts) for call in batch]
        )
        missing = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if missing:  # this server does not have the script yet
            texts = [("EVAL", script(batch[place].name)[1], *batch[place].parts) for place in missing]
            for place, reply in zip(missing, self._redis.replies(texts), strict=True):
                replies[place] = reply
        for reply in replies:
            if isinstance(reply, Exception) and is_worth_another_try(reply):
                raise reply
        return replies
