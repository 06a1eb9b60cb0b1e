"""A copy of the checkout, in which a file may be changed without harm, and the tests run on it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.fresh import fresh_copy
from tests.mutants.places import Mutant

PACKAGES = ("", "layers/common/python", "layers/model/python")
_turn = count(1)


class Copy:
    """A copy in this folder, which is made; only one change at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = fresh_copy(folder)
        self.path = os.pathsep.join(str(folder / package) for package in PACKAGES)

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """The change stands in the file. Each has a time of its own, or Python would take the last one's bytecode."""
        path = self.folder / mutant.path
        before, times = path.read_bytes(), path.stat()
        try:
            path.write_text(mutant.code, encoding="utf-8")
            os.utime(path, (0, 1_000_000_000 + 10 * next(_turn)))
            yield
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def pytest(
        self, arguments: list[str], timeout: float | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """The tests of the copy, on the code of the copy, in its child processes, too. Raises TimeoutExpired."""
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0",
            f"--basetemp={self.folder / '.tmp'}", *arguments,
        ]  # fmt: skip
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": self.path} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, process.returncode, output)
