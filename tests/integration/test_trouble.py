"""A history that cannot be used: found at start and while nothing happens, told by /readyz, mended without a restart."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load import wait_until
from cli.embedded_redis import free_port
from creditrisk.application import FIELDS
from creditrisk.errors import HistoryUnavailable, ScorerInTrouble
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.portfolio.kinds import Whole
from creditrisk.queue import trouble
from functions.scorer import worker as worker_module
from functions.scorer.assembly import Assembly
from functions.scorer.worker import Worker
from tests.helpers import Make

ROOT = Path(__file__).parents[2]


def in_trouble(intake: Intake) -> str:
    try:
        intake.check()
    except ScorerInTrouble as error:
        return str(error)
    return ""


@contextmanager
def working(assembly: Assembly, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker in a thread, where signals cannot be had."""
    monkeypatch.setattr(worker_module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(worker_module, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(worker_module, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr("functions.scorer.served.LOOK_SECONDS", 0.1)
    worker = Worker(assembly)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(60)
    assert not thread.is_alive()


def test_a_history_that_cannot_be_used_is_told_at_start_and_what_waits_is_recorded_once_it_can(
    intake: Intake,
    assembly: Assembly,
    history: FolderHistory,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history.path.mkdir(parents=True)  # a folder where the file should be
    with working(assembly, monkeypatch):
        wait_until(lambda: bool(in_trouble(intake)), 60, "the trouble is told")
        assert "history" in in_trouble(intake) and "accepted" in in_trouble(intake)
        receipt = intake.submit(make_application())
        history.path.rmdir()
        wait_until(lambda: intake.find(receipt.id).status == "decided", 60, "it is decided")
        wait_until(lambda: not in_trouble(intake), 60, "the trouble is over")
    assert history.find(receipt.id) is not None


def test_a_history_that_breaks_while_nothing_comes_in_is_told(
    intake: Intake, assembly: Assembly, history: FolderHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with working(assembly, monkeypatch):
        wait_until(history.path.exists, 60, "the history is begun")
        history.path.unlink()
        history.path.mkdir()
        wait_until(lambda: bool(in_trouble(intake)), 60, "the trouble is told")


def test_a_disk_that_is_full_is_told_until_something_has_been_recorded(
    intake: Intake, assembly: Assembly, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = assembly.history.append
    full = threading.Event()
    full.set()

    def append_or_not(*arguments: Any) -> Any:
        if full.is_set():
            raise HistoryUnavailable("The history cannot be written or read: No space left on device.")
        return append(*arguments)

    monkeypatch.setattr(assembly.history, "append", append_or_not)
    receipt = intake.submit(make_application())
    with working(assembly, monkeypatch):
        wait_until(lambda: "No space left" in in_trouble(intake), 60, "the trouble is told")
        for _ in range(20):  # the history's place is there, which alone is no end of the trouble
            assert in_trouble(intake)
            time.sleep(0.02)
        full.clear()
        wait_until(lambda: intake.find(receipt.id).status == "decided", 60, "it is decided")
        wait_until(lambda: not in_trouble(intake), 60, "the trouble is over")


def test_a_word_of_trouble_does_not_outlive_the_scorer_for_long(intake: Intake) -> None:
    trouble.tell(intake.queue, "The history is away.")
    assert 0 < intake.queue.redis.ttl(trouble.KEY) <= trouble.SECONDS


def test_a_rule_that_was_tightened_since_breaks_no_waiting_job(
    intake: Intake, drain_all: Callable[[], int], make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    application = make_application(
        AGE=34, PRODUCT="9", RESIDENCIAL_STATE="XX", FULL_NAME="'t Hart", DNI="1234"
    )
    receipt = intake.submit(application)
    tightened: dict[str, Any] = {**FIELDS, "AGE": replace(FIELDS["AGE"], kind=Whole(40, 50))}
    monkeypatch.setattr("creditrisk.queue.jobs.FIELDS", tightened)
    assert intake.find(receipt.id).status == "pending"
    drain_all()
    answer = intake.find(receipt.id)
    assert answer.status == "decided" and answer.application == application


@pytest.mark.parametrize(
    "changes",
    [{"AGE": "seven"}, {"AGE": [34]}, {"AGE": True}, {"DNI": "1\n2"}, {"RESIDENCIAL_CITY": {"a": 1}}, {"FULL_NAME": "\ud800"},
     {"RESIDENCIAL_ZIP_3": "abc"}, {"FULL_NAME": "x" * 5_000}, {"AGE": float("inf")}],
)  # fmt: skip
def test_what_can_never_have_been_accepted_is_refused_by_name(
    intake: Intake, drain_all: Callable[[], int], make_application: Make, changes: dict[str, Any]
) -> None:
    receipt, good = intake.submit(make_application(**changes)), intake.submit(make_application())
    drain_all()
    answer = intake.find(receipt.id)
    assert answer.status == "failed" and next(iter(changes)) in (answer.failure or "")
    assert intake.find(good.id).status == "decided"


class Served:
    """`creditrisk serve` in a process of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.log = folder / "serve.log"
        kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "HISTORY_URL")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve", "--port", str(self.port), "--data", str(folder / "data")],
                cwd=ROOT, env=kept | environment, stdout=log, stderr=log,
            )  # fmt: skip

    def __enter__(self) -> "Served":
        wait_until(lambda: "Ready:" in self.said or self.process.poll() is not None, 60, "it is ready")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    @property
    def said(self) -> str:
        return self.log.read_text()

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def test_serve_says_that_the_history_cannot_be_used_before_it_is_ready_and_the_form_stays_up(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "history").write_text("a file stands where the folder should be")
    with Served(tmp_path) as served:
        before = served.said.partition("Ready:")[0]
        assert "creditrisk: The history cannot be written or read" in before and "wait undecided" in before
        wait_until(lambda: "history" in served.get("/readyz")[1], 60, "/readyz says so")
        assert served.get("/readyz")[0] == 503
        assert served.get("/")[0] == 200
        assert served.process.poll() is None


def test_the_form_stays_up_when_the_scorer_cannot_start(tmp_path: Path) -> None:
    (tmp_path / "pickles").mkdir()
    with Served(tmp_path, MODEL_DIR=str(tmp_path / "pickles")) as served:
        wait_until(
            lambda: served.said.count("the scorer ended") >= 4, 60, "the scorer was tried again and again"
        )
        assert "scorer cannot start" in served.get("/readyz")[1]
        assert served.get("/")[0] == 200
        assert served.process.poll() is None


def test_serve_names_a_file_that_is_no_history_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "data" / "history").mkdir(parents=True)
    (tmp_path / "data" / "history" / "history.csv").write_text("ID,AGE\n1,30\n")
    with Served(tmp_path) as served:
        before = served.said.partition("Ready:")[0]
        assert "history.csv is no history" in before
        wait_until(lambda: served.get("/readyz")[0] == 200, 60, "it is ready")
    assert (tmp_path / "data" / "history" / "history.csv").read_text() == "ID,AGE\n1,30\n"
