"""A reader of a document, who runs its commands in a shell, one block after the other."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.machine import ROOT

_NEXT = "== next block =="
_OWN = ("PORTFOLIO_DIR", "MODEL", "CHALLENGER", "HISTORY_URL", "DATABASE_URL", "POLICY", "THRESHOLD")
"""What a test's own environment may say otherwise than a reader's."""


def run_blocks(scripts: Sequence[str], folder: Path, **environment: str) -> list[str]:
    """What each block prints, run in one shell that ends with the first error; errors stand among it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"echo '{_NEXT}'\n".join(scripts)],
        cwd=folder,
        env=inherited | {"PATH": path, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3_000:]
    return done.stdout.split(f"{_NEXT}\n")
