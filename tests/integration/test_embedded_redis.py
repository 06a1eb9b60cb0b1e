"""The embedded Redis: alone on its folder, and on it again with all that it accepted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis

from cli.embedded_redis import EmbeddedRedis, NoRedisServer


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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
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
    deadline = time.monotonic() + 10
    while (
        Path(f"/proc/{server}").exists()
        and "Z" not in Path(f"/proc/{server}/stat").read_text().rpartition(") ")[2]
    ):
        assert time.monotonic() < deadline, "redis-server lives on without its parent"
        time.sleep(0.02)
    assert os.path.exists(tmp_path / "redis.log")
