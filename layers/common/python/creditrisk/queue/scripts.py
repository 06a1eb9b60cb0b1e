"""The queue's steps, each atomic in Redis: the Lua scripts in lua/. A script is told every key that it touches, which a
Redis cluster needs to know."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any, NamedTuple

from redis.exceptions import AskError, NoScriptError, RedisError, TryAgainError

from creditrisk.redis_client import again, available

_LUA = Path(__file__).with_name("lua")


_PAIR = """\
local function first(KEYS, ARGV)
{}
end
local function second(KEYS, ARGV)
{}
end
local keys, arguments = tonumber(ARGV[1]), tonumber(ARGV[2])
return {{
  first({{unpack(KEYS, 1, keys)}}, {{unpack(ARGV, 3, arguments + 2)}}),
  second({{unpack(KEYS, keys + 1)}}, {{unpack(ARGV, arguments + 3)}}),
}}
"""


class Call(NamedTuple):
    """A script with what it is given."""

    name: str
    keys: Sequence[str]
    arguments: Sequence[Any]


@cache
def script(name: str) -> tuple[str, str]:
    """SHA-1 digest and text of a script."""
    return _with_digest((_LUA / f"{name}.lua").read_text())


@cache
def pair(first: str, second: str) -> tuple[str, str]:
    """SHA-1 digest and text of two scripts as one: see `run_pair`."""
    return _with_digest(_PAIR.format(script(first)[1], script(second)[1]))


def _with_digest(text: str) -> tuple[str, str]:
    return sha1(text.encode(), usedforsecurity=False).hexdigest(), text


def run(redis: Any, name: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    """Run a script. Raises QueueUnavailable."""
    return _run(redis, script(name), keys, arguments)


def _run(redis: Any, made: tuple[str, str], keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    digest, text = made
    with available():
        try:
            return redis.execute_command("EVALSHA", digest, len(keys), *keys, *arguments)
        except NoScriptError:  # this server does not have the script yet
            return redis.execute_command("EVAL", text, len(keys), *keys, *arguments)


def run_pair(redis: Any, first: Call, second: Call) -> Any:
    """Run two scripts as one, which is atomic, and one round trip; returns both replies. Raises QueueUnavailable."""
    counts = (len(first.keys), len(first.arguments))
    keys, arguments = [*first.keys, *second.keys], [*counts, *first.arguments, *second.arguments]
    return _run(redis, pair(first.name, second.name), keys, arguments)


def run_copied(
    redis: Any, name: str, keys: Sequence[str], arguments: Sequence[Any], written: str, replicas: int, ms: int
) -> tuple[Any, int]:
    """Run a script; returns its reply, and how many replicas confirmed a copy of what it wrote: up to `replicas` of them,
    within `ms` milliseconds.

    WAIT counts which replicas have the connection's last write. A script that is sent again may write nothing, so the
    key `written` is set after it on the same connection. Raises QueueUnavailable.
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
            ):  # or MOVED, which is a kind of it: the shard is at another node, or on its way there
                raise TryAgainError(str(answer))
            if isinstance(answer, RedisError):
                raise answer
        return reply, int(confirmed)

    with available():
        reply, confirmed = again(once, over=redis.forget)
    return reply, confirmed
