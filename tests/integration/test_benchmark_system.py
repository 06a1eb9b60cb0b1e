"""What a benchmark starts ends with it."""

import sys
from pathlib import Path

from benchmarks.load import wait_until
from benchmarks.system import process


def test_a_worker_in_a_session_of_its_own_ends_with_who_began_it(tmp_path: Path) -> None:
    """As BentoML begins its workers."""
    told = tmp_path / "pid"
    worker = "import time; time.sleep(600)"
    parent = f"""
import signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
worker = subprocess.Popen([sys.executable, "-c", {worker!r}], start_new_session=True)
open({str(told)!r}, "w").write(str(worker.pid))
worker.wait()
"""
    with process([sys.executable, "-c", parent], {}):
        wait_until(lambda: told.is_file() and told.read_text(), 30, "the worker")
        pid = int(told.read_text())
    wait_until(lambda: not _runs(pid), 30, "the worker's end")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
