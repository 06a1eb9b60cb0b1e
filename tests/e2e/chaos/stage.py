"""The stage of one scenario: a Redis, a history, scorers, and the crowd; everything ends with it, by process id."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import load
from cli.embedded_redis import EmbeddedRedis
from creditrisk.errors import QueueUnavailable
from creditrisk.history.records import HEADER
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from functions.scorer.assembly import load_model
from functions.scorer.drain import Model
from tests.e2e.chaos.applicants import PlainModel
from tests.e2e.chaos.crowd import Crowd
from tests.e2e.chaos.ledger import Figures, Ledger, audit

ROOT = Path(__file__).parents[3]
LEASE_SECONDS = 1.0
Process = subprocess.Popen[bytes]
BUSY = 6
"""How many times as long as a quiet machine a busy one may take: nothing is waited for in vain but a failure."""


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for a condition; `seconds` are those of a quiet machine."""
    load.wait_until(condition, seconds * BUSY, what)


class Stage:
    """Where a scenario plays, in a `folder` of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        batch_size: int = 16,
        model: str = "plain",
        history_url: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.redis = EmbeddedRedis(folder / "redis", appendfsync="always")
        self.settings = Settings(
            redis_url=self.redis.url,
            history_url=history_url or str(folder / "history"),
            lease_seconds=LEASE_SECONDS,
            batch_size=batch_size,
        )
        self.model_kind = model
        self.environment = dict(environment or {})
        self.processes: list[Process] = []
        self.ledger = Ledger()
        self.intake = Intake.connect(self.settings)
        self.crowd = Crowd(self.intake, self.ledger)

    def __enter__(self) -> Self:
        self.redis.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            kill(process)
        self.intake.queue.redis.close()
        self.redis.stop()

    @property
    def history_path(self) -> Path:
        """The history's file."""
        return Path(self.settings.history_url) / "history.csv"

    @property
    def log(self) -> str:
        """What the scorers said."""
        path = self.folder / "scorers.log"
        return path.read_text() if path.exists() else ""

    def model(self) -> Model:
        """The model that the scorers have, for the scores that are expected."""
        return load_model(self.settings) if self.model_kind == "real" else PlainModel()

    def scorer(self, *options: str) -> Process:
        """Start a scorer (see tests/e2e/chaos/scorer.py for its options)."""
        settings = self.settings
        environment = os.environ | self.environment | {
            "REDIS_URL": settings.redis_url,
            "HISTORY_URL": settings.history_url,
            "LEASE_SECONDS": str(settings.lease_seconds),
            "BATCH_SIZE": str(settings.batch_size),
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.e2e.chaos.scorer", "--model", self.model_kind, *options]
        with (self.folder / "scorers.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def settle(self, seconds: float = 40) -> None:
        """Wait until nothing waits and nothing is claimed."""
        try:
            wait_until(self._settled, seconds, "the queue is empty")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.intake.queue.state()}\n{self.log[-3000:]}") from None

    def _settled(self) -> bool:
        try:
            state = self.intake.queue.state()
        except QueueUnavailable:
            return False
        return not state.waiting and not state.claimed

    def raw_lines(self) -> list[str]:
        """The history's lines as they stand in the file, the header taken off."""
        if not self.history_path.exists():
            return []
        text = self.history_path.read_text(encoding="utf-8")
        assert text.startswith(HEADER), "the history has a header"
        assert text.count(HEADER) == 1, "the history has one header"
        return text.removeprefix(HEADER).splitlines(keepends=True)

    def figures(self, poisoned: Sequence[str] = (), note: str = "") -> Figures:
        """The scenario's end: what became of every application."""
        return audit(self.ledger, self.raw_lines(), self.intake, self.model(), poisoned, note)


def kill(process: Process) -> None:
    """SIGKILL, and wait until it is gone; a stopped process, too, ends by it."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def died_of_kill(process: Process, seconds: float = 20) -> None:
    """Wait until a scorer that is to kill itself has done so."""
    try:
        status = process.wait(seconds * BUSY)
    except subprocess.TimeoutExpired:
        raise AssertionError("a scorer did not come to the step at which it was to die") from None
    assert status == -signal.SIGKILL, f"a scorer ended with status {status} instead of by SIGKILL"


def is_stopped(process: Process) -> bool:
    """Whether the process stands still after a SIGSTOP."""
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(") ")[2].startswith("T")
