"""A layer on the disk: written whole beside the old one, checked, then put in its place."""

import ctypes
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from creditrisk.portfolio.law import Profile
from scoring import load
from scoring.errors import ModelError, UnknownModel
from scoring.loading import portfolio_facts
from scoring.manifest import MANIFEST, REFERENCE, read_manifest, sha256
from scoring.reference import Reference, read_reference
from scoring.scorer import AnyScorer

PREVIOUS = ".previous"
"""What is appended to the name of a layer's folder to name the folder of the layer that it replaced."""
_EXCHANGE = 2
_AT_FDCWD = -100


def write_files(folder: Path, contents: Mapping[str, bytes], facts: Mapping[str, Any]) -> None:
    """Write the files and the manifest that lists them, with `facts` about them, and the portfolio in use
    unless they name one."""
    files = {name: {"sha256": sha256(data), "bytes": len(data)} for name, data in contents.items()}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    said = {"files": files, "portfolio": portfolio_facts(), **facts}
    (folder / MANIFEST).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def add_reference(folder: Path, reference: Reference) -> None:
    """Write a layer's reference distributions and list them in its manifest, in place of those it may have.

    The version stays the same, since no score depends on them. A signature is no longer valid then.
    """
    content = reference.dumps()
    data = dict(read_manifest(folder).data)
    data["files"] = {**data["files"], REFERENCE: {"sha256": sha256(content), "bytes": len(content)}}
    (folder / REFERENCE).write_bytes(content)
    (folder / MANIFEST).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def staging(target: Path) -> Path:
    """An empty folder beside the layer, on the same disk. Such folders of processes that were killed are removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}-*-*"):
        if not _alive(left.name.removeprefix(f".{target.name}-").partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-{os.getpid()}-", dir=target.parent))
    folder.chmod(0o755)
    return folder


def _alive(process: str) -> bool:
    """Whether a process with this id runs; True also for text that is no id."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OSError, OverflowError):
        return True
    return True


def replace_layer(new: Path, target: Path, law: Profile | None = None) -> None:
    """Put the folder `new` in the place of the layer, which becomes the previous one. `law` is what its models must keep,
    that of the active portfolio when not given.

    Raises ModelError when the new one cannot be loaded; then nothing has changed.
    """
    load_all(new, law)
    previous = target.with_name(target.name + PREVIOUS)
    if not target.exists():
        new.rename(target)
        return
    exchange(new, target)  # from here on the new layer serves
    shutil.rmtree(previous, ignore_errors=True)
    new.rename(previous)


def roll_back(target: Path, verify: Callable[[Path], object] | None = None) -> None:
    """Exchange the layer with the one that it replaced, once `verify` accepts that one's folder.

    Raises ModelError when there is none that loads, and what `verify` raises; then nothing has changed.
    """
    previous = target.with_name(target.name + PREVIOUS)
    if not previous.is_dir():
        raise ModelError(
            f"There is no earlier layer in {previous}; install one with `creditrisk model install FOLDER`."
        )
    if verify:
        verify(previous)
    load_all(previous)
    exchange(previous, target)


def load_all(folder: Path, law: Profile | None = None) -> list[AnyScorer]:
    """Every model of a layer, loaded. Its reference distributions, if it has any, are read first.

    Raises ModelError when a model or the distributions cannot be read, when a model breaks the law, or when there is no
    model.
    """
    manifest = read_manifest(folder)
    if not manifest.models:
        raise UnknownModel(f"{folder} carries no model; train, or install a folder with one.")
    if REFERENCE in manifest.data["files"]:
        read_reference(folder, manifest)
    return [load(folder, model, law=law) for model in manifest.models]


def exchange(first: Path, second: Path) -> None:
    """Exchange two folders in one step where the system can (Linux), else in three."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _EXCHANGE) == 0:
            return
    aside = first.with_name(first.name + ".aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
