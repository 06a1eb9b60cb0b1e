"""The audit log in S3, over HTTP to a stand-in: one object an entry, one chain whoever writes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lifecycle.audit import AuditBroken, AuditUnavailable, open_audit, verify
from lifecycle.audit.bucket import BucketAudit
from tests.s3_server import S3Server

URL = "s3://history/credit/risk"


def test_entries_are_numbered_objects_outside_the_historys_prefix(server: S3Server) -> None:
    for number in range(23):
        assert open_audit(URL).record("model.promoted", "ana", version=number).number == number + 1
    assert len(server.objects) == 23
    assert all("credit/risk-audit/0000000000" in key for key in server.objects)
    assert verify(open_audit(URL)).number == 23
    assert [entry.facts["version"] for entry in open_audit(URL).entries()] == list(range(23))


def test_writers_at_once_make_one_chain(server: S3Server) -> None:
    def write(who: str) -> None:
        for number in range(8):
            open_audit(URL).record("model.promoted", who, number=number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    assert verify(open_audit(URL)).number == 32


@pytest.mark.parametrize("fault", ["cut after", "500", "conflict"])
def test_a_fault_of_the_network_records_once(fault: str, server: S3Server) -> None:
    open_audit(URL).record("model.promoted", "ana")
    server.faults = [fault]  # type: ignore[list-item]
    open_audit(URL).record("model.promoted", "bo")
    assert [entry.by for entry in open_audit(URL).entries()] == ["ana", "bo"]
    verify(open_audit(URL))


def test_what_was_changed_or_deleted_in_the_bucket_is_found(server: S3Server) -> None:
    for number in range(5):
        open_audit(URL).record("model.promoted", "ana", version=number)
    key = sorted(server.objects)[2]
    body = server.objects[key]
    server.objects[key] = body.replace(b"ana", b"eve")
    with pytest.raises(AuditBroken, match="Entry 3 "):
        verify(open_audit(URL))
    del server.objects[key]
    with pytest.raises(AuditBroken, match="Entry 3 "):
        verify(open_audit(URL))


def test_a_bucket_that_is_away_is_told(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.fault_always = "500"
    log = open_audit(URL)
    assert isinstance(log, BucketAudit)
    with pytest.raises(AuditUnavailable, match="not done"):
        log.record("model.promoted", "ana")
