"""The manifest: which files make up the model, and what was measured when it was made."""

import errno
import hashlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditrisk.model_version import REFERENCE as REFERENCE  # what training saw: see `scoring.reference`
from creditrisk.model_version import version_of
from scoring.errors import FileChanged, FileMissing, ManifestMissing, UnknownModel

MANIFEST = "manifest.json"
ENCODER, SCALER = "encoder_hot.pkl", "std_scaler.pkl"
MODEL_FILES = {"lightgbm": "lightgbm_model.pkl", "deeplearning": "deeplearning_model.pkl"}
"""Model → its file, by the name that data scientists hand it over under."""
FILES = (ENCODER, SCALER, *MODEL_FILES.values())
"""A layer of our own kind."""
GRAPH_FILES = {"lightgbm": "lightgbm_model.onnx", "deeplearning": "deeplearning_model.onnx"}
"""Model → its file in a layer that was handed over: see `scoring.foreign`."""
_LARGEST = 512 << 20
"""Bytes that a file of a layer may have; more than Lambda takes."""
_LARGEST_MANIFEST = 16 << 20
"""Bytes that the manifest may have, which is read before anything can be checked."""


def sha256(data: bytes) -> str:
    """The fingerprint of a file's content."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Manifest:
    """What a layer is made of: manifest.json as it stands."""

    data: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The model's version: see `creditrisk.model_version`."""
        return version_of(self.data)

    @property
    def foreign(self) -> Mapping[str, Any] | None:
        """What a layer that was handed over says of its graphs; None for a layer of our own kind."""
        found = self.data.get("foreign")
        return found if isinstance(found, Mapping) else None

    @property
    def models(self) -> list[str]:
        """The models that the layer carries: one, or two."""
        files = MODEL_FILES if self.foreign is None else GRAPH_FILES
        return [model for model, file in files.items() if file in self.data["files"]]

    def file_of(self, model: str) -> str:
        """The file of a model. Raises UnknownModel, naming the choices."""
        if model not in MODEL_FILES:
            raise UnknownModel(f"There is no model {model!r}; choose one of: {', '.join(MODEL_FILES)}.")
        if model not in self.models:
            raise UnknownModel(
                f"The layer carries no model {model}; set MODEL={' or MODEL='.join(self.models) or '…'}, "
                "or install a layer that has it."
            )
        return (MODEL_FILES if self.foreign is None else GRAPH_FILES)[model]

    def graphs_of(self, model: str) -> list[str]:
        """The files of a handed-over model's graphs, in the order in which they run. Raises ManifestMissing."""
        try:
            return [str(name) for name in (self.foreign or {})["models"][model]["graphs"]]
        except (KeyError, TypeError):
            raise ManifestMissing(
                f"The manifest names no graphs of {model}; install the folder again with `creditrisk model install`."
            ) from None

    def read(self, folder: Path, names: Sequence[str]) -> dict[str, bytes]:
        """The content of some files, each checked before any is used. Raises FileMissing or FileChanged."""
        contents = {}
        for name in names:
            self._listed(folder, name)
            try:
                contents[name] = read_bytes(folder / name)
            except OSError as error:
                raise FileMissing(
                    f"{folder / name} cannot be read ({error.strerror}); install the layer again."
                ) from None
        self.agree(folder, contents)
        return contents

    def agree(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        """Raises FileMissing or FileChanged unless the files of a folder are those that the manifest lists."""
        for name, content in contents.items():
            if sha256(content) != self._listed(folder, name)["sha256"]:
                raise FileChanged(
                    f"{folder / name} is not the file that the manifest lists; nothing was loaded. "
                    "Install the layer again, or go back with `creditrisk model rollback`."
                )

    def _listed(self, folder: Path, name: str) -> Mapping[str, Any]:
        listed: Mapping[str, Any] | None = self.data["files"].get(name)
        if listed is None:
            raise FileMissing(f"{name} is not in {folder / MANIFEST}; train again, or install a whole layer.")
        return listed


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model's folder. Raises ManifestMissing."""
    return parse_manifest(manifest_bytes(folder), folder / MANIFEST)


def manifest_bytes(folder: Path) -> bytes:
    """manifest.json as it stands, for whoever checks its signature before it is read. Raises ManifestMissing."""
    path = folder / MANIFEST
    try:
        return read_bytes(path, _LARGEST_MANIFEST)
    except OSError as error:
        raise ManifestMissing(
            f"{path} cannot be read ({error.strerror}); run `creditrisk train DATA`, or set MODEL_DIR."
        ) from None


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """The manifest that `content`, read from `path`, is. Raises ManifestMissing."""
    try:
        data = json.loads(content)
        for name, listed in data["files"].items():
            if Path(name).name != name:
                raise ValueError(name)
            str(listed["sha256"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ManifestMissing(
            f"{path} is not a manifest; run `creditrisk train DATA` or `creditrisk model install`."
        ) from None
    return Manifest(data)


def read_bytes(path: Path, most: int = _LARGEST) -> bytes:
    """The bytes of a file. Raises OSError, also when it is no ordinary file (a pipe would never end) or too large."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file")
        if status.st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return file.read()
