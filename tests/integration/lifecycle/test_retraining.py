"""A candidate from files and the record: reproducible to the byte, judged on what it did not see, and kept, not served."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.load import wait_until
from lifecycle.learning import Known
from lifecycle.retraining import Lesson, Retrained, lesson, retrain
from models.store.versions import Store
from models.training.data import Data
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
