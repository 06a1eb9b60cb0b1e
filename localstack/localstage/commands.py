"""Running other programs."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class CommandFailed(Exception):
    """A step could not be done; its text is what to tell the person."""


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> str:
    """Run a program to its end; returns what it printed, which is shown too unless `quiet`. Raises CommandFailed."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
        )
    except FileNotFoundError:
        raise CommandFailed(f"{name} is not installed.") from None
    if done.returncode:
        last = "\n".join((done.stdout or "").strip().splitlines()[-15:])
        raise CommandFailed(
            f"{name} {' '.join(map(str, command[1:3]))} … failed (exit status {done.returncode}). {last}".strip()
        )
    return done.stdout or ""


def is_running(process_id: int, words: str) -> bool:
    """Whether this process lives and has `words` in its command line: an id alone may have passed to another program."""
    try:
        return words in Path(f"/proc/{process_id}/cmdline").read_text(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return False
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(process_id)], capture_output=True, text=True)
    return words in shown.stdout


def end(process_id: int, words: str, seconds: float = 10) -> None:
    """End a process that we started, kindly, then by force. A process group goes as a whole."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
        deadline = time.monotonic() + patience
        if not is_running(process_id, words):
            return
        os.kill(process_id, number)
        while is_running(process_id, words) and time.monotonic() < deadline:
            time.sleep(0.05)
