"""Files of applications: cut at whole rows, scored row by row, in order, whatever a row is like."""

import csv
import io
import json
from typing import Any

import pytest

from creditrisk.files.rows import RESULT_COLUMNS, RowScorer
from creditrisk.policy.definition import simplest
from creditrisk.settings import Settings
from functions.bulk import storage
from functions.bulk.damage import DamagedRows, KnownByItsLetters
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

    text, count, errors = RowScorer(scorer, simplest(0.5), header).score_text(out.getvalue())

    rows = list(csv.reader(io.StringIO(text)))
    results = [dict(zip(RESULT_COLUMNS, row[-len(RESULT_COLUMNS) :], strict=True)) for row in rows]
    assert (count, errors, len(rows)) == (5, 3, 5)
    assert {len(row) for row in rows} == {len(header) + len(RESULT_COLUMNS)}
    assert [bool(result["error"]) for result in results] == [False, True, True, True, False]
    for result in (results[0], results[-1]):
        assert 0 < float(result["probability"]) < 1
        assert result["decision"] in ("approved", "declined")
        assert json.loads(result["reasons"])
    assert results[1]["error"].startswith("AGE: ")
    assert "2 cells" in results[2]["error"]
    assert rows[4][: len(header)] == good[1]


@pytest.mark.parametrize("damage", [b"\xff", b"\xe9", b"\xc3(", b"\xed\xa0\x80"])
def test_a_row_with_a_damaged_byte_is_a_bad_row_that_says_in_which_cell(
    raw_application: dict[str, object], scorer: Any, damage: bytes
) -> None:
    header = list(raw_application)
    good = ",".join(map(str, raw_application.values())).encode()
    body = b"\n".join((good, good.replace("Niterói".encode(), b"Niter" + damage), good)) + b"\n"

    text, count, bad = DamagedRows(scorer, simplest(0.5), header).score_bytes(body, "utf-8")

    rows = [dict(zip((*header, *RESULT_COLUMNS), row, strict=True)) for row in csv.reader(io.StringIO(text))]
    assert (count, bad) == (3, 1)
    cell = header.index("residencial_city") + 1
    assert rows[1]["error"] == f"Cell {cell} is not in UTF-8, as the file is; save the file as UTF-8."
    assert rows[1]["probability"] == "" and "\ufffd" in rows[1]["residencial_city"]
    assert rows[0] == rows[2] and not rows[0]["error"] and float(rows[0]["probability"])


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_whole_text_is_told_as_it_is(encoding: str) -> None:
    known = KnownByItsLetters()
    known.feed("cidade\nNiterói\n".encode(encoding))
    assert "ó".encode(encoding).decode(known.name()) == "ó"


def test_a_file_that_is_mostly_utf_8_is_utf_8() -> None:
    known = KnownByItsLetters()
    known.feed("cidade\nNiterói\n".encode() + b"Niter\xe9\n")
    assert known.name() == "utf-8"


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ("bulk/of+may.csv", "bulk/of may.csv"),
        ("bulk/of%20may.csv", "bulk/of may.csv"),
        ("bulk/a+b.csv", "bulk/a+b.csv"),
    ],
)
def test_an_upload_is_opened_however_the_event_writes_its_name(
    server: S3Server, told: str, there: str
) -> None:
    storage.s3.cache_clear()
    server.objects[there] = b"AGE\n34\n"
    source = storage.pinned("bucket", told, None)
    assert source["Key"] == there
    assert storage.opened("bucket", source).read() == b"AGE\n34\n"
    storage.s3.cache_clear()
