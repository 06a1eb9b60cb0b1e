"""The whole system in its own processes, as `make run` starts it, and the way in over HTTP."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.embedded_redis import free_port, url_of
from creditrisk.application import Value
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from tests.e2e.chaos.stage import BUSY, LEASE_SECONDS, ROOT, wait_until

_MARKS = {"scorer": "cli\0worker", "form": "gunicorn", "redis": "redis-server"}


class House:
    """`creditrisk serve` on a folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self._environment = {"LEASE_SECONDS": str(LEASE_SECONDS)} | environment
        self.port = free_port()
        self._log = folder / f"serve-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        environment = {
            name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "HISTORY_URL")
        }
        command = [
            sys.executable,
            "-m",
            "cli",
            "serve",
            "--port",
            str(self.port),
            "--data",
            str(self.folder / "data"),
        ]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment | self._environment,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: "Ready:" in self.log or self.process.poll() is not None, 30, "the system is ready")  # type: ignore[union-attr]
        assert self.process.poll() is None, self.log
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process and self.process.poll() is None:
            children = [pid for name in _MARKS for pid in self.pids(name)]
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                for pid in (self.process.pid, *children):
                    _kill(pid)
                self.process.wait()

    @property
    def alive(self) -> bool:
        """Whether it has not given up."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> str:
        """What it said."""
        return self._log.read_text()

    def pids(self, name: str) -> list[int]:
        """The processes of the scorer, the form or redis: those of our own tree alone."""
        assert self.process
        return [pid for pid in _descendants(self.process.pid) if _MARKS[name] in _command(pid)]

    def kill(self, name: str) -> None:
        """SIGKILL."""
        for pid in self.pids(name):
            _kill(pid)

    def settings(self) -> Settings:
        """Settings of someone who looks at the same Redis and history."""
        data = self.folder / "data"
        return Settings(redis_url=url_of(data / "redis"), history_url=str(data / "history"))

    def intake(self) -> Intake:
        """An intake beside the form's."""
        return Intake.connect(self.settings())

    def post(self, path: str, application: Mapping[str, Value], **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer. Raises OSError or HTTPException when none comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        sent = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        try:
            connection.request("POST", path, json.dumps(application).encode(), sent)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def post_until_answered(
        self, path: str, application: Mapping[str, Value], seconds: float = 30, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """As a patient client: sends it again, under the same key, until an answer comes that is no refusal."""
        deadline = time.monotonic() + seconds * BUSY
        while True:
            try:
                status, body = self.post(path, application, **headers)
                if status != 503:
                    return status, body
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < deadline, f"no answer within {seconds * BUSY} s\n{self.log[-2000:]}"
            time.sleep(0.1)


def runs(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be buried."""
    try:
        return not Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return False


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [found for child in children for found in (child, *_descendants(child))]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
