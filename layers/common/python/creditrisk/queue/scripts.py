"""The queue's steps, each atomic in Redis: the scripts in lua/, which are given every key that they touch."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis.exceptions import AskError, NoScriptError, RedisError, TryAgainError

from creditrisk.redis_client import again, available

_LUA = Path(__file__).with_name("lua")


@cache
def script(name: str) -> tuple[str, str]:
    """Digest and text of a script."""
    text = (_LUA / f"{name}.lua").read_text()
    return sha1(text.encode(), usedforsecurity=False).hexdigest(), text


def run(redis: Any, name: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    """Run a script. Raises QueueUnavailable."""
    digest, text = script(name)
    with available():
        try:
            return redis.evalsha(digest, len(keys), *keys, *arguments)
        except NoScriptError:  # this server has not met it yet
            return redis.eval(text, len(keys), *keys, *arguments)


def run_copied(
    redis: Any, name: str, keys: Sequence[str], arguments: Sequence[Any], written: str, replicas: int, ms: int
) -> tuple[Any, int]:
    """Run a script; returns its reply, and how many replicas have within `ms` what it wrote (`replicas` are asked for).

    The key `written` is written behind it on the same connection, for WAIT counts from that connection's last write,
    and a script that is sent again writes nothing. Raises QueueUnavailable.
    """
    digest, text = script(name)

    def once() -> tuple[Any, int]:
        with redis.node_of(keys[0]).pipeline(transaction=False) as steps:
            steps.evalsha(digest, len(keys), *keys, *arguments)
            steps.set(written, 1, ex=60)
            steps.wait(replicas, ms)
            reply, wrote, confirmed = steps.execute(raise_on_error=False)
            if isinstance(reply, NoScriptError):
                steps.eval(text, len(keys), *keys, *arguments)
                steps.set(written, 1, ex=60)
                steps.wait(replicas, ms)
                reply, wrote, confirmed = steps.execute(raise_on_error=False)
        for answer in (reply, wrote, confirmed):
            if isinstance(
                answer, AskError
            ):  # or MOVED: the shard is at another node by now, or on its way there
                raise TryAgainError(str(answer))
            if isinstance(answer, RedisError):
                raise answer
        return reply, int(confirmed)

    with available():
        reply, confirmed = again(once, over=redis.forget)
    return reply, confirmed
