"""What processor time a running system takes, told by its parts."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
PARTS = {"gunicorn": "form", " worker": "scorer", "index follow": "index", "redis-server": "redis", "valkey-server": "redis"}  # fmt: skip
"""What a command line has in it → the part of the system that it is."""


def seconds_by_part(roots: Iterable[int]) -> dict[str, float]:
    """Processor seconds, user's and system's, that these processes and all below them have taken so far."""
    found: dict[str, float] = {}
    for root in roots:
        for pid in below(root):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            part = next((part for word, part in PARTS.items() if word in command), "rest")
            found[part] = found.get(part, 0.0) + (int(fields[11]) + int(fields[12])) / _TICKS
    return found


def below(pid: int) -> list[int]:
    """A process and all that it began, and what these began."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += below(int(child))
    except OSError:
        pass  # it has ended meanwhile
    return found
