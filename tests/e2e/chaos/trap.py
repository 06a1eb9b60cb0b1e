"""A trap: a signal that a scorer's process sends itself the moment it comes to a named step of the drain."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redis.connection import AbstractConnection

import creditrisk.queue.opening as opening_module
import functions.scorer.assembly as assembly_module
from creditrisk.decision import Answer
from creditrisk.history import Record
from creditrisk.queue import ApplicationQueue, Claim
from creditrisk.queue.scripts import pair, script
from functions.scorer.drain import Drain

STEPS = ("claimed", "scored", "half-written", "written", "recorded", "finish-asked", "finished")
"""In the drain's order. half-written: half of the batch's bytes are in history.csv; written: all, but not yet forced to
the disk; finish-asked: Redis was asked to finish, its reply is not read."""


class Trap:
    """Springs once, at the `nth` time that the process comes to `step`."""

    def __init__(self, step: str, number: signal.Signals, nth: int = 1) -> None:
        self.step = step
        self.number = number
        self.left = nth

    def at(self, step: str) -> None:
        """The process has come to `step`."""
        if step == self.step:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), self.number)

    def lay(self) -> None:
        """Put the trap into this process: around the drain, the queue's finish and the system's write."""
        assembly_module.Drain = self._drain()  # type: ignore[misc,attr-defined]
        opening_module.ApplicationQueue = self._queue()  # type: ignore[misc,attr-defined]
        if self.step in ("half-written", "written"):
            os.pwrite = self._pwrite()

    def _drain(self) -> type[Drain]:
        trap = self

        class TrappedDrain(Drain):
            def _read(self, claims: Sequence[Claim]) -> Any:
                trap.at("claimed")
                return super()._read(claims)

            def _record(self, records: Sequence[Record]) -> list[Answer]:
                trap.at("scored")
                answers = super()._record(records)
                trap.at("recorded")
                return answers

            def _finish(self, answers: Sequence[Answer], will_go_on: Callable[[], bool]) -> None:
                super()._finish(answers, will_go_on)
                trap.at("finished")

        return TrappedDrain

    def _queue(self) -> type[ApplicationQueue]:
        trap = self

        class TrappedQueue(ApplicationQueue):
            def finish(
                self, scorer: str, answers: Mapping[str, Mapping[str, Any]], claim_next: int = 0
            ) -> int:
                if trap.step == "finish-asked":
                    for _, text in (script("finish"), pair("finish", "claim")):
                        self.redis.script_load(text)
                    read = AbstractConnection.read_response

                    def unread(connection: AbstractConnection, *args: Any, **kwargs: Any) -> Any:
                        trap.at("finish-asked")
                        return read(connection, *args, **kwargs)

                    AbstractConnection.read_response = unread  # type: ignore[assignment]
                return super().finish(scorer, answers, claim_next)

        return TrappedQueue

    def _pwrite(self) -> Any:
        write = os.pwrite

        def trapped(file: int, data: Any, offset: int) -> int:
            if self.step == "half-written":
                write(file, bytes(data)[: len(data) // 2], offset)
                self.at("half-written")
            written = write(file, data, offset)
            self.at("written")
            return written

        return trapped
