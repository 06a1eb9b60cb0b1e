"""One execution environment of a function."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lambda_runtime.api import InitFailed, Invocation, RuntimeApi
from lambda_runtime.child import Child, Exited, TimedOut
from lambda_runtime.function import Function
from lambda_runtime.report import Report


@dataclass(frozen=True)
class Answer:
    """What an invocation gave: the payload, in JSON, whether that is an error's, and the invocation's log."""

    payload: bytes
    error: bool
    log: str

    @property
    def answer(self) -> Any:
        """The payload as Python has it."""
        return json.loads(self.payload)


class ExecutionEnvironment:
    """Runs a function in a child process and hands it one invocation at a time; as a context manager, from start to stop.

    A function that cannot be loaded, that runs out of time or whose process ends is started afresh by its next
    invocation, which then reports the error, with the log, as AWS does.
    """

    def __init__(self, function: Function, log: Path) -> None:
        """`log` is the file that the function writes into."""
        self._function = function
        self._log = log
        self._log.touch()
        self._child: Child | None = None
        self._init: float | None = None
        """Milliseconds that the last start took, until an invocation has reported it."""
        self._memory_used = 0

    def start(self) -> None:
        """Load the function. One that cannot be loaded is told by its first invocation."""
        try:
            self._load()
        except (InitFailed, TimedOut, Exited):
            self.stop()

    def stop(self) -> None:
        """End the process, at once."""
        child, self._child = self._child, None
        if child:
            self._memory_used = child.memory_used()
            child.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def invoke(self, event: object) -> Answer:
        """Run the handler once on an event."""
        return self.run(Invocation(json.dumps(event).encode()))

    def run(self, invocation: Invocation) -> Answer:
        """Run the handler once. The time limit counts from the moment at which the function is loaded."""
        offset, trouble = self._log.stat().st_size, ""
        started = time.time()
        try:
            child = self._child if self._child and self._child.alive else self._reload()
            started = time.time()
            body, is_error = child.invoke(invocation, self._function.timeout)
        except (InitFailed, TimedOut, Exited) as error:
            self.stop()
            body, is_error = _payload(error, invocation.id), True
            trouble = "" if isinstance(error, InitFailed) else str(error)  # the client has written that one
        return Answer(
            body, is_error, self._report(invocation.id, started, trouble).around(self._text(offset))
        )

    @property
    def log(self) -> str:
        """Everything the function wrote."""
        return self._text(0)

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the function's process has taken since it started. Linux."""
        assert self._child is not None
        return self._child.cpu_seconds()

    def _reload(self) -> Child:
        self.stop()
        return self._load()

    def _load(self) -> Child:
        began = time.time()
        self._child = Child(self._function, RuntimeApi(), self._log)
        self._child.wait_until_ready()
        self._init = (time.time() - began) * 1000
        return self._child

    def _report(self, request_id: str, started: float, trouble: str) -> Report:
        self._memory_used = max(self._memory_used, self._child.memory_used() if self._child else 0)
        init, self._init = self._init, None
        return Report(
            request_id=request_id,
            version=self._function.version,
            duration=(time.time() - started) * 1000,
            memory_size=self._function.memory_size,
            memory_used=self._memory_used,
            init=init,
            trouble=trouble,
        )

    def _text(self, offset: int) -> str:
        """What the function wrote since `offset`."""
        with self._log.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")


def _payload(error: InitFailed | TimedOut | Exited, request_id: str) -> bytes:
    """The error as Lambda words it."""
    if isinstance(error, InitFailed):
        return error.payload
    kind = "Sandbox.Timedout" if isinstance(error, TimedOut) else "Runtime.ExitError"
    return json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {error}"}).encode()
