"""The store of versions: everything that was ever here, as it was, and who brought it when and how."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.store.errors import StoreUnavailable, UnknownVersion
from models.store.versions import Store, activate
from scoring.errors import FileChanged
from scoring.manifest import MANIFEST, read_manifest
from tests.integration.models.layers import LAYER, ROOT, contents
from tests.integration.test_model_swap import another_version

VERSION = read_manifest(LAYER).version


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_version_is_kept_whole_with_who_when_how_and_on_what_data(store: Store) -> None:
    version = store.keep(LAYER, "trained", "ana", "# A card", {"holdout": {"from": "2026-01-01"}})
    assert version.name == VERSION and contents(version.layer) == contents(LAYER)
    assert version.card == "# A card" and version.manifest.version == VERSION
    (kept,) = version.kept
    assert (kept.how, kept.by) == ("trained", "ana") and kept.at.endswith("Z")
    assert kept.data == read_manifest(LAYER).data["data"]["sha256"]
    assert version.fact("holdout") == {"from": "2026-01-01"} and version.fact("nothing") is None


def test_the_same_version_again_gets_a_line_more_and_the_newer_signature(
    store: Store, tmp_path: Path
) -> None:
    store.keep(LAYER, "trained", "ana", "# A card")
    signed = Path(shutil.copytree(LAYER, tmp_path / "signed"))
    (signed / f"{MANIFEST}.minisig").write_text("signature")
    version = store.keep(signed, "signed", "bo")
    assert [(kept.how, kept.by) for kept in version.kept] == [("trained", "ana"), ("signed", "bo")]
    assert contents(version.layer) == contents(signed) and version.card == "# A card"
    assert len(store.versions()) == 1


def test_a_version_is_found_by_its_first_signs(store: Store, tmp_path: Path) -> None:
    other = store.keep(another_version(tmp_path / "other"), "installed", "bo").name
    store.keep(LAYER, "trained", "ana")
    assert store.version(VERSION[:4]).name == VERSION
    assert [version.name for version in store.versions()] == [other, VERSION], (
        "in the order in which they came"
    )
    with pytest.raises(UnknownVersion, match="No version"):
        store.version("none of these")
    with pytest.raises(UnknownVersion, match="too short"):
        store.version(VERSION[:3])
    shutil.copytree(store.folder / VERSION, store.folder / f"{VERSION[:4]}00000000")
    with pytest.raises(UnknownVersion, match="More than one"):
        store.version(VERSION[:4])


def test_what_is_put_in_place_is_a_copy_and_the_old_layer_is_the_previous_one(
    store: Store, tmp_path: Path
) -> None:
    target = Path(shutil.copytree(LAYER, tmp_path / "active"))
    version = store.keep(another_version(tmp_path / "other"), "installed", "bo")
    activate(version, target)
    assert contents(target) == contents(version.layer)
    assert contents(tmp_path / "active.previous") == contents(LAYER)
    (target / MANIFEST).write_text("{}")
    assert store.version(version.name).manifest.version == version.name, "the store's own is untouched"


def test_a_version_that_was_damaged_in_the_store_is_not_put_in_place(store: Store, tmp_path: Path) -> None:
    target = Path(shutil.copytree(LAYER, tmp_path / "active"))
    version = store.keep(another_version(tmp_path / "other"), "installed", "bo")
    (version.layer / "golden_rows.json").write_text("[]")
    with pytest.raises(FileChanged):
        activate(version, target)
    assert contents(target) == contents(LAYER)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".active")) == []


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreUnavailable, match="MODEL_STORE"):
        Store(tmp_path / "file" / "store").keep(LAYER, "trained", "ana")


def test_writers_at_once_lose_no_line(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda who: store.keep(LAYER, "trained", who), "abcdefgh"))
    assert sorted(kept.by for kept in store.version(VERSION).kept) == list("abcdefgh")


@pytest.mark.parametrize("after", range(1, 6))
def test_a_kill_while_keeping_leaves_a_version_whole_or_none(after: int, tmp_path: Path) -> None:
    """The process is killed at one of its writes to the disk."""
    code = """
import os, shutil, signal, sys
from pathlib import Path
from models.store import versions
left = int(sys.argv[2])
def dying(real):
    def call(*args, **kwargs):
        global left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call
shutil.copytree, os.fsync, Path.rename = dying(shutil.copytree), dying(os.fsync), dying(Path.rename)
shutil.copy2 = dying(shutil.copy2)
versions.Store(Path(sys.argv[1])).keep(Path(sys.argv[3]), "trained", "ana", "# A card")
"""
    store = Store(tmp_path / "store")
    ended = subprocess.run(
        [sys.executable, "-c", code, str(store.folder), str(after), str(LAYER)], cwd=ROOT, env=os.environ
    ).returncode
    assert ended in (0, -signal.SIGKILL)
    for version in store.versions():
        assert contents(version.layer) == contents(LAYER)
        assert version.card == "# A card" and [kept.by for kept in version.kept] == ["ana"]
    assert store.keep(LAYER, "trained", "bo", "# A card").kept[-1].by == "bo"
    lines = (store.folder / VERSION / "kept.jsonl").read_text().splitlines()
    assert all(json.loads(line)["how"] == "trained" for line in lines)
