"""Layers on the disk, for the tests of whatever makes, keeps and replaces them."""

from pathlib import Path

ROOT = Path(__file__).parents[3]
LAYER = ROOT / "layers" / "model" / "pickles"
"""The layer that comes with the project."""


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
