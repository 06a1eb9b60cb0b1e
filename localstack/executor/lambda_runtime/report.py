"""The lines that Lambda itself writes into a function's log, around what the function wrote."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Report:
    """One invocation as the platform saw it: times in milliseconds, memory in MB.

    `init` is the time that the function took to load, when this invocation waited for it; `trouble` why the platform
    ended it, if it did.
    """

    request_id: str
    version: str
    duration: float
    memory_size: int
    memory_used: int
    init: float | None = None
    trouble: str = ""

    def around(self, written: str) -> str:
        """The whole log of the invocation. Source: docs.aws.amazon.com/lambda/latest/dg/python-logging.html."""
        if written and not written.endswith("\n"):
            written += "\n"
        return (
            f"START RequestId: {self.request_id} Version: {self.version}\n{written}{self._trouble()}"
            f"END RequestId: {self.request_id}\n{self._report()}\n"
        )

    def _report(self) -> str:
        parts = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration:.2f} ms",
            f"Billed Duration: {math.ceil(self.duration)} ms",
            f"Memory Size: {self.memory_size} MB",
            f"Max Memory Used: {self.memory_used} MB",
        ]
        if self.init is not None:
            parts.append(f"Init Duration: {self.init:.2f} ms")
        return "\t".join([*parts, ""])

    def _trouble(self) -> str:
        if not self.trouble:
            return ""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return f"{now}Z {self.request_id} {self.trouble}\n"
