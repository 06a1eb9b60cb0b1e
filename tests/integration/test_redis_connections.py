"""The connections to Redis are lent without a look at them: what is wrong with one costs nobody a command."""

import os
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, ResponseError

from creditrisk import redis_client
from creditrisk.redis_client import SteadyRedis

pytestmark = pytest.mark.needs("redis-server")


@pytest.fixture
def client(redis_url: str) -> Iterator[SteadyRedis]:
    with closing(redis_client.connect(redis_url)) as steady:
        yield steady


def number_of(client: SteadyRedis) -> int:
    """Which connection the server sees."""
    return int(client.execute_command("CLIENT", "ID"))


def test_one_connection_is_enough_for_one_command_after_another(client: SteadyRedis) -> None:
    assert number_of(client) == number_of(client)


def test_a_connection_that_the_server_closed_meanwhile_costs_no_command(
    client: SteadyRedis, redis: Redis
) -> None:
    redis.client_kill_filter(_id=str(number_of(client)))
    assert client.execute_command("SET", "a", "b")
    redis.client_kill_filter(_id=str(number_of(client)))
    with pytest.raises(RedisConnectionError):  # nothing is tried again here; `Together` does so
        client.replies([("GET", "a")])
    assert client.replies([("GET", "a")]) == [b"b"]


def test_nobody_reads_the_reply_to_another_ones_command(client: SteadyRedis) -> None:
    before = number_of(client)
    with suppress(KeyboardInterrupt), client.connection_pool.lent() as connection:
        connection.send_command("ECHO", "somebody else's")
        raise KeyboardInterrupt
    assert client.execute_command("ECHO", "mine") == b"mine"
    assert number_of(client) != before


def test_an_error_that_redis_tells_is_a_reply(client: SteadyRedis) -> None:
    before = number_of(client)
    client.execute_command("SET", "text", "a")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        client.execute_command("LPOP", "text")
    first, second, third = client.replies([("GET", "text"), ("LPOP", "text"), ("STRLEN", "text")])
    assert (first, third) == (b"a", 1)
    assert isinstance(second, ResponseError)
    assert number_of(client) == before


def test_a_server_that_became_a_replica_is_left(client: SteadyRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    before = number_of(client)
    parse = client.parse_response
    told = [ReadOnlyError("You can't write against a read only replica.")]

    def refused(*arguments: object, **options: object) -> object:
        reply = parse(*arguments, **options)
        if told:
            raise told.pop()
        return reply

    monkeypatch.setattr(client, "parse_response", refused)
    assert client.execute_command("SET", "a", "b")
    assert number_of(client) != before


def test_who_finds_all_connections_in_use_is_told(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_client, "CONNECTIONS", 1)
    monkeypatch.setattr(redis_client, "PATIENCE", 0.05)
    with (
        closing(redis_client.connect(redis_url)) as narrow,
        narrow.connection_pool.lent(),
        pytest.raises(RedisConnectionError, match="in use"),
    ):
        narrow.execute_command("PING")


def test_a_process_that_was_forked_has_connections_of_its_own(client: SteadyRedis) -> None:
    before = number_of(client)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, str(number_of(client)).encode())
        finally:
            os._exit(0)  # whatever it met: the other tests are not the child's to run
    os.close(write)
    told = os.read(read, 100)
    os.close(read)
    assert os.waitpid(child, 0) == (child, 0)
    assert int(told) != before
    assert number_of(client) == before
