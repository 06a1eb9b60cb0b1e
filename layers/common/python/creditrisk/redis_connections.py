"""The connections to Redis, for commands that are sent again whenever something is wrong with one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from redis import BlockingConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError


class Connections(BlockingConnectionPool):
    """redis-py's pool, and a shorter way to its connections.

    Before redis-py lends a connection, it asks the system whether the server has closed it, and it counts for its metrics
    when one goes out and comes back: together that costs as much as the command. Here nobody looks. What is wrong with a
    connection shows when it is used; then it is closed, and the command is sent again on another one.
    """

    @contextmanager
    def lent(self) -> Iterator[Any]:
        """A connection, connected when it is first used; waits for one when all are lent. It is closed where the block ends
        with replies that nobody has read. Raises redis-py's ConnectionError when none comes back in time."""
        connection = self._take()
        try:
            yield connection
        except ResponseError:  # a reply, read like any other
            raise
        except BaseException:
            connection.disconnect()
            raise
        finally:
            self.pool.put_nowait(connection)

    def _take(self) -> Any:
        if self.pid != os.getpid():  # what is here is of the process that this one was forked from
            return self.get_connection()  # type: ignore[no-untyped-call]
        try:
            connection = self.pool.get(timeout=self.timeout)
        except Empty:
            raise RedisConnectionError("All connections are in use.") from None
        return self.make_connection() if connection is None else connection  # type: ignore[no-untyped-call]
