"""A portfolio that shares no field with the one that ships: from its form to its record in processes of its own, and never
mixed with another's."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from redis import Redis

from cli.importing import read
from creditrisk.errors import HistoryOfAnotherPortfolio, UnusableFile
from creditrisk.history import History, open_history
from creditrisk.intake import Intake
from tests.helpers import DrainAll, Make, recorded
from tests.integration.served import ROOT, Served, serving
from tests.lenders import small_loans
from tests.s3_server import S3Server

SENT: dict[str, Any] = {
    "NAME": "Erika Muster",
    "balance.last.month": -1250.5,
    'purpose, "as told"': "radio, TV",
    "months left": -3,
}
PROBABILITY = (10_000 + 1250.5) / 20_000


def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def environment(redis_url: str, tmp_path: Path) -> dict[str, str]:
    """What makes a process serve small loans."""
    return {
        "PORTFOLIO_DIR": str(small_loans(tmp_path / "portfolio")),
        "REDIS_URL": redis_url,
        "HISTORY_URL": str(tmp_path / "history"),
    }


@pytest.fixture
def form(environment: dict[str, str], redis_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(redis_url, tmp_path, **environment) as served:
        yield served


def submitted(form: Served, application: dict[str, Any]) -> str:
    status, answer = form.post(
        "/api/v1/applications", json.dumps(application).encode(), "Accept: application/json"
    )
    assert status == 202, answer
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["id"])


def scored(environment: dict[str, str]) -> None:
    done = run("tests.integration.balance_scorer", **environment)
    assert done.returncode == 0, done.stderr


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_application_goes_from_the_form_to_a_record_under_its_own_columns(
    form: Served, environment: dict[str, str], tmp_path: Path
) -> None:
    application_id = submitted(form, SENT)
    scored(environment)
    status, answer = form.ask(
        f"GET /api/v1/applications/{application_id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (status, body["status"], body["decision"]) == (200, "decided", "declined")
    assert body["probability"] == PROBABILITY
    (row,) = rows(tmp_path / "history")
    assert row["APPLICATION_ID"] == application_id
    assert {name: row[name] for name in SENT} == {name: str(value) for name, value in SENT.items()}
    assert list(row)[3 : 3 + len(SENT)] == list(SENT)
    assert (row["THRESHOLD"], float(row["PROBABILITY"])) == ("0.3", PROBABILITY), "the portfolio's own policy"
    assert json.loads(row["REASONS"])[0][0] == "balance.last.month"


def test_the_forms_own_names_and_each_spelling_of_a_level_lead_to_the_same_record(
    form: Served, environment: dict[str, str], tmp_path: Path
) -> None:
    typed = {
        "name": "Erika Muster",
        "balance_last_month": "-1,250.50",
        "purpose_as_told": "RADIO, TV",
        "months_left": "-3",
    }
    status, answer = form.post(
        "/application", urlencode(typed).encode(), kind="application/x-www-form-urlencoded"
    )
    assert status in (200, 202, 303), answer
    scored(environment)
    (row,) = rows(tmp_path / "history")
    assert {name: row[name] for name in SENT} == {name: str(value) for name, value in SENT.items()}


def test_a_second_batch_goes_to_the_same_file_and_is_exported_whole(
    form: Served, environment: dict[str, str], tmp_path: Path
) -> None:
    levels = ('"repairs"', "< 100", ">= 500", "car (new)")
    ids = []
    for number, level in enumerate(levels):
        ids.append(submitted(form, SENT | {'purpose, "as told"': level, "balance.last.month": -number}))
        scored(environment)
    assert sorted(path.name for path in (tmp_path / "history").glob("*.csv")) == ["history.csv"]
    done = run("cli", "history", "export", "-", **environment)
    assert done.returncode == 0, done.stderr
    exported = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["APPLICATION_ID"] for row in exported] == ids
    assert [row["balance.last.month"] for row in exported] == ["0", "-1", "-2", "-3"]


def test_an_application_in_the_queue_of_another_portfolio_fails_with_a_sentence_and_is_not_scored(
    form: Served, drain_all: DrainAll, intake: Intake, history: History, make_application: Make
) -> None:
    other, ours = submitted(form, SENT), intake.submit(make_application()).id
    drain_all()
    assert recorded(history) == [ours]
    ((failed, reason),) = intake.queue.state().failed.items()
    assert failed == other
    assert "another portfolio's (it names small-loans)" in reason
    assert "discard it" in reason and ". " not in reason


def test_a_job_that_names_no_portfolio_is_told_by_its_fields(
    form: Served, drain_all: DrainAll, intake: Intake, history: History, redis: Redis
) -> None:
    other = submitted(form, SENT)
    key = next(key for key in redis.scan_iter(f"*{other}*") if redis.type(key) == b"hash")
    call = json.loads(zlib.decompress(redis.hget(key, "data")))
    del call[3]["portfolio"]
    redis.hset(key, "data", zlib.compress(json.dumps(call).encode()))
    drain_all()
    assert recorded(history) == []
    (reason,) = intake.queue.state().failed.values()
    assert "another portfolio's (it has NAME, balance.last.month" in reason


def test_another_portfolios_history_is_neither_written_to_nor_added_to(
    form: Served,
    environment: dict[str, str],
    tmp_path: Path,
    drain_all: DrainAll,
    intake: Intake,
    make_application: Make,
) -> None:
    submitted(form, SENT)
    scored(environment)
    before = {path.name: path.read_bytes() for path in (tmp_path / "history").iterdir()}
    intake.submit(make_application())
    with pytest.raises(
        HistoryOfAnotherPortfolio, match=r"history\.csv records the decisions of another portfolio"
    ):
        drain_all()
    history = open_history(environment["HISTORY_URL"])
    with pytest.raises(HistoryOfAnotherPortfolio, match="HISTORY_URL"):
        history.check()
    with pytest.raises(HistoryOfAnotherPortfolio):
        history.add_part("0" * 12, [])
    with pytest.raises(UnusableFile, match="another portfolio's history"):
        read(tmp_path / "history" / "history.csv")
    assert {path.name: path.read_bytes() for path in (tmp_path / "history").iterdir()} == before
    assert intake.queue.state().waiting == 1, "and it waits for a place to be recorded"


def test_another_portfolios_objects_in_s3_are_left_alone(
    server: S3Server, form: Served, environment: dict[str, str], tmp_path: Path
) -> None:
    submitted(form, SENT)
    scored(environment | server.environment | {"HISTORY_URL": "s3://history/lender"})
    before = dict(server.objects)
    assert len(before) == 1
    history = open_history("s3://history/lender")
    for attempt in (
        history.check,
        lambda: history.append([], frozenset),
        lambda: history.add_part("0" * 12, []),
    ):
        with pytest.raises(HistoryOfAnotherPortfolio, match=r"s3://history/lender/date=.* another portfolio"):
            attempt()
    open_history("s3://history/another").check()
    assert server.objects == before


def test_serve_does_not_start_on_another_portfolios_data(
    environment: dict[str, str], tmp_path: Path, drain_all: DrainAll, intake: Intake, make_application: Make
) -> None:
    intake.submit(make_application())
    drain_all()
    data = tmp_path / "data"
    shutil.copytree(tmp_path / "history", data / "history")
    before = (data / "history" / "history.csv").read_bytes()
    done = run("cli", "serve", "--data", str(data), **environment | {"REDIS_URL": "", "HISTORY_URL": ""})
    assert done.returncode == 1
    assert done.stderr.startswith("creditrisk: ") and len(done.stderr.splitlines()) == 1
    assert "another portfolio" in done.stderr and "HISTORY_URL" in done.stderr
    assert (data / "history" / "history.csv").read_bytes() == before
    assert not (data / "redis").exists(), "nothing was started"
