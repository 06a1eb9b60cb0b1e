"""How this system speaks to Redis: the clients, and the one rule by which a command is tried again.

A failover, a connection that was dropped without a word, or a moment without an answer is none of the applicant's
business: the connection is closed and the command sent on a new one, for `PATIENCE` at most. So every command that is
sent may be carried out twice, and each step of the queue is made so that twice is the same as once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.commands import RedisClusterCommands
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClusterError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from creditrisk.errors import QueueUnavailable
from creditrisk.redis_connections import Connections
from creditrisk.redis_refusals import reason

ATTEMPT = 0.75
"""Seconds without an answer after which a connection is taken for dead, and another one tried."""
PATIENCE = 3.0
"""Seconds for which a command is tried again; then Redis does not answer."""
REFUSED = 0.3
"""The same where nothing listens: whoever starts a Redis again has done it by then, or takes much longer."""
CONNECT = 1.0
"""Seconds that a new connection may take, with TLS."""
BLOCK = 0.5
"""Most seconds that one command waits for work or an answer; it is sent again until what was asked for is over. So the
death of a connection is noticed while somebody waits on it."""
CONNECTIONS = 64
"""Most connections to Redis of one process for short commands, and as many again for those that block; a request that
finds none free waits for one."""

_CLUSTER = "+cluster://"
_BROKEN = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, TryAgainError, ClusterError, OSError)
"""What closes the connection that it came by: READONLY, LOADING, MASTERDOWN, CLUSTERDOWN and TRYAGAIN among them."""


def is_cluster(url: str) -> bool:
    """Whether a REDIS_URL asks for the cluster protocol."""
    return _CLUSTER in url


def connect(url: str, *, blocking: bool = False) -> Any:
    """A client for the Redis at `url`, connected when first used; `blocking`: for commands that wait up to BLOCK."""
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT,
        "socket_timeout": ATTEMPT + (BLOCK if blocking else 0),
    }
    if not url.startswith("unix:"):
        options["socket_keepalive"] = True
    if is_cluster(url):
        return SteadyCluster(url.replace(_CLUSTER, "://"), options)  # type: ignore[abstract]
    return SteadyRedis(
        connection_pool=Connections.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=PATIENCE,
            retry=Retry(
                NoBackoff(), 0, supported_errors=_BROKEN
            ),  # none: it closes the connection, we try again
            **options,
        )
    )


def again(do: Callable[..., Any], *arguments: Any, over: Callable[[Exception], None], **options: Any) -> Any:
    """What `do` returns, tried again by the rule above; `over` is told of each failure that is worth another try."""
    began, pause = 0.0, 0.01
    while True:
        tried = time.monotonic()
        began = began or tried
        try:
            return do(*arguments, **options)
        except (RedisError, RedisClusterException) as error:
            patience = _patience(error)
            if time.monotonic() - began + pause > patience:
                raise
            over(error)
        time.sleep(pause)
        pause = min(2 * pause, 0.2)


def is_worth_another_try(error: Exception) -> bool:
    """Whether a command that met this error is tried again."""
    return _patience(error) > 0


def _patience(error: Exception) -> float:
    """For how long a command is tried again that met this error; 0 when trying again is of no use."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return 0
    if isinstance(error.__context__, ConnectionRefusedError | FileNotFoundError):
        return REFUSED
    if isinstance(error, RedisClusterException):
        hopeless = isinstance(error.__cause__, AuthenticationError) or "not enabled" in str(error)
        return 0 if hopeless else PATIENCE
    if isinstance(error, _BROKEN) or _role_changed(error):
        return PATIENCE
    return 0


def _role_changed(error: Exception) -> bool:
    """Whether the server has become a replica: it ends what blocks, and before version 7 it says so within a script's
    error."""
    text = str(error)
    return isinstance(error, ResponseError) and (text.startswith("UNBLOCKED") or "READONLY" in text)


class SteadyRedis(Redis):
    """One Redis."""

    connection_pool: Connections

    def execute_command(self, *args: Any, **options: Any) -> Any:
        return again(self._execute, *args, over=self.forget, **options)

    def _execute(self, *args: Any, **options: Any) -> Any:
        with self.connection_pool.lent() as connection:
            connection.send_command(*args, **options)
            return self.parse_response(connection, args[0], **options)  # type: ignore[no-untyped-call]

    def replies(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """The reply to each of several commands that are sent at once, or the error that it met. Nothing is tried again."""
        with self.connection_pool.lent() as connection:
            connection.send_packed_command(connection.pack_commands(commands))
            return [self._reply(connection, command[0]) for command in commands]

    def _reply(self, connection: Any, name: str) -> Any:
        try:
            return self.parse_response(connection, name)  # type: ignore[no-untyped-call]
        except ResponseError as error:
            return error

    def forget(self, error: Exception) -> None:
        """After a change of roles all idle connections lead to the wrong server; a dead one is closed by itself."""
        if isinstance(error, ReadOnlyError) or _role_changed(error):
            self.connection_pool.disconnect(inuse_connections=False)

    def node_of(self, key: str) -> Redis:
        """The server that has the key."""
        return self


class _Cluster(RedisCluster):  # type: ignore[misc]
    def determine_slot(self, *args: Any) -> int | None:
        """A script's keys are all of one shard: the first one tells the slot (Redis looks at the others)."""
        if args[0] in ("EVALSHA", "EVAL"):
            return int(self.keyslot(args[3]))  # type: ignore[no-untyped-call]
        slot: int | None = super().determine_slot(*args)
        return slot


class SteadyCluster(RedisClusterCommands):  # type: ignore[misc]
    """A cluster, looked at when first used."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self._url = url
        self._options = options

    @cached_property
    def _cluster(self) -> Any:
        return _Cluster.from_url(
            self._url, retry=Retry(NoBackoff(), 0), require_full_coverage=False, **self._options
        )

    def _execute(self, *args: Any, **options: Any) -> Any:
        return self._cluster.execute_command(*args, **options)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        return again(self._execute, *args, over=lambda _: None, **options)

    def forget(self, error: Exception) -> None:
        """Look at the cluster anew, whatever has become of it."""
        with suppress(RedisError, RedisClusterException):
            self._cluster.nodes_manager.initialize()

    def node_of(self, key: str) -> Redis:
        """The primary that has the key, as far as is known."""
        node: Redis = self._cluster.get_redis_connection(self._cluster.get_node_from_key(key))
        return node

    def close(self) -> None:
        """Close all connections; what is sent later opens new ones."""
        if "_cluster" in self.__dict__:
            self._cluster.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_cluster":
            raise AttributeError(name)
        return getattr(
            self._cluster, name
        )  # get_primaries, get_encoder, … what the commands ask of their client


@contextmanager
def available() -> Iterator[None]:
    """Turn Redis' errors into QueueUnavailable: down, starting, read-only or out of memory, nothing is accepted."""
    try:
        yield
    except (RedisError, RedisClusterException) as error:
        raise QueueUnavailable(f"The queue (Redis) {reason(error)}") from error
