"""What one application costs Redis: processor time, memory and connections, measured on a real redis-server, with TLS."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from cli.embedded_redis import EmbeddedRedis
from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.queue import ApplicationQueue
from models.synthetic import synthetic_applicants

_ANSWER: dict[str, Any] = {
    "probability": 0.23456789012345,
    "prediction": 0,
    "decision": "approved",
    "threshold": 0.5,
    "model": "lightgbm",
    "model_version": "0123456789ab",
    "scored_at": "2026-11-23T00:00:00.000Z",
    "reasons": [{"field": "MONTHS_IN_RESIDENCE", "contribution": -0.1, "text": "12"}] * 4,
    "unknown": [],
    "challenger": None,
    "challenger_probability": None,
}


@dataclass(frozen=True)
class RedisCost:
    """Per application: Redis' processor microseconds and bytes kept; per connection: bytes."""

    tls: bool
    accept_microseconds: float
    """For accepting an application."""
    rest_microseconds: float
    """For all the rest: claim, what is held, finish, and who waits for the answer."""
    bytes_kept: float
    bytes_waiting: float
    bytes_per_connection: float

    @property
    def microseconds(self) -> float:
        """For an application's whole way."""
        return self.accept_microseconds + self.rest_microseconds

    @property
    def rate(self) -> float:
        """Applications per second that one Redis thread carries at four fifths of its time."""
        return 0.8e6 / self.microseconds


def measure(count: int = 4_000, batch: int = 64) -> RedisCost:
    """Send `count` applications through the queue's own steps, as form and scorer do; through TLS where the redis-server
    that is installed, and openssl, can."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with suppress(OSError, subprocess.SubprocessError, TimeoutError), _with_tls(folder) as url:
            return _measure(url, count, batch)
        server = EmbeddedRedis(folder, appendfsync="everysec")
        server.start()
        try:
            return _measure(server.url, count, batch)
        finally:
            server.stop()


@contextmanager
def _with_tls(folder: Path) -> Iterator[str]:
    """The address of a Redis that speaks TLS alone, as a managed one does."""
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("redis-server")
    names: list[str | Path] = [
        "-subj",
        "/CN=localhost",
        "-keyout",
        folder / "key.pem",
        "-out",
        folder / "certificate.pem",
    ]
    key: list[str | Path] = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    subprocess.run([*key, "-days", "2", *names], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"port": 0, "bind": "127.0.0.1", "tls-port": port, "tls-auth-clients": "no", "dir": folder}
    options |= {"tls-cert-file": folder / "certificate.pem", "tls-key-file": folder / "key.pem", "save": ""}
    options |= {"stream-node-max-bytes": 256, "appendonly": "yes", "appendfsync": "everysec"}
    flat = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    server = subprocess.Popen([program, *flat], stdout=subprocess.DEVNULL)
    url = f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=none"
    try:
        until = time.monotonic() + 10
        while not _answers(url):
            if server.poll() is not None or time.monotonic() > until:
                raise TimeoutError("redis-server does not start with TLS")
            time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        return bool(Redis.from_url(url).ping())
    except RedisError:
        return False


def _measure(url: str, count: int, batch: int) -> RedisCost:
    redis = Redis.from_url(url)
    queue = ApplicationQueue(redis, lease_seconds=5, result_ttl=86_400)
    applications = [(new_application_id(), application) for application in synthetic_applicants(count)]
    begin, memory = _busy(redis), _memory(redis)
    for application_id, application in applications:
        queue.submit(
            application_id, application, timestamp(), max_queue=count + 1, max_scorers=4, batch_size=batch
        )
    accepted, waiting = _busy(redis), _memory(redis)
    while claims := queue.claim("scorer", batch):
        queue.held("scorer")
        queue.finish("scorer", {claim.id: _ANSWER for claim in claims})
    for application_id, _ in applications:
        queue.result(application_id, 1)
    return RedisCost(
        tls=url.startswith("rediss:"),
        accept_microseconds=(accepted - begin) / count * 1e6,
        rest_microseconds=(_busy(redis) - accepted) / count * 1e6,
        bytes_kept=(_memory(redis) - memory) / count,
        bytes_waiting=(waiting - memory) / count,
        bytes_per_connection=_per_connection(url),
    )


def _busy(redis: Redis) -> float:
    cpu: Any = redis.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


def _memory(redis: Redis) -> int:
    memory: Any = redis.info("memory")
    return int(memory["used_memory"])


def _per_connection(url: str, count: int = 200) -> float:
    first = Redis.from_url(url)
    before = _memory(first)
    clients = [Redis.from_url(url) for _ in range(count)]
    for client in clients:
        client.ping()
    spent = _memory(first) - before
    for client in clients:
        client.close()
    return spent / count
