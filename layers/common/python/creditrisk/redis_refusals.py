"""Why Redis does not take a command, in words that say what to do."""

from redis.exceptions import (
    AuthenticationError,
    ClusterCrossSlotError,
    ClusterError,
    ConnectionError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    TimeoutError,
)


def reason(error: Exception) -> str:
    """The end of a sentence that begins with "The queue (Redis)"; it quotes neither address nor data."""
    if isinstance(error, RedisClusterException):
        if "Cluster mode is not enabled" in str(error):
            return "is no cluster; begin REDIS_URL with redis:// or rediss://."
        if isinstance(error.__cause__, AuthenticationError | NoPermissionError):
            return reason(error.__cause__)
        return f"does not answer as a cluster at REDIS_URL: {type(error.__cause__ or error).__name__}."
    if isinstance(error, MovedError | ClusterCrossSlotError):
        return "is a cluster; begin REDIS_URL with redis+cluster:// or rediss+cluster://."
    if isinstance(error, ClusterError):
        return "is a cluster that lacks a part of its keys; bring its nodes back."
    if isinstance(error, AuthenticationError | NoPermissionError):
        return "refuses the user or password in REDIS_URL; set the right one."
    if isinstance(error, ConnectionError | TimeoutError):
        return f"does not answer at REDIS_URL: {type(error).__name__}."
    if isinstance(error, OutOfMemoryError):
        return "refuses to store more: its memory is full; give it more (maxmemory), or let the scorers drain it."
    if isinstance(error, ReadOnlyError):
        return "refuses to store anything: it is a read-only replica; set REDIS_URL to its primary."
    if str(error).startswith("MISCONF"):
        return "refuses to store anything: it cannot write to its disk; make room there, and see its log."
    if str(error).startswith("NOREPLICAS"):
        return "refuses to store anything: it misses its replicas; bring them back."
    return f"refuses the request: {type(error).__name__}."
