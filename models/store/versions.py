"""Every version of the model that was ever trained, installed or served here: the layer itself, its card, and who brought
it, when and how. What is kept is never changed, and any of it can be put in the place of the active layer again.

    MODEL_STORE/VERSION/layer/        the layer, whole: manifest, files, signature
    MODEL_STORE/VERSION/card.md       what its maker says of it, where there is a card
    MODEL_STORE/VERSION/kept.jsonl    how it came here, one line each time
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from creditrisk.clock import timestamp
from models.store.errors import UnknownVersion
from models.store.layer import exchange, replace_layer, staging
from models.store.unavailable import unavailable
from scoring.manifest import MANIFEST, Manifest, read_manifest

LAYER: Final = "layer"
CARD: Final = "card.md"
KEPT: Final = "kept.jsonl"
_FEWEST_SIGNS: Final = 4
"""Signs of a version that name it, where no other begins so."""


@dataclass(frozen=True)
class Kept:
    """How a version came into the store: `how` (trained, installed, retrained, found), by whom, when (UTC, ISO 8601), the
    fingerprint of the data it learned from (empty: not known), and what else its maker tells."""

    how: str
    by: str
    at: str
    data: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, line: str) -> Self:
        """Back from a line of kept.jsonl. Raises ValueError, TypeError."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Version:
    """A version in the store, and how it came there, the first time first."""

    name: str
    folder: Path
    kept: tuple[Kept, ...]

    @property
    def layer(self) -> Path:
        """The folder of its files."""
        return self.folder / LAYER

    @property
    def manifest(self) -> Manifest:
        """Its manifest. Raises ManifestMissing."""
        return read_manifest(self.layer)

    @property
    def card(self) -> str:
        """What its maker says of it, as Markdown; empty where nobody says anything."""
        try:
            return (self.folder / CARD).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def fact(self, name: str) -> Any:
        """What the newest line that knows says of it; None when none does."""
        return next((kept.facts[name] for kept in reversed(self.kept) if name in kept.facts), None)


class Store:
    """The versions in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(
        self, layer: Path, how: str, by: str, card: str = "", facts: Mapping[str, Any] | None = None
    ) -> Version:
        """Keep a copy of a layer under its version, and how it came here. A version that is here already gets a line more,
        and the new manifest or signature if these differ: what is scored by is the same, or it were another version.

        Raises ManifestMissing, StoreUnavailable.
        """
        manifest = read_manifest(layer)
        learned = manifest.data.get("data")
        fingerprint = str(learned.get("sha256", "")) if isinstance(learned, Mapping) else ""
        line = Kept(how, by, timestamp(), fingerprint, dict(facts or {}))
        target = self.folder / manifest.version
        with unavailable(), self._locked():
            old = (target / KEPT).read_bytes() if (target / KEPT).exists() else b""
            whole = old[: old.rfind(b"\n") + 1]  # a kill may have left part of a line
            said = {KEPT: whole + json.dumps(asdict(line), sort_keys=True).encode() + b"\n"}
            if card:
                said[CARD] = card.encode()
            if not target.is_dir() or _differ(layer, target / LAYER):
                self._put(layer, target, said)
            else:
                for name, content in said.items():
                    _write(target / name, content)
        return self.version(manifest.version)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time: none loses another's line."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _put(self, layer: Path, target: Path, said: Mapping[str, bytes]) -> None:
        """Copy the layer into `target`, with what is said of it, whole or not at all."""
        new = staging(target)
        try:
            shutil.copytree(layer, new / LAYER)
            if (target / CARD).exists():
                shutil.copy2(target / CARD, new / CARD)
            for name, content in said.items():
                _write(new / name, content)
            if target.is_dir():
                exchange(new, target)
            else:
                new.rename(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def version(self, name: str) -> Version:
        """A version by its name, or the first signs of it. Raises UnknownVersion."""
        if len(name) < _FEWEST_SIGNS:
            raise UnknownVersion(
                f"{name!r} is too short for a version; give {_FEWEST_SIGNS} signs of it at least."
            )
        with unavailable():
            found = [one for one in self._names() if one.startswith(name)]
        if len(found) != 1:
            what = "More than one version" if found else "No version"
            raise UnknownVersion(
                f"{what} in {self.folder} begins with {name[:60]!r}; see `creditrisk model history`."
            )
        with unavailable():
            return self._read(found[0])

    def versions(self) -> list[Version]:
        """All versions, in the order in which they first came. Raises StoreUnavailable."""
        with unavailable():
            found = [self._read(name) for name in self._names()]
        return sorted(found, key=lambda version: (version.kept[0].at if version.kept else "", version.name))

    def _names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(path.parent.parent.name for path in self.folder.glob(f"[!.]*/{LAYER}/{MANIFEST}"))

    def _read(self, name: str) -> Version:
        folder = self.folder / name
        kept = []
        if (folder / KEPT).exists():
            for line in (folder / KEPT).read_text(encoding="utf-8").splitlines():
                try:
                    kept.append(Kept.of(line))
                except (ValueError, TypeError):
                    continue  # of a version of this code to come, or cut off
        return Version(name, folder, tuple(kept))


def activate(version: Version, target: Path, verify: Callable[[Path], object] | None = None) -> None:
    """Put a copy of a version in the place of the layer, which becomes the previous one, once `verify` accepts the copy.

    Raises ModelError when it cannot be loaded, and what `verify` raises; then nothing has changed.
    """
    new = staging(target)
    try:
        with unavailable():
            shutil.copytree(version.layer, new, dirs_exist_ok=True)
        if verify:
            verify(new)
        replace_layer(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _differ(one: Path, other: Path) -> bool:
    def contents(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    return contents(one) != contents(other)


def _write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, and wait until it is on the disk."""
    new = path.with_name(f".{path.name}")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
