"""The three steps of a bulk file, on LocalStack's S3: planned, scored in pieces, joined by S3 itself."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest

from creditrisk.errors import UnusableFile, WrongColumns
from functions.bulk import handler as bulk
from functions.bulk import storage

pytestmark = [pytest.mark.needs("LocalStack"), pytest.mark.timeout(600)]
ARN = "arn:aws:lambda:us-east-1:000000000000:function:credit-risk-local-bulk"
CONTEXT = SimpleNamespace(invoked_function_arn=f"{ARN}:live", function_version="7")
MORNING = "2026-11-25T10:15:00Z"


class Bucket:
    """A bucket with versions, as the stack makes it, and what Step Functions does with it."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.name = f"bulk-{uuid4().hex}"
        self.s3.create_bucket(Bucket=self.name)
        self.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    def upload(self, key: str, body: bytes) -> dict[str, str]:
        """Put a file; what the event says of it."""
        done = self.s3.put_object(Bucket=self.name, Key=key, Body=body)
        return {"key": key, "version-id": done["VersionId"], "etag": done["ETag"].strip('"')}

    def plan(self, uploaded: dict[str, str], execution: str = "", time: str = MORNING) -> dict[str, Any]:
        place = {"bucket": self.name, "object": uploaded, "time": time}
        execution = execution or f"arn:aws:states:…:bulk:{uuid4()}"
        return bulk.handler({"step": "plan", "execution": execution, **place}, CONTEXT)

    def pieces(self, planned: dict[str, Any]) -> list[dict[str, Any]]:
        pieces: list[dict[str, Any]] = json.loads(self.read(planned["plan"]))
        return pieces

    def run(self, planned: dict[str, Any]) -> dict[str, Any]:
        """Score all pieces, the last one first, and join them."""
        for piece in reversed(self.pieces(planned)):
            bulk.handler({"step": "score", "piece": piece, **planned}, CONTEXT)
        return bulk.handler({"step": "join", **planned}, CONTEXT)

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def rows(self, told: dict[str, Any], delimiter: str = ",") -> list[dict[str, str]]:
        text = self.read(told["key"]).decode()
        return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.fixture
def bucket(localstack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in localstack.items():
        monkeypatch.setenv(name, value)
    storage.s3.cache_clear()
    yield Bucket()
    storage.s3.cache_clear()


def table(raw: dict[str, object], rows: int, delimiter: str = ",", end: str = "\n", **more: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow([*raw, "note"])
    writer.writerows(
        [*(raw | more | {"DNI": str(900_000 + number)}).values(), f"no. {number}"] for number in range(rows)
    )
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        (b"age,AGE\n1,2\n", WrongColumns, "AGE is there twice"),
        (b"age,shoe_size\n1,2\n", WrongColumns, "The header lacks"),
        ("age,cidadé,".encode() + b"\xe9\n1,2,3\n", UnusableFile, r"The header is not in UTF-8"),
        (b"PK\x03\x04 xl/workbook.xml", UnusableFile, "an Excel workbook"),
        (b"", UnusableFile, "empty"),
    ],
)
def test_a_plan_refuses_what_cannot_be_scored(
    bucket: Bucket, body: bytes, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        bucket.plan(bucket.upload("bulk/autumn.csv", body))


def test_the_steps_lead_to_the_result_and_name_the_version_that_planned_it(
    bucket: Bucket, raw_application: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS", 2)
    body = b"\xef\xbb\xbf" + table(raw_application, 5, ";").encode()
    planned = bucket.plan(bucket.upload("bulk/autumn.csv", body))
    assert (planned["pieces"], planned["function"]) == (3, f"{ARN}:7")
    told = bucket.run(planned)
    assert (told["rows"], told["bad"], told["ignored"]) == (5, 0, ["note"])
    assert told == json.loads(bucket.read(f"{planned['folder']}/report.json"))
    rows = bucket.rows(told, ";")
    assert [row["note"] for row in rows] == [f"no. {number}" for number in range(5)]
    assert len({row["probability"] for row in rows}) == 1


@pytest.mark.parametrize("form", ["gzip", "utf-16", "windows-1252", "tabs"])
def test_the_steps_read_a_file_in_every_form_whatever_its_name(
    bucket: Bucket, raw_application: dict[str, object], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(bulk, "ROWS", 2)
    raw = {name: value for name, value in raw_application.items() if name != "residencial_borough"}
    raw |= {"RESIDENTIAL_BOROUGH": "Centro", "residencial_city": "São d’Oeste"}
    delimiter = "\t" if form == "tabs" else ","
    data = table(raw, 3, delimiter, "\r\n").encode(
        {"utf-16": "utf-16", "windows-1252": "cp1252"}.get(form, "utf-8")
    )
    body = gzip.compress(data) if form == "gzip" else data
    told = bucket.run(bucket.plan(bucket.upload("bulk/SPRING.CSV", body)))
    assert told["ignored"] == ["RESIDENTIAL_BOROUGH (did you mean RESIDENCIAL_BOROUGH?)", "note"]
    assert told["absent"] == ["PROFESSIONAL_BOROUGH", "RESIDENCIAL_BOROUGH"]
    rows = bucket.rows(told, delimiter)
    assert (told["rows"], told["bad"], len(rows)) == (3, 0, 3)
    assert {row["residencial_city"] for row in rows} == {"São d’Oeste"}


def test_no_two_uploads_share_a_result(bucket: Bucket, raw_application: dict[str, object]) -> None:
    keys = ["bulk/retail/autumn.csv", "bulk/cards/autumn.csv", "bulk/cards/autumn.txt", "bulk/autumn.csv.gz"]
    uploads = [bucket.upload(key, table(raw_application, 1, note=key).encode()) for key in keys]
    uploads.append(bucket.upload(keys[0], table(raw_application, 2).encode()))
    planned = [bucket.plan(uploaded) for uploaded in uploads]
    told = [bucket.run(plan) for plan in reversed(planned)][::-1]
    assert len({one["key"] for one in told}) == len(uploads)
    assert told[0]["key"].startswith("bulk-results/retail/autumn.csv/20261125T101500Z-")
    assert [one["rows"] for one in told] == [1, 1, 1, 1, 2]


def test_a_file_that_is_replaced_meanwhile_is_scored_as_it_was_uploaded(
    bucket: Bucket, raw_application: dict[str, object]
) -> None:
    first = bucket.upload("bulk/autumn.csv", table(raw_application, 3).encode())
    bucket.upload("bulk/autumn.csv", table(raw_application, 1).encode())
    planned = bucket.plan(first)
    bucket.upload("bulk/autumn.csv", b"nothing of a table")
    assert bucket.run(planned)["rows"] == 3


@pytest.mark.parametrize(
    "name", ["São Paulo 1+1.csv", "a%20b.csv", "no ending", "a//b/.csv", "x.csv/y.CSV", "x" * 900]
)
def test_a_file_may_be_named_as_people_name_files(
    bucket: Bucket, raw_application: dict[str, object], name: str
) -> None:
    told = bucket.run(bucket.plan(bucket.upload(f"bulk/{name}", table(raw_application, 1).encode())))
    assert told["key"].startswith(f"bulk-results/{name}/2026")
    assert len(bucket.rows(told)) == 1


def test_a_name_that_leaves_no_room_for_the_results_is_refused(
    bucket: Bucket, raw_application: dict[str, object]
) -> None:
    uploaded = bucket.upload(f"bulk/{'é' * 451}", table(raw_application, 1).encode())
    with pytest.raises(UnusableFile, match="more than 900 bytes; shorten it"):
        bucket.plan(uploaded)


def test_a_file_that_is_gone_is_told_as_that(bucket: Bucket) -> None:
    with pytest.raises(UnusableFile, match="put it into bulk/ once more"):
        bucket.plan({"key": "bulk/gone.csv"})


def test_a_damaged_byte_spoils_its_row_alone(bucket: Bucket, raw_application: dict[str, object]) -> None:
    lines = table(raw_application, 4).encode().splitlines(keepends=True)
    lines[2] = lines[2].replace("ó".encode(), b"\xff")
    told = bucket.run(bucket.plan(bucket.upload("bulk/autumn.csv", b"".join(lines))))
    assert (told["rows"], told["bad"]) == (4, 1)
    errors = [row["error"] for row in bucket.rows(told)]
    assert [bool(error) for error in errors] == [False, True, False, False]
    assert "not in UTF-8" in errors[1]


def test_a_join_without_all_pieces_says_so(bucket: Bucket, raw_application: dict[str, object]) -> None:
    planned = bucket.plan(bucket.upload("bulk/autumn.csv", table(raw_application, 1).encode()))
    with pytest.raises(UnusableFile, match="0 of 1 pieces are there"):
        bulk.handler({"step": "join", **planned}, CONTEXT)


@pytest.mark.parametrize("sizes", [[9, 9, 1], [1, 1, 1], [6, 1, 9, 2, 2, 2], [5] * 40])
def test_pieces_of_any_size_are_joined_in_order(bucket: Bucket, sizes: list[int]) -> None:
    """S3 takes parts of 5 MiB at least, the last one excepted; sizes are in MiB."""
    bodies = [bytes([number]) * (size << 20) for number, size in enumerate(sizes)]
    for number, body in enumerate(bodies):
        bucket.s3.put_object(Bucket=bucket.name, Key=f"scored-{number:06}", Body=body)
    pieces = storage.listed(bucket.name, "scored-")
    storage.join(bucket.name, "result.csv", pieces)
    assert bucket.read("result.csv") == b"".join(bodies)


def test_a_piece_is_a_part_that_s3_joins_itself_whatever_the_rows_are_like(
    bucket: Bucket, raw_application: dict[str, object]
) -> None:
    """The ceiling: 10,000 pieces of 8 MiB. None but the last is smaller than that while its rows have some length."""
    body = table(raw_application, 80_000).encode()
    planned = bucket.plan(bucket.upload("bulk/large.csv", body))
    sizes = [piece["end"] - piece["start"] for piece in bucket.pieces(planned)]
    assert len(sizes) > 1
    assert all(8 << 20 <= size < 9 << 20 for size in sizes[:-1])
    per_row = len(body) / 80_000
    assert bulk.MOST_PIECES * (8 << 20) / per_row > 100_000_000
