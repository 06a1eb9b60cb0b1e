"""A real PostgreSQL for tests: a cluster of its own in a folder, on a socket there and a port of the loopback interface."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from cli.embedded_redis import free_port
from localstage.database import USER as _USER
from localstage.database import programs


class PostgresServer:
    """One server. It refuses to run as root, so root runs it as the user that the package made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._as = {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}
        self._programs = programs() or Path()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What DATABASE_URL says of it."""
        return f"postgresql://creditrisk@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make the cluster's files."""
        if self._as:
            owner = pwd.getpwnam(_USER)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "creditrisk", "-A", "trust", "-E", "UTF8", "-N"
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1", "-c", "fsync=off"]
        self.process = subprocess.Popen(
            [self._programs / "postgres", "-D", str(self.folder / "data"), *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **self._as,
        )  # fmt: skip
        self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "60", until_it_succeeds=True)

    def kill(self) -> None:
        """As when the machine is gone: no client is told."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None

    def _run(self, program: str, *arguments: str, until_it_succeeds: bool = False) -> None:
        while True:
            done = subprocess.run(
                [self._programs / program, *arguments], capture_output=True, text=True, cwd="/", **self._as
            )
            if done.returncode == 0:
                return
            if not until_it_succeeds or (self.process and self.process.poll() is not None):
                raise RuntimeError(f"{program}: {done.stderr or done.stdout}")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server with nothing in it, until the block ends."""
    folder = Path(mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path is short
    server = PostgresServer(folder)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
