"""A running scorer takes up another layer and goes back, without a restart, and decides every application exactly once."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load import wait_until
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from models.store.layer import exchange, replace_layer, roll_back
from scoring.loading import GOLDEN
from scoring.manifest import MANIFEST, read_manifest, sha256
from tests.helpers import Make
from tests.integration.models.layers import LAYER, ROOT
from web import create_app

BUSY = 3
"""Threads that submit all the while."""


def another_version(folder: Path) -> Path:
    """A copy of the layer with another version: its golden rows are written otherwise, and say the same."""
    shutil.copytree(LAYER, folder)
    content = json.dumps(json.loads((folder / GOLDEN).read_bytes())).encode()
    (folder / GOLDEN).write_bytes(content)
    data = json.loads((folder / MANIFEST).read_text())
    data["files"][GOLDEN] = {"sha256": sha256(content), "bytes": len(content)}
    (folder / MANIFEST).write_text(json.dumps(data))
    return folder


@contextmanager
def worker_of(settings: Settings, layer: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`creditrisk worker` as a process of its own."""
    environment = os.environ | {
        "REDIS_URL": settings.redis_url,
        "HISTORY_URL": settings.history_url,
        "MODEL_DIR": str(layer),
        "BATCH_SIZE": "4",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "worker"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


class Stream:
    """Applications that are sent without a pause."""

    def __init__(self, intake: Intake, make_application: Make) -> None:
        self.intake, self.make = intake, make_application
        self.ids: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(BUSY)]

    def __enter__(self) -> "Stream":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._over.is_set():
            answer = self.intake.submit(self.make())
            self.ids.append(answer.id)
            self.intake.wait(answer.id, 20)

    def version(self) -> str:
        """The version that decides an application sent now."""
        answer = self.intake.submit(self.make())
        self.ids.append(answer.id)
        decided = self.intake.wait(answer.id, 20).decision
        return decided.model_version if decided else ""


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LAYER, tmp_path / "layer"))


def test_a_stream_is_decided_exactly_once_while_versions_come_and_go(
    settings: Settings, intake: Intake, make_application: Make, layer: Path, tmp_path: Path
) -> None:
    old, log = read_manifest(layer).version, tmp_path / "worker.log"
    new_layer = another_version(tmp_path / "new")
    new = read_manifest(new_layer).version
    expected = [old]
    with (
        worker_of(settings, layer, log) as process,
        Stream(intake, make_application) as stream,
    ):
        wait_until(lambda: stream.version() == old, 60, "the scorer decides")
        replace_layer(new_layer, layer)
        wait_until(lambda: stream.version() == new, 60, "the new version decides")
        for version in (old, new, old):
            roll_back(layer)
            wait_until(lambda version=version: stream.version() == version, 60, "it went back")  # type: ignore[misc]
            expected.append(version)
        assert process.poll() is None, "the same process all along"
    wait_until(lambda: all(intake.find(one).status == "decided" for one in stream.ids), 60, "all are decided")
    records = list(FolderHistory(Path(settings.history_url)).records())
    assert Counter(record.answer.id for record in records) == Counter(stream.ids), "each exactly once"
    versions = [record.answer.decision.model_version for record in records if record.answer.decision]
    changes = [one for place, one in enumerate(versions) if not place or versions[place - 1] != one]
    assert changes == [old, new, old, new, old], "no batch is decided by two"
    assert log.read_text().count("from now on version") == 4


def test_a_layer_that_cannot_serve_is_refused_and_the_old_one_goes_on(
    settings: Settings, intake: Intake, make_application: Make, layer: Path, tmp_path: Path
) -> None:
    old, log = read_manifest(layer).version, tmp_path / "worker.log"
    broken = another_version(tmp_path / "new")
    golden = json.loads((broken / GOLDEN).read_bytes())
    (broken / GOLDEN).write_bytes(json.dumps(golden[1:]).encode())  # not what the manifest lists
    client = create_app(settings, intake).test_client()

    def ready() -> dict[str, Any]:
        reply = client.get("/readyz")
        assert reply.status_code == 200, "applications are decided all the same"
        body: dict[str, Any] = reply.get_json()
        return body

    with worker_of(settings, layer, log), Stream(intake, make_application) as stream:
        wait_until(lambda: stream.version() == old, 60, "the scorer decides")
        assert ready() == {"status": "ready"}
        exchange(broken, layer)  # as somebody might who goes round the commands
        wait_until(lambda: "refused" in ready().get("warning", ""), 60, "/readyz warns")
        assert "manifest" in ready()["warning"]
        assert stream.version() == old
    assert {intake.find(one).status for one in stream.ids} == {"decided"}
    assert log.read_text().count("was refused") == 1
