"""`creditrisk outcomes` as a person calls it, and outcomes in a bucket."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from creditrisk.application_id import new_application_id
from creditrisk.decision import Answer, Decision
from creditrisk.history import Record, open_history
from creditrisk.outcomes import open_outcomes
from creditrisk.outcomes.adding import add
from creditrisk.outcomes.given import GivenFile
from tests.helpers import Make
from tests.s3_server import S3Server
from tests.unit.lifecycle.recorded import id_at

COMMAND = [sys.executable, "-m", "cli", "outcomes"]
DAY = datetime(2026, 1, 20, tzinfo=UTC)


def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def decide(make_application: Make) -> Callable[..., str]:
    """Records an application in the history at a URL, and returns its id."""

    def decide(url: object, received: datetime = DAY) -> str:
        decision = Decision(0.25, 0, "approved", 0.5, "lightgbm", "test", "2026-01-20T00:00:01.000Z", [])
        id = id_at(received)
        answer = Answer(id, "decided", "2026-01-20T00:00:00.000Z", make_application(), decision)
        open_history(str(url)).append([Record(answer)], lambda: {id})
        return id

    return decide


Decide = Callable[..., str]


def test_a_file_is_added_told_and_shown(place: Path, tmp_path: Path, decide: Decide) -> None:
    id, other = decide(place), decide(place)
    file, report, out = (tmp_path / name for name in ("told.csv", "report.csv", "out.csv"))
    file.write_text(f"APPLICATION_ID,OUTCOME,OBSERVED_AT,LOSS\n{id},good,2026-02-01,\nAna,bad,2026-02-01,\n{other},bad,2026-02-01,90\n")  # fmt: skip
    done = run("add", file, "--at", place, "--report", report)
    assert done.stdout == f"2 outcomes added from {file} to {place}\n"
    assert "told.csv, line 3: no application of the history has this id" in done.stderr
    assert "Ana" not in done.stderr + report.read_text()
    assert list(csv.DictReader(report.open())) == [
        {"line": "3", "problem": "no application of the history has this id"}
    ]
    file.write_text(f"APPLICATION_ID,OUTCOME,OBSERVED_AT\n{id},bad,2026-03-01\n")
    assert json.loads(run("add", file, "--at", place, "--json").stdout) == {
        "rows": 1, "added": 1, "known": 0, "corrected_since": 0, "refused": 0, "problems": []
    }  # fmt: skip
    assert "1 was there already\n" in run("add", file, "--at", place).stdout

    run("export", out, "--at", place)
    assert [(row["APPLICATION_ID"], row["OUTCOME"], row["LOSS"]) for row in csv.DictReader(out.open())] == [
        (id, "good", ""), (other, "bad", "90"), (id, "bad", "")
    ]  # fmt: skip
    standing = run("export", "-", "--standing", "--at", place).stdout
    assert {row["APPLICATION_ID"]: row["OUTCOME"] for row in csv.DictReader(io.StringIO(standing))} == {
        id: "bad", other: "bad"
    }  # fmt: skip
    shown = json.loads(run("show", id, "--at", place, "--json").stdout)
    assert [(row["OUTCOME"], row["counts"]) for row in shown] == [("good", False), ("bad", True)]
    assert run("show", id, "--at", place).stdout.count("counts") == 1


def test_what_went_wrong_is_one_line_and_status_1(place: Path, tmp_path: Path, decide: Decide) -> None:
    decide(place)
    file = tmp_path / "told.csv"
    file.write_text("APPLICATION_ID,OUTCOME,OBSERVED_AT\nx,good,2026-02-01\n")
    assert run("add", file, "--at", place, status=1).stderr.endswith(f"Nothing in {file} could be added.\n")
    file.write_text("OUTCOME,OBSERVED_AT\n")
    done = run("add", file, "--at", place, status=1)
    assert "told.csv: The header lacks APPLICATION_ID" in done.stderr
    assert done.stderr.count("\n") == 1
    unknown = new_application_id()
    assert f"No outcome of {unknown} is known" in run("show", unknown, "--at", place, status=1).stderr
    run("add", tmp_path / "none.csv", "--at", place, status=2)
    done = run("export", tmp_path / "no" / "out.csv", "--at", place, status=1)
    assert "cannot be written (No such file or directory)" in done.stderr


def test_stopped_in_the_middle_it_leaves_whole_rows_and_goes_on_the_next_time(
    place: Path, tmp_path: Path, decide: Decide
) -> None:
    """The process is stopped as soon as something of its file is written, by a signal as from a keyboard."""
    ids = [decide(place) for _ in range(3)]
    file = tmp_path / "told.csv"
    days = [(DAY + timedelta(days=1 + number)).date().isoformat() for number in range(200)]
    rows = [f"{id},good,{day}" for day in days for id in ids]
    file.write_text("\n".join(["APPLICATION_ID,OUTCOME,OBSERVED_AT", *rows, ""]))
    slowly = (
        "import creditrisk.outcomes.adding as adding; adding._BATCH = 5; from cli.main import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slowly, "outcomes", "add", str(file), "--at", str(place)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    written = place / "outcomes.csv"
    while process.poll() is None and not (written.exists() and written.stat().st_size > 1_000):
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode in (0, 128 + signal.SIGINT)
    assert process.returncode == 0 or "the same file again completes it" in errors
    before = [row["OBSERVED_AT"] for row in open_outcomes(str(place)).rows()]
    assert before == [row.split(",")[2] for row in rows][: len(before)]
    run("add", file, "--at", place)
    assert len(list(open_outcomes(str(place)).rows())) == len(rows)


def test_in_a_bucket_only_the_days_that_the_rows_name_are_read(server: S3Server, decide: Decide) -> None:
    url = "s3://bucket/history"
    ids = [decide(url, DAY + timedelta(days=day)) for day in range(12)]
    server.objects_read = 0
    text = f"APPLICATION_ID,OUTCOME,OBSERVED_AT\n{ids[3]},bad,2026-03-01\n{ids[7]},good,2026-03-01\n"
    report = add(open_history(url), open_outcomes(url), GivenFile(io.BytesIO(text.encode())))
    assert (report.added, server.objects_read) == (2, 2)
    assert [row["APPLICATION_ID"] for row in open_outcomes(url).rows()] == [ids[3], ids[7]]
    assert len(list(open_history(url).records())) == 12
