"""The checkout as a stranger gets it: without anything that was ever installed, built or entered in it."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
_MADE_HERE = (
    ".venv", "node_modules", "build", "data", ".git", ".localstack", ".serverless", ".*_cache", "__pycache__",
)  # fmt: skip


def fresh_copy(folder: Path) -> Path:
    """A copy in this folder, which is made; a change to it harms nothing."""
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*_MADE_HERE))
