"""Files of applications: cut at whole rows, scored row by row, in order, whatever a row is like."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from creditrisk.errors import UnusableFile
from creditrisk.files import WrongColumns
from creditrisk.files.rows import RESULT_COLUMNS, RowScorer
from creditrisk.settings import Settings
from functions.bulk import handler as bulk
from scoring import load
from tests.s3_server import S3Server


@pytest.fixture(scope="module")
def scorer() -> Any:
    return load(Settings().model_folder)


def test_every_row_comes_back_in_order_and_a_bad_one_stops_nothing(
    raw_application: dict[str, object], scorer: Any
) -> None:
    header = list(raw_application)
    good = [[str(raw_application[name]) if name != "age" else age for name in header] for age in ("30", "60")]
    bad = [*good[0]]
    bad[header.index("age")] = "seventeen"
    out = io.StringIO()
    csv.writer(out).writerows([good[0], bad, ["too", "short"], [], [*good[0], "too long"], good[1]])

    text, count, errors = RowScorer(scorer, 0.5, header).score_text(out.getvalue())

    rows = list(csv.reader(io.StringIO(text)))
    results = [dict(zip(RESULT_COLUMNS, row[-6:], strict=True)) for row in rows]
    assert (count, errors, len(rows)) == (5, 3, 5)
    assert {len(row) for row in rows} == {len(header) + 6}
    assert [bool(result["error"]) for result in results] == [False, True, True, True, False]
    for result in (results[0], results[-1]):
        assert 0 < float(result["probability"]) < 1
        assert result["decision"] in ("approved", "declined")
        assert json.loads(result["reasons"])
    assert results[1]["error"].startswith("AGE: ")
    assert "2 cells" in results[2]["error"]
    assert rows[4][: len(header)] == good[1]


# -- the three steps, on an S3 server


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with S3Server().serving() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        bulk._s3.cache_clear()
        yield bulk._s3()
    bulk._s3.cache_clear()


def planned(s3: Any, body: bytes) -> dict[str, Any]:
    s3.put_object(Bucket="history", Key="bulk/autumn.csv", Body=body)
    place = {"bucket": "history", "key": "bulk/autumn.csv"}
    return bulk.handler({"step": "plan", "execution": "arn:x:1", **place}, None)


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        (b"age,AGE\n1,2\n", WrongColumns, "AGE is there twice"),
        (b"age,shoe_size\n1,2\n", WrongColumns, "The header lacks"),
        ("age,cidadé\n1,".encode() + b"\xe9\n", UnusableFile, "Line 2 is not in UTF-8, and line 1 is"),
        (b"PK\x03\x04 xl/workbook.xml", UnusableFile, "an Excel workbook"),
        (b"", UnusableFile, "empty"),
    ],
)
def test_a_plan_refuses_what_cannot_be_scored(
    s3: Any, body: bytes, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        planned(s3, body)


def test_the_steps_lead_to_the_result(
    s3: Any, raw_application: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS", 2)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow([*raw_application, "note"])
    writer.writerows([*(raw_application | {"DNI": str(900_000 + n)}).values(), f"no. {n}"] for n in range(5))
    plan = planned(s3, b"\xef\xbb\xbf" + out.getvalue().encode())
    pieces = json.loads(s3.get_object(Bucket="history", Key=f"{plan['work']}/plan.json")["Body"].read())
    assert (plan["pieces"], len(pieces)) == (3, 3)
    scored = [bulk.handler({"step": "score", "piece": piece, **plan}, None) for piece in pieces]
    assert [(piece["rows"], piece["bad"]) for piece in scored] == [(2, 0), (2, 0), (1, 0)]
    columns = plan["columns"]
    assert (columns["ignored"], "RESIDENCIAL_BOROUGH" in columns["absent"]) == (["note"], False)
    text = b"".join(bulk._joined(plan)).decode()  # what the last step uploads
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [row["note"] for row in rows] == [f"no. {n}" for n in range(5)]
    assert len({row["probability"] for row in rows}) == 1


@pytest.mark.parametrize("form", ["gzip", "utf-16", "windows-1252", "tabs"])
def test_the_steps_read_a_file_in_every_form_and_tell_what_they_did_not_read(
    s3: Any, raw_application: dict[str, object], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(bulk, "ROWS", 2)
    row = {n: v for n, v in raw_application.items() if n != "residencial_borough"}
    row |= {"RESIDENTIAL_BOROUGH": "Centro", "residencial_city": "São d’Oeste"}
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if form == "tabs" else ",", lineterminator="\r\n")
    writer.writerows([row, *(list(row.values()) for _ in range(3))])
    encoding = {"utf-16": "utf-16", "windows-1252": "cp1252"}.get(form, "utf-8")
    data = out.getvalue().encode(encoding)
    s3.put_object(
        Bucket="history", Key="bulk/spring.csv.gz", Body=gzip.compress(data) if form == "gzip" else data
    )
    plan = bulk.handler(
        {"step": "plan", "execution": "arn:x:2", "bucket": "history", "key": "bulk/spring.csv.gz"}, None
    )
    assert plan["result"] == "bulk-results/spring.csv"
    assert plan["columns"] == {
        "ignored": ["RESIDENTIAL_BOROUGH (did you mean RESIDENCIAL_BOROUGH?)"],
        "absent": ["PROFESSIONAL_BOROUGH", "RESIDENCIAL_BOROUGH"],
    }
    pieces = json.loads(s3.get_object(Bucket="history", Key=f"{plan['work']}/plan.json")["Body"].read())
    scored = [bulk.handler({"step": "score", "piece": piece, **plan}, None) for piece in pieces]
    told = bulk.handler({"step": "join", "scored": scored, **plan}, None)
    totals = {"bucket": "history", "key": "bulk-results/spring.csv", "rows": 3, "bad": 0, **plan["columns"]}
    beside = s3.get_object(Bucket="history", Key="bulk-results/spring.json")["Body"].read()
    assert told == totals == json.loads(beside)
    text = s3.get_object(Bucket="history", Key=told["key"])["Body"].read().decode()
    rows = list(csv.DictReader(io.StringIO(text), delimiter=plan["table"]["delimiter"]))
    assert {row["residencial_city"] for row in rows} == {"São d’Oeste"}
