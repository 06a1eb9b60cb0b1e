"""A candidate from files and the record: reproducible to the byte, judged on what it did not see, and kept, not served."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from inspect import getfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.load import wait_until
from creditrisk import repeated
from creditrisk.application import fields
from creditrisk.portfolio import kinds
from lifecycle.learning import Known
from lifecycle.retraining import Lesson, Retrained, lesson, retrain
from models.store.errors import AlreadyUnderWay
from models.store.unfinished import unfinished
from models.store.versions import Store
from models.training import sizing
from models.training.data import Data
from models.training.parts import Kept, identity
from scoring import features
from tests.integration.lifecycle.conftest import LIGHT
from tests.integration.models.layers import ROOT, contents
from tests.integration.models.training.conftest import as_published, made_up_rows

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def taught(learned: Data, held: Data) -> Lesson:
    """A file, and a record of a year whose last three months are held out."""
    rows = len(held)
    received = np.datetime64("2025-01-01", "ms") + (np.arange(rows) * (365 / rows) * 86_400_000).astype(
        "timedelta64[ms]"
    )
    weights = np.where(np.arange(rows) % 10 == 0, 4.0, 1.0)
    return lesson([learned], Known(Data(held.columns, held.bad, {}, "record", weights=weights), received))


@pytest.fixture(scope="module")
def made(taught: Lesson, tmp_path_factory: pytest.TempPathFactory) -> Retrained:
    return retrain(taught, LIGHT, Store(tmp_path_factory.mktemp("store")), "ana", AS_OF, lambda: None)


def test_the_same_lesson_gives_the_same_bytes(made: Retrained, taught: Lesson, tmp_path: Path) -> None:
    """The card and the manifest included: nothing in them tells of the day on which it was made."""
    again = retrain(taught, LIGHT, Store(tmp_path), "bo", AS_OF, lambda: None)
    assert contents(again.version.layer) == contents(made.version.layer)
    assert again.version.card == made.version.card and again.version.name == made.version.name


def test_the_candidate_is_judged_on_the_last_months_by_what_is_kept(made: Retrained, taught: Lesson) -> None:
    assert taught.start == "2025-10-01" and len(taught.holdout) == pytest.approx(1_200 / 4, abs=4)
    held = made.version.fact("holdout")
    assert held["from"] == "2025-10-01"
    auc = made.judged["lightgbm"].figures.roc_auc
    assert held["lightgbm"]["roc_auc"]["value"] == pytest.approx(auc.value) and auc.value > 0.6
    assert f"{auc.value:.4f}" in made.version.card and "from 2025-10-01 on" in made.version.card


def test_it_tells_what_it_learned_from(made: Retrained, taught: Lesson) -> None:
    data = made.version.manifest.data["data"]
    assert (data["files"], data["recorded"]) == (taught.files, taught.recorded)
    assert data["sha256"] == taught.learned.fingerprint == made.version.kept[0].data
    assert data["effective_rows"] < data["rows"] == len(taught.learned)
    assert [(kept.how, kept.by) for kept in made.version.kept] == [("retrained", "ana")]


@pytest.mark.parametrize("steps", [1, 3, LIGHT.steps])
def test_a_killed_one_is_gone_on_with_to_the_same_bytes(
    steps: int, made: Retrained, taught: Lesson, tmp_path: Path
) -> None:
    """SIGKILL after the encoder, a fold, or all: no version, and the same again computes what is not there yet."""
    store, given = Store(tmp_path / "store"), tmp_path / "given"
    given.write_bytes(pickle.dumps((taught, store, AS_OF)))
    killed = subprocess.run([sys.executable, "-c", _DYING, str(given), str(steps)], cwd=ROOT, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert store.versions() == []
    (left,) = store.folder.glob(".unfinished-*")
    parts = {path: path.stat().st_mtime_ns for path in left.glob("*.npz")}
    assert len(parts) == min(steps - 1, LIGHT.folds)
    kept: list[dict[Path, int]] = []

    def look() -> None:
        kept.append({path: path.stat().st_mtime_ns for path in parts})

    again = retrain(taught, LIGHT, store, "ana", AS_OF, look)
    assert kept == [parts] * LIGHT.steps, "what was there was not computed anew"
    assert contents(again.version.layer) == contents(made.version.layer)
    assert again.version.card == made.version.card
    assert [path.name for path in store.folder.iterdir() if path.is_dir()] == [made.version.name]


_DYING = """
import os, pickle, signal, sys
from pathlib import Path
from lifecycle.retraining import retrain
from tests.integration.lifecycle.conftest import LIGHT
taught, store, as_of = pickle.loads(Path(sys.argv[1]).read_bytes())
left = int(sys.argv[2])
def step():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
retrain(taught, LIGHT, store, "ana", as_of, step)
"""


@pytest.mark.parametrize("module", [sizing, features, kinds, fields, repeated])
def test_parts_that_other_code_made_are_not_taken(
    module: ModuleType, taught: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the training's own code, nor what says how a value is told apart."""
    before, read = identity(taught.learned, LIGHT), Path.read_bytes
    changed = Path(getfile(module))
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"#" * (path == changed))
    assert identity(taught.learned, LIGHT) != before


def test_parts_of_another_lesson_are_not_taken(made: Retrained, taught: Lesson, tmp_path: Path) -> None:
    """Of none whose data, values, weights or recipe differ; what nobody works on any more goes."""
    learned = taught.learned
    heavier = replace(learned, weights=np.ones(len(learned)) * 2)
    flipped = replace(learned, bad=1 - learned.bad)
    ages = [age + 1 if age else age for age in learned.columns["AGE"]]
    read_otherwise = replace(learned, columns={**learned.columns, "AGE": ages})
    names = [
        identity(learned, LIGHT),
        identity(learned, replace(LIGHT, seed=65)),
        identity(learned, LIGHT.without("AGE")),
        identity(heavier, LIGHT),
        identity(flipped, LIGHT),
        identity(read_otherwise, LIGHT),
    ]
    assert len(set(names)) == 6 and identity(learned, LIGHT) == names[0]
    with unfinished(tmp_path, "one"):
        with unfinished(tmp_path, "other"):
            assert (tmp_path / ".unfinished-one").exists(), "somebody works on it"
        with pytest.raises(AlreadyUnderWay), unfinished(tmp_path, "one"):
            pass
    assert list(tmp_path.iterdir()) == [], "what is finished leaves nothing"
    with pytest.raises(ZeroDivisionError), unfinished(tmp_path, "one"):
        raise ZeroDivisionError
    with unfinished(tmp_path, "other"):
        assert [path.name for path in tmp_path.iterdir()] == [".unfinished-other"]


@pytest.mark.parametrize("damage", [b"", b"PK", b"no archive at all"])
def test_a_damaged_part_is_computed_anew(damage: bytes, tmp_path: Path) -> None:
    parts, computed = Kept(tmp_path), []

    def compute() -> dict[str, NDArray[np.float64]]:
        computed.append(1)
        return {"model": np.array([0.1, 0.7])}

    for _ in range(2):
        assert parts("fold", compute)["model"].tolist() == [0.1, 0.7]
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40] + damage)
    assert parts("fold", compute)["model"].tolist() == [0.1, 0.7] and len(computed) == 2


def test_ctrl_c_leaves_nothing(tmp_path: Path, house: Callable[[Path], str]) -> None:
    """Stopped in the middle of a training: no version, no layer, no line in the log."""
    environment = os.environ | {
        "HISTORY_URL": house(tmp_path / "history"),
        "MODEL_STORE": str(tmp_path / "store"),
        "MODEL_DIR": str(tmp_path / "active"),
    }
    file, said = tmp_path / "file.txt", tmp_path / "said"
    file.write_bytes(as_published(made_up_rows(1_500, 9)))
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "retrain", str(file), "--as-of", "2026-06-01", "--maturity", "1", "--holdout", "3"],
            cwd=ROOT, env=environment, stdout=out, stderr=out,
        )  # fmt: skip
        wait_until(lambda: b"1/" in said.read_bytes() or process.poll() is not None, 250, "a step is done")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 128 + signal.SIGINT, said.read_text()
    assert "nothing was changed" in said.read_text()
    assert Store(tmp_path / "store").versions() == [] and not (tmp_path / "active").exists()
    assert not (tmp_path / "history" / "audit.jsonl").exists()
