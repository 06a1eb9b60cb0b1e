"""One child process: the runtime client around a handler, with its Runtime API and its log."""

import os
import signal
import subprocess
import threading
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

from lambda_runtime.api import Invocation, RuntimeApi
from lambda_runtime.function import Function

INIT_SECONDS = 60
"""Lambda gives a function 10 s to load; a laptop that is busy may take longer."""


class Exited(Exception):
    """The process ended by itself."""


class TimedOut(Exception):
    """The function did not answer within its time."""


class Child:
    """Runs a function's handler; every method raises Exited when the process is gone."""

    def __init__(self, function: Function, api: RuntimeApi, log: Path) -> None:
        self._api = api
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [function.python, "-m", "awslambdaric", function.handler],
                cwd=function.task,
                env=function.variables(api.address),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        threading.Thread(target=self._watch, name="lambda-child", daemon=True).start()

    def _watch(self) -> None:
        status = self._process.wait()
        self._api.abort(Exited(f"Runtime exited with error: exit status {status}"))

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def memory_used(self) -> int:
        """The most that the process has taken so far, in MB; 0 when that is not to be learnt (it is gone, or no Linux)."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            return -(-int(status.partition("VmHWM:")[2].split()[0]) // 1024)
        except (OSError, IndexError):
            return 0

    def cpu_seconds(self) -> float:
        """Processor time that the process has taken since it started. Linux."""
        ticks = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def wait_until_ready(self) -> None:
        """Wait for the function to be loaded. Raises InitFailed, TimedOut."""
        try:
            self._api.ready.result(timeout=INIT_SECONDS)
        except FutureTimeout:
            raise TimedOut(f"The function was not loaded within {INIT_SECONDS} s") from None

    def invoke(self, invocation: Invocation, seconds: float) -> tuple[bytes, bool]:
        """The handler's answer and whether it is an error. Raises TimedOut."""
        self._api.submit(invocation, seconds)
        try:
            return invocation.answer.result(timeout=seconds)
        except FutureTimeout:
            raise TimedOut(f"Task timed out after {seconds:.2f} seconds") from None

    def kill(self) -> None:
        """End the process and whatever it started."""
        if self.alive:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._api.close()
