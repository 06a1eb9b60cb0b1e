"""Ready means that an application sent now would be accepted; else the reason is said."""

import resource
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.load import wait_until
from cli.embedded_redis import find_redis_server
from creditrisk.errors import QueueUnavailable
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from web import create_app


@contextmanager
def server(folder: Path, *options: str) -> Iterator[str]:
    """A bare redis-server with these options; its URL."""
    path = folder / "bare.sock"
    command = [find_redis_server(), "--port", "0", "--unixsocket", str(path), "--dir", str(folder), *options]
    log = (folder / "bare.log").open("wb")
    # SIGXFSZ stays ignored as Python has it: past a limit on files a write fails as on a full disk, and kills nobody.
    process = subprocess.Popen(command, stdout=log, stderr=log, restore_signals=False)
    try:
        wait_until(lambda: _accepts(path), 20, "redis-server answers")
        yield f"unix://{path}"
    finally:
        process.kill()
        process.wait()
        log.close()


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def client_of(url: str) -> FlaskClient:
    settings = Settings(redis_url=url, wait_seconds=0.0)
    return create_app(settings, Intake.connect(settings)).test_client()


def refusal(client: FlaskClient) -> str:
    """The reason of a form that is not ready; empty when it is."""
    reply = client.get("/readyz")
    body: dict[str, Any] = reply.get_json()
    if reply.status_code == 200:
        assert body == {"status": "ready"}
        return ""
    assert (reply.status_code, body["status"]) == (503, "unavailable")
    assert reply.headers["Retry-After"]
    return str(body["reason"])


def test_a_full_redis_is_not_ready_until_there_is_room(redis: Redis, redis_url: str) -> None:
    client = client_of(redis_url)
    assert refusal(client) == ""
    redis.config_set("maxmemory", 1)
    try:
        assert "its memory is full" in refusal(client)
        assert client.get("/healthz").status_code == 200
    finally:
        redis.config_set("maxmemory", 0)
    assert refusal(client) == ""


def test_a_redis_that_misses_its_replicas_is_not_ready(redis: Redis, redis_url: str) -> None:
    redis.config_set("min-replicas-to-write", 1)
    try:
        assert "replicas" in refusal(client_of(redis_url))
    finally:
        redis.config_set("min-replicas-to-write", 0)


def test_a_read_only_replica_is_not_ready(tmp_path: Path) -> None:
    with server(tmp_path, "--replicaof", "127.0.0.1", "1") as url:
        with Redis.from_url(url) as redis:
            assert redis.ping()
        assert "read-only replica; set REDIS_URL to its primary" in refusal(client_of(url))


def test_a_redis_whose_disk_is_full_is_not_ready_until_there_is_room(tmp_path: Path) -> None:
    with server(tmp_path, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "") as url:
        client = client_of(url)
        assert refusal(client) == ""
        with Redis.from_url(url) as redis:
            pid = redis.info("server")["process_id"]
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
            wait_until(lambda: "cannot write to its disk" in refusal(client), 20, "it is noticed")
            with pytest.raises(RedisError, match="MISCONF"):
                redis.set("key", 1)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
            wait_until(lambda: refusal(client) == "", 20, "it is ready again")


def test_a_user_who_may_not_write_is_not_ready(tmp_path: Path) -> None:
    with server(tmp_path, "--user", "default", "on", "nopass", "~*", "+@read", "+@connection") as url:
        assert "refuses the user or password" in refusal(client_of(url))


def test_a_wrong_password_is_not_ready_and_not_told(tmp_path: Path) -> None:
    with server(tmp_path, "--requirepass", "right") as url:
        reason = refusal(client_of(f"{url}?password=wrong"))
        assert "refuses the user or password" in reason
        assert "wrong" not in reason


def test_where_nothing_listens_is_not_ready(tmp_path: Path) -> None:
    reason = refusal(client_of(f"unix://{tmp_path}/none.sock"))
    assert "does not answer" in reason
    assert str(tmp_path) not in reason


def test_a_redis_on_tcp_is_reached_as_well(tmp_path: Path, settings: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with server(tmp_path, "--port", str(port), "--bind", "127.0.0.1"):
        intake = Intake.connect(replace(settings, redis_url=f"redis://127.0.0.1:{port}/0"))
        intake.check()
        with pytest.raises(QueueUnavailable, match="does not answer"):
            Intake.connect(replace(settings, redis_url="redis://127.0.0.1:1/0")).check()


def test_a_redis_that_takes_a_word_and_has_no_room_for_an_application_is_not_ready(
    redis: Redis, redis_url: str
) -> None:
    client = client_of(redis_url)
    assert refusal(client) == ""
    used: Any = redis.info("memory")
    redis.config_set("maxmemory", used["used_memory"] + 20_000)
    try:
        assert redis.set("word", 1)
        assert "no room" in refusal(client)
    finally:
        redis.config_set("maxmemory", 0)
    assert refusal(client) == ""


def test_a_queue_that_is_full_is_not_ready(redis: Redis, redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, wait_seconds=0.0, max_queue=2)
    client = create_app(settings, Intake.connect(settings)).test_client()
    redis.rpush("rq:queue:applications", "one")
    assert refusal(client) == ""
    redis.rpush("rq:queue:applications", "two")
    assert "Too many" in refusal(client)
