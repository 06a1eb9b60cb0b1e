"""The systems that are measured, each as the processes that it is made of."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from benchmarks.load import closed_loop, wait_until
from benchmarks.processor import below
from cli.embedded_redis import EmbeddedRedis, free_port


@dataclass(frozen=True)
class System:
    """A running system: where it takes applications, and what lies behind."""

    url: str
    redis: EmbeddedRedis
    folder: Path
    pid: int
    """The process that began all others but Redis."""


@contextmanager
def process(
    command: list[str], environment: dict[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process, begun in `folder`, that ends with the block, and so do the processes that it began."""
    child = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        began = below(child.pid)
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.wait(10)
        # What outlives its parent would slow what is measured next; some peers' workers are no longer of its group.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        for pid in began[1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def redis_server(folder: Path, appendfsync: str = "always") -> Iterator[EmbeddedRedis]:
    """A real redis-server on an append-only file."""
    server = EmbeddedRedis(folder, appendfsync)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def whole_system(folder: Path | None = None, checkout: Path | None = None) -> Iterator[System]:
    """This project, as `creditrisk serve` runs it; ready once it has answered an application. Another `checkout` of it
    runs with its own Python."""
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(redis_server(place / "redis"))
        port = free_port()
        environment = {"REDIS_URL": redis.url, "HISTORY_URL": str(place / "history"), "LOG_LEVEL": "WARNING"}
        python = str(checkout / ".venv/bin/python") if checkout else sys.executable
        command = [python, "-m", "cli", "serve", "--port", str(port), "--data", str(place)]
        child = stack.enter_context(process(command, environment, checkout))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _listens(port), 60, "the form")
        wait_until(lambda: _ready(f"{url}/readyz"), 60, "the system")
        yield System(f"{url}/predict", redis, place, child.pid)


@contextmanager
def peer_system(python: str, name: str, model: Path, body: bytes) -> Iterator[tuple[str, int]]:
    """A peer, run by the Python that has it, once it answers a `body`; gives where it takes such, and its process."""
    port = free_port()
    command = [python, "-m", f"benchmarks.peers.{name}", str(port), str(model)]
    with process(command, {}, Path(__file__).resolve().parents[1]) as child:
        url = f"http://127.0.0.1:{port}/predict"
        wait_until(lambda: _listens(port) and closed_loop(url, [body], 1, 0).answered, 120, name)
        yield url, child.pid


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def usual_system() -> Iterator[System]:
    """The baseline: the usual design's API process and model process."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(redis_server(place / "redis", "everysec"))
        port = free_port()
        environment = {"REDIS_URL": redis.url}
        api = [
            "-m",
            "gunicorn",
            "benchmarks.usual:create_app()",
            "--bind",
            f"127.0.0.1:{port}",
            "--threads",
            "64",
            "--no-control-socket",
        ]
        stack.enter_context(process([sys.executable, *api], environment))
        child = stack.enter_context(
            process([sys.executable, "-m", "benchmarks.usual", str(place / "history.csv")], environment)
        )
        client = Redis.from_url(redis.url)
        wait_until(lambda: _listens(port) and client.exists("usual:ready") == 1, 120, "the baseline")
        yield System(f"http://127.0.0.1:{port}/predict", redis, place, child.pid)


def bodies(applications: Iterator[dict[str, object]]) -> list[bytes]:
    """Applications as the JSON that a client sends."""
    return [json.dumps(application).encode() for application in applications]
