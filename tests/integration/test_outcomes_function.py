"""The function of outcomes, as an upload calls it: what it adds, what its report says, and what fails."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from creditrisk.decision import Answer, Decision
from creditrisk.errors import HistoryUnavailable, UnusableFile
from creditrisk.history import Record, open_history
from creditrisk.outcomes import open_outcomes
from functions.outcomes import handler as function
from tests.helpers import Make
from tests.s3_server import S3Server
from tests.unit.lifecycle.recorded import id_at

URL = "s3://bucket/history"


@pytest.fixture(autouse=True)
def _fresh(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HISTORY_URL", URL)
    function._s3.cache_clear()
    yield
    function._s3.cache_clear()


@pytest.fixture
def recorded(make_application: Make) -> str:
    decision = Decision(0.25, 0, "approved", 0.5, "lightgbm", "test", "2026-01-20T00:00:01.000Z", [])
    id = id_at(datetime(2026, 1, 20, tzinfo=UTC))
    answer = Answer(id, "decided", "2026-01-20T00:00:00.000Z", make_application(), decision)
    open_history(URL).append([Record(answer)], lambda: {id})
    return id


def upload(server: S3Server, text: str, key: str = "outcomes/May/of may.csv") -> dict[str, Any]:
    """Put a file into the bucket, and what EventBridge tells of it."""
    server.objects[key] = text.encode()
    return {"detail": {"bucket": {"name": "bucket"}, "object": {"key": key}}}


def report(server: S3Server, key: str = "outcomes/May/of may.csv") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.objects[f"{key}.report.json"])
    return found


def test_an_upload_is_added_and_its_report_lies_beside_it(server: S3Server, recorded: str) -> None:
    event = upload(
        server, f"APPLICATION_ID;OUTCOME;OBSERVED_AT\n{recorded};bad;2026-03-01\nAna;good;2026-03-01\n"
    )
    answer = function.handler(event, None)
    assert [row["OUTCOME"] for row in open_outcomes(URL).rows()] == ["bad"]
    assert report(server) == answer
    assert (answer["rows"], answer["added"], answer["refused"]) == (2, 1, 1)
    assert answer["problems"] == [{"line": 3, "problem": "no application of the history has this id"}]


def test_the_same_event_twice_adds_nothing_twice(server: S3Server, recorded: str) -> None:
    event = upload(server, f"APPLICATION_ID,OUTCOME,OBSERVED_AT\n{recorded},bad,2026-03-01\n")
    function.handler(event, None)
    assert function.handler(event, None)["known"] == 1
    assert len(list(open_outcomes(URL).rows())) == 1


@pytest.mark.parametrize("told", ["outcomes/May/of%20may.csv", "outcomes/May/of+may.csv"])
def test_a_key_that_came_encoded_is_found(server: S3Server, recorded: str, told: str) -> None:
    event = upload(server, f"APPLICATION_ID,OUTCOME,OBSERVED_AT\n{recorded},bad,2026-03-01\n")
    event["detail"]["object"]["key"] = told
    assert function.handler(event, None)["added"] == 1
    assert report(server)["added"] == 1


def test_its_own_reports_and_folders_are_nothing_to_add(server: S3Server) -> None:
    for key in ("outcomes/", "outcomes/May/", "outcomes/of may.csv.report.json"):
        assert function.handler(upload(server, "", key), None) == {"ignored": True}


def test_what_is_no_table_of_outcomes_fails_and_the_report_says_why(server: S3Server) -> None:
    with pytest.raises(UnusableFile):
        function.handler(upload(server, "DNI,OUTCOME\n1,good\n"), None)
    assert report(server)["error"].startswith("The header lacks APPLICATION_ID")
    event = upload(server, "")
    del server.objects["outcomes/May/of may.csv"]
    with pytest.raises(UnusableFile, match="not there any more"):
        function.handler(event, None)


def test_a_history_out_of_reach_fails_so_that_the_event_comes_again(
    server: S3Server, recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, rows: object) -> None:
        raise HistoryUnavailable("The outcomes in S3 cannot be written or read: SlowDown.")

    event = upload(server, f"APPLICATION_ID,OUTCOME,OBSERVED_AT\n{recorded},bad,2026-03-01\n")
    with monkeypatch.context() as patch:
        patch.setattr("creditrisk.ledger.bucket.BucketLedger.append", refuse)
        with pytest.raises(HistoryUnavailable):
            function.handler(event, None)
    assert "SlowDown" in report(server)["error"]
    assert function.handler(event, None)["added"] == 1


def test_the_log_names_no_person(server: S3Server, recorded: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    event = upload(server, "DNI,DATE,OUTCOME,OBSERVED_AT\n012345678,2026-01-20,bad,2026-03-01\n987654321,2026-01-20,bad,2026-03-01\n")  # fmt: skip
    assert function.handler(event, None)["added"] == 1
    assert "012345678" not in caplog.text + json.dumps(report(server))
    assert "987654321" not in caplog.text + json.dumps(report(server))
