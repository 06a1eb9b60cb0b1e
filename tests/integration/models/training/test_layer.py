"""A layer is replaced whole or not at all, and the one before it is kept."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import models.store.layer
from creditrisk.application import FIELDS
from creditrisk.portfolio import in_force
from creditrisk.portfolio.law import left_out
from models.store.layer import PREVIOUS, roll_back
from models.training.train import Training, save
from scoring import load
from scoring.errors import WrongScores
from scoring.manifest import MANIFEST, MODEL_FILES, sha256
from tests.integration.models.layers import ROOT, contents
from tests.integration.models.training.conftest import Train


@pytest.fixture(scope="module")
def trained(run: Train) -> Training:
    """A training that may serve: without what the law in force forbids."""
    return run(excluded=frozenset(left_out(in_force.profile(), FIELDS)))


@pytest.fixture
def target(tmp_path: Path, trained: Training) -> Path:
    """A layer that serves, alone in its folder."""
    target = tmp_path / "model" / "pickles"
    save(trained, target)
    return target


def test_the_manifest_lists_every_file_with_its_digest(target: Path) -> None:
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    files = {path.name: path.read_bytes() for path in target.iterdir() if path.name != MANIFEST}
    assert manifest["files"] == {n: {"sha256": sha256(d), "bytes": len(d)} for n, d in files.items()}
    assert set(files) == {
        "encoder_hot.pkl", "std_scaler.pkl", "lightgbm_model.pkl", "deeplearning_model.pkl", "golden_rows.json",
        "reference.json",
    }  # fmt: skip


def test_the_layer_before_is_kept_and_comes_back(target: Path, trained: Training) -> None:
    first = contents(target)
    changed = Training(**{**vars(trained), "facts": {**trained.facts, "seed": 1}})
    save(changed, target)
    assert contents(target) != first
    assert contents(target.with_name(target.name + PREVIOUS)) == first
    roll_back(target)
    assert contents(target) == first
    assert sorted(path.name for path in target.parent.iterdir()) == ["pickles", "pickles" + PREVIOUS]


@pytest.mark.parametrize("step", ["write_files", "replace_layer"])
def test_an_error_while_it_is_written_leaves_the_old_one_alone(
    step: str, target: Path, trained: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(target.parent)

    def full(folder: Path, *rest: object) -> None:
        (folder / "half.pkl").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"models.training.train.{step}", full)
    with pytest.raises(OSError, match="No space left"):
        save(trained, target)
    assert contents(target.parent) == before
    assert [path.name for path in target.parent.iterdir()] == ["pickles"]


def test_a_layer_that_does_not_load_replaces_nothing(
    target: Path, trained: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(target.parent)
    golden = json.loads((target / "golden_rows.json").read_bytes())
    golden[0]["deeplearning"] += 1e-6
    monkeypatch.setattr("models.training.train.golden_rows", lambda _: json.dumps(golden).encode())
    with pytest.raises(WrongScores):
        save(trained, target)
    assert contents(target.parent) == before
    assert [path.name for path in target.parent.iterdir()] == ["pickles"]


KILLED = """
import os, signal, sys
from pathlib import Path
from models.store.layer import replace_layer, staging
import models.store.layer
target = Path(sys.argv[1])
new = staging(target)
(new / "encoder_hot.pkl").write_bytes(b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_between_write_and_swap_leaves_the_old_one_and_the_next_training_cleans_up(
    target: Path, trained: Training
) -> None:
    before = contents(target)
    done = subprocess.run([sys.executable, "-c", KILLED, str(target)], cwd=ROOT, timeout=120)
    assert done.returncode == -signal.SIGKILL
    left = [path for path in target.parent.iterdir() if path != target]
    assert len(left) == 1 and contents(target) == before
    assert [load(target, model).name for model in MODEL_FILES] == list(MODEL_FILES)
    save(trained, target)
    assert not left[0].exists()
    assert sorted(path.name for path in target.parent.iterdir()) == ["pickles", "pickles" + PREVIOUS]


def test_the_folder_of_a_process_that_still_writes_is_left_alone(target: Path, trained: Training) -> None:
    other = target.parent / f".{target.name}-{os.getppid()}-abcdefgh"
    other.mkdir()
    save(trained, target)
    assert other.is_dir()


def test_folders_are_exchanged_where_the_system_has_no_single_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.store.layer.sys, "platform", "darwin")
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    models.store.layer.exchange(tmp_path / "first", tmp_path / "second")
    assert contents(tmp_path) == {"first/second": b"", "second/first": b""}
