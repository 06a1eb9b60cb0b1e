"""Bulk files: cut at whole rows, scored row by row, in order, whatever a row is like."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from functions.scorer.bulk_plan import Piece, plan
from functions.scorer.bulk_rows import RESULT_COLUMNS, BulkFileError, score_rows


@dataclass
class _Reason:
    text: str = "a reason"


@dataclass
class _Score:
    probability: float
    reasons: tuple[_Reason, ...] = (_Reason(), _Reason("another"))


class _ByAge:
    """A stand-in for the model: the probability is the age in hundredths."""

    def score(self, applications: Sequence[dict[str, Any]], reasons: int = 4) -> list[_Score]:
        return [_Score(application["AGE"] / 100) for application in applications]


def cut(text: str, rows: int, block: int) -> tuple[list[str], list[Piece]]:
    data = text.encode()
    return plan((data[start : start + block] for start in range(0, len(data), block)), rows)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_pieces_are_whole_rows_and_cover_the_file(block: int) -> None:
    text = "age,full_name\n" + "".join(f'{20 + n},"Ana\n""x"", {n}"\n' for n in range(7)) + "99,last"
    header, pieces = cut(text, 3, block)
    assert header == ["age", "full_name"]
    parts = [text.encode()[piece.start : piece.end].decode() for piece in pieces]
    assert "age,full_name\n" + "".join(parts) == text
    assert [len(list(csv.reader(io.StringIO(part)))) for part in parts] == [3, 3, 2]
    assert [piece.number for piece in pieces] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The file is empty."),
        ("\n", "The file is empty."),
        ("age,shoe_size\n1,2\n", "'shoe_size' is no field"),
        ("age,AGE\n1,2\n", "AGE is there twice"),
        ("x" * 70_000, "no header"),
    ],
)
def test_what_is_no_file_of_applications_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(BulkFileError, match=says):
        cut(text, 10, 1000)


def test_a_latin_1_file_is_refused() -> None:
    with pytest.raises(BulkFileError, match="not in UTF-8"):
        plan([b"age,residencial_city\xe9\n"], 10)


def test_every_row_comes_back_in_order_and_a_bad_one_stops_nothing(
    raw_application: dict[str, object],
) -> None:
    header = list(raw_application)
    good = [[str(raw_application[name]) if name != "age" else age for name in header] for age in ("30", "60")]
    bad = [*good[0]]
    bad[header.index("age")] = "seventeen"
    out = io.StringIO()
    csv.writer(out).writerows([good[0], bad, ["too", "short"], good[1]])

    text, count, errors = score_rows(_ByAge(), 0.5, header, out.getvalue())

    rows = list(csv.reader(io.StringIO(text)))
    assert (count, errors) == (4, 2)
    results = [dict(zip(RESULT_COLUMNS, row[-5:], strict=True)) for row in rows]
    assert [result["decision"] for result in results] == ["approved", "", "", "declined"]
    assert (results[0]["probability"], results[0]["prediction"], results[0]["error"]) == ("0.3", "0", "")
    assert results[0]["reasons"] == "a reason; another"
    assert results[1]["error"].startswith("AGE: ")
    assert "2 columns" in results[2]["error"]
    assert rows[3][: len(header)] == good[1]
