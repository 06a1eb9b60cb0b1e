"""The published data file, read as it is: tab separated, ISO-8859-1, no header, one label at the end of each row."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS, Role
from creditrisk.errors import UnusableFile
from creditrisk.files import plain
from creditrisk.files.encoding import LETTER
from models.training.errors import UnusableData

SOURCE_FIELDS = tuple(name for name, field in FIELDS.items() if field.role is not Role.IDENTITY)
"""The file's columns after the row number and before the label: the application's fields in the history's order."""
_WIDTH = len(SOURCE_FIELDS) + 2
_FEWEST = 500


@dataclass(frozen=True)
class Data:
    """Applications with known outcomes: `columns` field → canonical values, `bad` 1 for a default.

    `refused` counts rows that no form would accept, by field; they are left out, so that the model is trained on what
    it will be asked. `fingerprint` is the SHA-256 of the file's text.
    """

    columns: dict[str, list[Any]]
    bad: NDArray[np.int64]
    refused: dict[str, int]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.bad)

    def take(self, rows: NDArray[np.int64]) -> dict[str, list[Any]]:
        """The columns of some rows."""
        return {name: [values[row] for row in rows] for name, values in self.columns.items()}


def read(path: Path) -> Data:
    """Read a file, gzipped or not, as published or saved again in UTF-8 or UTF-16. Raises UnusableData in one sentence."""
    raw = _bytes(path)
    if not raw.strip():
        raise UnusableData(f"{path} is empty.")
    lines = _text(path, raw).split("\n")
    rows = [line.rstrip("\r").split("\t") for line in lines if line.strip()]
    for number, row in enumerate(rows, 1):
        if len(row) == _WIDTH - 1:
            raise UnusableData(f"{path}, row {number}, has no label: {len(row)} columns instead of {_WIDTH}.")
        if len(row) != _WIDTH:
            raise UnusableData(
                f"{path}, row {number}, has {len(row)} columns instead of {_WIDTH}, separated by tabs."
            )
    labels = {row[-1].strip() for row in rows}
    if not labels <= {"0", "1"}:
        raise UnusableData(
            f"{path}: the last column must be the label, 0 or 1; found {sorted(labels - {'0', '1'})[0]!r}."
        )
    return _parse(path, rows, hashlib.sha256(raw).hexdigest())


def _text(path: Path, raw: bytes) -> str:
    """UTF-8 where all of it is, else ISO-8859-1, as published: accented text in that is not valid UTF-8. Both in one
    file would be read wrong either way."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        letters, others = len(LETTER.findall(raw)), len(raw) - len(raw.decode(errors="ignore").encode())
        if letters > others:
            line = 1 + raw.count(b"\n", 0, error.start)
            raise UnusableData(
                f"{path}, line {line}, is not UTF-8, and others are; save it as UTF-8."
            ) from None
        return raw.decode("iso-8859-1")


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return b"".join(plain(file)[0])
    except OSError as error:
        raise UnusableData(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnusableFile as error:
        raise UnusableData(f"{path} cannot be read: {error}") from None


def _parse(path: Path, rows: list[list[str]], fingerprint: str) -> Data:
    columns: dict[str, list[Any]] = {name: [] for name in SOURCE_FIELDS}
    bad: list[int] = []
    refused: dict[str, int] = {}
    for row in rows:
        values = []
        for name, raw in zip(SOURCE_FIELDS, row[1:-1], strict=True):
            try:
                values.append(FIELDS[name].parse(raw))
            except ValueError:
                refused[name] = refused.get(name, 0) + 1
                break
        else:
            for name, value in zip(SOURCE_FIELDS, values, strict=True):
                columns[name].append(value)
            bad.append(int(row[-1]))
    if len(bad) < len(rows) / 2:
        worst = max(refused, key=lambda name: refused[name])
        raise UnusableData(
            f"{path}: most rows are not applications; the first field to fail is mostly {worst}."
        )
    if len(bad) < _FEWEST:
        raise UnusableData(f"{path} has {len(bad)} usable rows; at least {_FEWEST} are needed.")
    if len(set(bad)) < 2:
        raise UnusableData(f"{path}: every label is {bad[0]}; both good and bad clients are needed.")
    return Data(columns, np.array(bad), refused, fingerprint)
