"""Files of applications: cut at whole rows, scored row by row, in order, whatever a row is like."""

import csv
import io
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from creditrisk.errors import UnusableFile
from creditrisk.settings import Settings
from functions.scorer import bulk
from scoring import load
from scoring.pieces import Piece, columns_of, cut
from scoring.rows import RESULT_COLUMNS, RowScorer, WrongColumns
from tests.s3_server import S3Server


def blocks(text: str, size: int) -> Iterator[bytes]:
    data = text.encode()
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("header", ["age,full_name\n", '"a\nge","full "",\n"\r\n'])
def test_pieces_are_whole_rows_and_cover_the_file(header: str, size: int) -> None:
    text = header + "".join(f'{20 + n},"Ana\n""x"", {n}"\n' for n in range(7)) + "99,last"
    line, pieces = cut(blocks(text, size), 3)
    found = list(pieces)
    assert line.decode() == header
    parts = [text.encode()[piece.start : piece.end].decode() for piece in found]
    assert header + "".join(parts) == text
    assert [len(list(csv.reader(io.StringIO(part)))) for part in parts] == [3, 3, 2]
    assert [piece.number for piece in found] == [0, 1, 2]


def test_pieces_are_cut_where_the_csv_module_ends_a_row() -> None:
    chance = random.Random(8)
    for _ in range(300):
        delimiter = chance.choice(",;")
        cells = ["a", "", 'b"c', '"d"', '"e\n""\nf"', '"g"h"', '""', '"i' + delimiter + 'j"', 'k ""', ' "l']
        rows = [delimiter.join(chance.choices(cells, k=3)) + "\n" for _ in range(6)]
        text = f"x{delimiter}y{delimiter}z\n" + "".join(rows)
        _, pieces = cut(blocks(text, chance.randrange(1, 20)), 1)
        parts = [text.encode()[piece.start : piece.end].decode() for piece in pieces]
        read = [list(csv.reader(io.StringIO(part, newline=""), delimiter=delimiter)) for part in parts]
        whole = csv.reader(io.StringIO("".join(rows), newline=""), delimiter=delimiter)
        assert [row for part in read for row in part] == list(whole)
        assert {len(part) for part in read} == {1}


@pytest.mark.parametrize("row", ['"' + "x,\n" * 400_000, "x," * 600_000])
def test_a_row_that_never_ends_is_refused_before_it_fills_the_memory(row: str) -> None:
    _, pieces = cut(blocks("age,sex\n30,F\n" + row, 65_536), 1)
    assert next(pieces).number == 0
    with pytest.raises(UnusableFile, match="never closed"):
        list(pieces)


def test_lines_that_end_with_carriage_returns_alone_are_refused() -> None:
    with pytest.raises(UnusableFile, match="save it with line feeds"):
        columns_of("age,sex\r30,F\r")


def test_a_header_without_rows_has_no_piece() -> None:
    for text in ("age,sex\n", "age,sex"):
        line, pieces = cut(blocks(text, 3), 3)
        assert (line.decode(), list(pieces)) == (text, [])


def test_a_last_row_without_line_feed_is_a_row() -> None:
    assert list(cut([b"age\n30"], 5)[1]) == [Piece(0, 4, 6)]


def test_columns_are_told_with_what_stands_between_them() -> None:
    assert columns_of('age,"full,name"') == (["age", "full,name"], ",")
    assert columns_of('age;"full;name";sex') == (["age", "full;name", "sex"], ";")


@pytest.mark.parametrize(
    ("text", "says"), [("", "The file is empty"), ("\n", "The file is empty"), ("x" * 70_000, "no header")]
)
def test_what_has_no_header_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(UnusableFile, match=says):
        cut(blocks(text, 1000), 10)


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

    text, count, errors = RowScorer(scorer, header).score_text(out.getvalue())

    rows = list(csv.reader(io.StringIO(text)))
    results = [dict(zip(RESULT_COLUMNS, row[-5:], strict=True)) for row in rows]
    assert (count, errors, len(rows)) == (5, 3, 5)
    assert {len(row) for row in rows} == {len(header) + 5}
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
        (b"age,residencial_city\xe9\n", UnusableFile, "not in UTF-8"),
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
    text = b"".join(bulk._blocks(plan)).decode()  # what the last step uploads
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [row["note"] for row in rows] == [f"no. {n}" for n in range(5)]
    assert len({row["probability"] for row in rows}) == 1
