"""The manifest: which files make up the model, and what was measured when it was made."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.errors import FileChanged, FileMissing, ManifestMissing, UnknownModel

MANIFEST = "manifest.json"
ENCODER, SCALER = "encoder_hot.pkl", "std_scaler.pkl"
MODEL_FILES = {"lightgbm": "lightgbm_model.pkl", "deeplearning": "deeplearning_model.pkl"}
"""Model → its file; the names are the manual's."""
FILES = (ENCODER, SCALER, *MODEL_FILES.values())


def sha256(data: bytes) -> str:
    """The fingerprint of a file's content."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Manifest:
    """What a layer is made of: manifest.json as it stands."""

    data: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The model's version: the beginning of a fingerprint of all files' fingerprints."""
        listed = sorted((name, file["sha256"]) for name, file in self.data["files"].items())
        return sha256(json.dumps(listed).encode())[:12]

    def read(self, folder: Path, names: Sequence[str]) -> dict[str, bytes]:
        """The content of some files, each checked before any is used. Raises FileMissing or FileChanged."""
        contents = {}
        for name in names:
            listed = self.data["files"].get(name)
            if listed is None:
                raise FileMissing(
                    f"{name} is not in {folder / MANIFEST}; train again, or install a whole layer."
                )
            try:
                contents[name] = (folder / name).read_bytes()
            except OSError as error:
                raise FileMissing(
                    f"{folder / name} cannot be read ({error.strerror}); install the layer again."
                ) from None
            if sha256(contents[name]) != listed["sha256"]:
                raise FileChanged(
                    f"{folder / name} is not the file that the manifest lists; nothing was loaded. "
                    "Install the layer again, or go back with `creditrisk model rollback`."
                )
        return contents


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model's folder. Raises ManifestMissing."""
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
        data = json.loads(raw)
        for listed in data["files"].values():
            str(listed["sha256"])
    except OSError as error:
        raise ManifestMissing(
            f"{path} cannot be read ({error.strerror}); run `creditrisk train DATA`, or set MODEL_DIR."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ManifestMissing(
            f"{path} is not a manifest; run `creditrisk train DATA` or `creditrisk model install`."
        ) from None
    return Manifest(data)


def file_of(model: str) -> str:
    """The file of a model. Raises UnknownModel, naming the choices."""
    if model not in MODEL_FILES:
        raise UnknownModel(f"There is no model {model!r}; choose one of: {', '.join(MODEL_FILES)}.")
    return MODEL_FILES[model]
