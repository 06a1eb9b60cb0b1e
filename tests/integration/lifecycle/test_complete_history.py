"""Whatever puts another layer in the place of the active one goes through the store and the log."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import creditrisk
from cli.stopping import Stopped
from creditrisk.settings import Settings
from lifecycle.audit import AuditUnavailable, open_audit, verify
from models.store.errors import AlreadyUnderWay
from models.store.versions import Store
from scoring.manifest import MANIFEST, read_manifest
from tests.integration.lifecycle.conftest import LIGHT
from tests.integration.models.layers import LAYER, contents
from tests.integration.models.training.conftest import as_published, made_up_rows
from tests.integration.test_model_swap import another_version

Run = Callable[..., Result]
VERSION = read_manifest(LAYER).version


@pytest.fixture
def settings(placed: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = placed()
    monkeypatch.setenv("MODEL_DIR", str(settings.model_folder))
    monkeypatch.setenv("MODEL_STORE", settings.model_store)
    monkeypatch.setenv("HISTORY_URL", settings.history_url)
    return settings


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner().invoke(creditrisk, [str(word) for word in words])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training file, and the recipe that makes little of it."""
    monkeypatch.setattr("models.training.recipe.Recipe", lambda **chosen: replace(LIGHT, seed=chosen["seed"]))
    path = tmp_path / "file.txt"
    path.write_bytes(as_published(made_up_rows(600, 8)))
    return path


def told(settings: Settings) -> list[tuple[str, str, str, str]]:
    log = open_audit(settings.history_url)
    verify(log)
    return [(e.event, e.by, e.facts.get("how", ""), e.facts["version"]) for e in log.entries()]


def test_training_installing_and_going_back_are_kept_and_told(
    settings: Settings, run: Run, file: Path
) -> None:
    shutil.copytree(LAYER, settings.model_folder)
    trained = run("train", file, "--as", "ana")
    assert trained.exit_code == 0, trained.output
    new = read_manifest(settings.model_folder).version
    back = run("model", "rollback", "--as", "bo", "--json")
    assert back.output == f'{{"version": "{VERSION}"}}\n'
    handed = Path(
        shutil.copytree(
            settings.model_folder.with_name("active.previous"), settings.model_folder.with_name("handed")
        )
    )
    installed = run("model", "install", handed, "--as", "cy")
    assert installed.exit_code == 0, installed.output
    third = read_manifest(settings.model_folder).version
    assert told(settings) == [
        ("model.activated", "ana", "trained", new),
        ("model.activated", "bo", "rolled back", VERSION),
        ("model.activated", "cy", "installed", third),
    ]
    kept = {
        version.name: [each.how for each in version.kept]
        for version in Store(Path(settings.model_store)).versions()
    }
    assert kept[VERSION] == ["found", "rolled back"] and kept[new][0] == "trained"
    assert third in kept
    (version,) = [one for one in Store(Path(settings.model_store)).versions() if one.name == new]
    assert version.kept[0].data == read_manifest(version.layer).data["data"]["sha256"]


@pytest.mark.parametrize("steps", [1, LIGHT.steps])
def test_a_training_that_was_stopped_is_gone_on_with_to_the_same_models(
    steps: int, settings: Settings, run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was computed is not computed anew, and the layer is the one that it would have been."""
    store, seen = Path(settings.model_store), list[dict[Path, int]]()
    assert run("train", file, "--out", tmp_path / "at once").exit_code == 0

    def parts() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in store.glob(".unfinished-*/*.npz")}

    def look() -> None:
        seen.append(parts())
        if len(seen) == steps:
            raise Stopped(128 + signal.SIGINT)

    monkeypatch.setattr("cli.train.moving", lambda *_: nullcontext(look))
    assert run("train", file, "--out", tmp_path / "in two").exit_code == 128 + signal.SIGINT
    there = parts()
    assert len(there) == min(steps - 1, LIGHT.folds) and not (tmp_path / "in two").exists()
    assert run("train", file, "--out", tmp_path / "in two").exit_code == 0
    assert all(there.items() <= later.items() for later in seen[steps:])
    one, two = (contents(tmp_path / name) for name in ("at once", "in two"))
    assert {path for path in one if one[path] != two[path]} == {MANIFEST}, "which tells when it was made"
    assert not list(store.glob(".unfinished-*"))


@pytest.mark.parametrize(
    "at", ["cli.train._placing", "models.training.out_of_fold.write", "models.training.publishing.publish"]
)
def test_a_training_that_is_stopped_after_its_folds_has_them_still(
    at: str, settings: Settings, run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the layer is placed, the out-of-fold file is written or the card is made."""
    store = Path(settings.model_store)
    command = (
        "train", file, "--out", tmp_path / "out", "--out-of-fold", tmp_path / "scores.csv", "--card", tmp_path / "card.md"
    )  # fmt: skip

    def stopped(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("models.training.publishing.can_draw", lambda: "")
    monkeypatch.setattr("models.training.publishing.publish", lambda *_: None)
    with monkeypatch.context() as now:
        now.setattr(at, stopped)
        result = run(*command)
    assert result.exit_code == 128 + signal.SIGINT
    there = {path: path.stat().st_mtime_ns for path in store.glob(".unfinished-*/*.npz")}
    assert len(there) == LIGHT.folds
    seen = list[dict[Path, int]]()

    def look() -> None:
        seen.append({path: path.stat().st_mtime_ns for path in there})

    monkeypatch.setattr("cli.train.moving", lambda *_: nullcontext(look))
    assert run(*command).exit_code == 0
    assert seen == [there] * LIGHT.steps, "what was there was not computed anew"
    assert not list(store.glob(".unfinished-*"))


def test_the_second_of_two_equal_trainings_is_refused(
    settings: Settings, run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second: list[Result] = []

    def meanwhile() -> None:
        second.append(run("train", file, "--out", tmp_path / "out"))

    monkeypatch.setattr("cli.train.moving", lambda *_: nullcontext(meanwhile))
    assert run("train", file, "--out", tmp_path / "out").exit_code == 0
    assert len(second) == LIGHT.steps
    assert all(isinstance(one.exception, AlreadyUnderWay) for one in second)


def test_a_layer_that_is_trained_elsewhere_is_kept_and_changes_nothing_that_would_be_told(
    settings: Settings, run: Run, file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "elsewhere"
    assert run("train", file, "--out", out).exit_code == 0
    assert [one.name for one in Store(Path(settings.model_store)).versions()] == [read_manifest(out).version]
    assert told(settings) == []


def test_where_the_log_cannot_be_written_the_active_layer_stays(settings: Settings, run: Run) -> None:
    shutil.copytree(LAYER, settings.model_folder)
    previous = another_version(settings.model_folder.with_name("active.previous"))
    Path(settings.history_url).write_text("a file stands where the folder should be")
    assert isinstance(run("model", "rollback").exception, AuditUnavailable)
    assert contents(settings.model_folder) == contents(LAYER)
    assert read_manifest(previous).version != VERSION
