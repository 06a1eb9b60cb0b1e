"""The files of a hand-over, read as bytes: ordinary files of known names and bounded size, and nothing else."""

import os
import stat
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from creditrisk.errors import one_line
from models.handover.errors import WrongFiles
from scoring.errors import FileMissing
from scoring.loading import GOLDEN
from scoring.manifest import MANIFEST, REFERENCE

EXPECTED: Final = "expected.csv"
"""Rows with the probabilities that the data scientist's notebook gave them."""
ROWS: Final = "reference.csv"
"""The applications that the model learned from. They are counted, and the rows themselves are not kept."""
PARTS: Final = ("encoder_hot", "std_scaler")
MODELS: Final = ("lightgbm_model", "deeplearning_model")
_KINDS: Final = {
    **dict.fromkeys(PARTS, (".pkl", ".skops")),
    "lightgbm_model": (".pkl", ".skops", ".onnx", ".txt"),
    "deeplearning_model": (".pkl", ".skops", ".onnx"),
}
_LARGEST: Final = 256 << 20
"""Most bytes of one file; a served layer has to fit into Lambda's 250 MB."""
_LARGEST_SUM: Final = 512 << 20
"""Most bytes of all parts together: there are several copies of them in memory on their way into the closed process."""
_LARGEST_TEXT: Final = 16 << 20
"""Most bytes of a file that is parsed outside the closed process: JSON of nothing but brackets takes thirty times its size
in memory."""
_LONGEST_NAME: Final = 100
_MOST_NAMES: Final = 1_000
"""Most files that a folder may hold; one with more is no hand-over."""


@dataclass
class Folder:
    """What was found: `parts` (name → bytes), the notebook's `expected` scores, the `rows` to count; of a layer that this
    project's training made also its `manifest`, `golden` rows and `reference` distributions; and the names of files that
    were left alone."""

    path: Path
    parts: dict[str, bytes] = field(default_factory=dict)
    expected: bytes | None = None
    manifest: bytes | None = None
    golden: bytes | None = None
    rows: bytes | None = None
    reference: bytes | None = None
    left_alone: list[str] = field(default_factory=list)


def read_folder(path: Path) -> Folder:
    """Read a folder. Raises WrongFiles or FileMissing, with what a hand-over consists of."""
    known = {stem + kind: stem for stem, kinds in _KINDS.items() for kind in kinds}
    found = Folder(path)
    try:
        with os.scandir(path) as entries:
            names = sorted(entry.name for entry in islice(entries, _MOST_NAMES + 1))
    except OSError as error:
        raise FileMissing(
            f"{path} cannot be read ({error.strerror}); name the folder that was handed over."
        ) from None
    if len(names) > _MOST_NAMES:
        raise WrongFiles(
            f"{path} holds more than {_MOST_NAMES:,} files; hand over a folder with the model's files alone."
        )
    for name in names:
        if name in known:
            found.parts[name] = _content(path / name)
            if sum(map(len, found.parts.values())) > _LARGEST_SUM:
                raise WrongFiles(
                    f"{path} has more than {_LARGEST_SUM >> 20} MB of models, which is the most that is read; hand over one "
                    "model, or smaller ones."
                )
        elif name == EXPECTED:
            found.expected = _content(path / name, _LARGEST_TEXT)
        elif name == MANIFEST:
            found.manifest = _content(path / name, _LARGEST_TEXT)
        elif name == GOLDEN:
            found.golden = _content(path / name, _LARGEST_TEXT)
        elif name == REFERENCE:
            found.reference = _content(path / name, _LARGEST_TEXT)
        elif name == ROWS:
            found.rows = _content(path / name)
        else:
            found.left_alone.append(one_line(name, _LONGEST_NAME))
    stems = [known[name] for name in found.parts]
    for stem in dict.fromkeys(stems):
        if stems.count(stem) > 1:
            there = ", ".join(name for name in found.parts if known[name] == stem)
            raise WrongFiles(f"{path} has {there}; hand over one of them.")
    if not set(stems) & set(MODELS):
        wanted = " or ".join(f"{stem}{'/'.join(_KINDS[stem])}" for stem in MODELS)
        raise FileMissing(
            f"{path} lacks a model: {wanted}, with encoder_hot.pkl, std_scaler.pkl as its model needs them; "
            "see docs/handover.md."
        )
    return found


def _content(path: Path, most: int = _LARGEST) -> bytes:
    """The bytes of an ordinary file; a link is not followed, a pipe not waited for. Raises WrongFiles."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise WrongFiles(
            f"{path} cannot be read ({error.strerror}); hand over ordinary files, no links."
        ) from None
    status = os.fstat(handle)
    try:
        if not stat.S_ISREG(status.st_mode):
            raise WrongFiles(
                f"{path} is no ordinary file; hand over ordinary files, no links, folders or pipes."
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1) if status.st_size <= most else b""
        if max(status.st_size, len(content)) > most:
            raise WrongFiles(
                f"{path} has more than {most >> 20} MB, which is the most that is read; hand over the model alone."
            )
        return content
    finally:
        os.close(handle)
