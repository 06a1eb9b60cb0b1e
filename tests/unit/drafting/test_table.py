"""A lender's file, as somebody exported it, is read; one that cannot be is told so in one line."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from models.table import UnusableData, outcome_of, read_table
from tests.unit.drafting.lender import as_csv

COLUMNS = {
    "city": ["São Paulo", 'the "old" town, north', "two\nlines", "Niterói"],
    "income": ["1.200,50", "7", "", "12"],
    "outcome": ["good", "bad", "good", ""],
}
HEADER = ["city", "income", "outcome"]
ROWS = [list(row) for row in zip(*COLUMNS.values(), strict=True)]
TEXT = as_csv(COLUMNS)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], tuple[list[str], list[list[str]]]]:
    def reading(content: bytes) -> tuple[list[str], list[list[str]]]:
        (tmp_path / "loans.csv").write_bytes(content)
        table = read_table(tmp_path / "loans.csv")
        return table.header, table.rows

    return reading


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_whatever_parts_the_cells_they_are_the_same(
    delimiter: str, pack: Callable[[bytes], bytes], read: Callable[[bytes], object]
) -> None:
    assert read(pack(as_csv(COLUMNS, delimiter).encode())) == (HEADER, ROWS)  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252", "iso-8859-1"])
def test_any_encoding_that_can_be_told_gives_the_same_cells(
    encoding: str, read: Callable[[bytes], object]
) -> None:
    assert read(TEXT.encode(encoding)) == (HEADER, ROWS)


@pytest.mark.parametrize("before", ["\n\n", "sep=,\n", '"sep=,"\r\n'])
def test_what_spreadsheets_write_before_the_header_is_no_row(
    before: str, read: Callable[[bytes], object]
) -> None:
    assert read((before + TEXT).encode()) == (HEADER, ROWS)


def test_lines_that_end_as_on_old_macs_or_windows_are_lines(read: Callable[[bytes], object]) -> None:
    plain = {name: [cell.replace("\n", " ") for cell in cells] for name, cells in COLUMNS.items()}
    rows = [list(row) for row in zip(*plain.values(), strict=True)]
    for end in ("\r\n", "\r"):
        assert read(as_csv(plain).replace("\n", end).encode()) == (HEADER, rows)


WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\n  \n\n", "is empty"),
    "no header": (b"1,2,3\n4,5,6\n", "has no header"),
    "a header alone": (b"a,b\n", "has a header and no row"),
    "one column": (b"a\nx\ny\n", "has one column only"),
    "a short row": (b"a,b,c\n1,2,3\n1,2\n1,2,3\n", "line 3: the row has 2 cells and the header 3"),
    "an open quotation mark": (b'a,b\n1,"2\n3,4\n5,6\n', "line 2: a quotation mark is not closed"),
    "row names": (b"a,b\nr1,1,2\nr2,3,4\n", "write it without row names"),
    "a column twice": (b"age,Age,b\n1,2,3\n", "has the column age twice"),
    "a workbook": (b"PK\x03\x04 xl/workbook.xml", "an Excel workbook (.xlsx)"),
    "two encodings": ("a,b\nã,é\n".encode() + b"\xe3,\xe9\n", "is not in UTF-8"),
    "gzip cut off": (gzip.compress(TEXT.encode() * 99)[:-20], "cannot be read"),
}
"""What is wrong → the file, what the line says."""


@pytest.mark.parametrize("wrong", WRONG)
def test_a_file_that_is_no_table_is_told_so_in_one_line(wrong: str, read: Callable[[bytes], object]) -> None:
    content, said = WRONG[wrong]
    with pytest.raises(UnusableData) as error:
        read(content)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="No such file"):
        read_table(tmp_path / "loans.csv")


# -- what became of each row


def outcome(folder: Path, cells: list[str], column: str = "outcome", bad: str = "bad", **more: int) -> object:
    (folder / "loans.csv").write_text(as_csv({"x": ["a"] * len(cells), "Outcome": cells}))
    return outcome_of(read_table(folder / "loans.csv"), column, bad, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "bad", "labels"),
    [
        (["good", "bad", "", "NA", "paid"], "bad", [0, 1, None, None, 0]),
        (["0", "1", "1.0"], "1", [0, 1, 1]),
        (["0.0", "1.0"], "1", [0, 1]),
        (["GOOD", "BAD"], "bad", [0, 1]),
        (["NA", "paid"], "NA", [1, 0]),
    ],
)
def test_a_label_is_bad_good_or_not_known_yet(
    cells: list[str], bad: str, labels: list[int | None], tmp_path: Path
) -> None:
    assert outcome(tmp_path, cells, bad=bad).labels == labels  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cells", "asked", "said"),
    [
        (["good", "bad"], {"column": "outcom"}, "has no column outcom; did you mean Outcome?"),
        (["good", "bad"], {"column": "zzz"}, "its first line must name the columns, and names 2 others."),
        (["good", "bad"], {"bad": "1"}, "'1' never stands in the column Outcome; what does: good (1), bad (1)."),
        ([f"Ana {n}" for n in range(30)], {"bad": "1"}, "30 different texts do, and an outcome has few"),
        (["bad", "bad"], {}, "both good and bad clients are needed"),
        (["bad", ""], {}, "both good and bad clients are needed"),
        (["bad", "good"], {"fewest": 3}, "has 2 usable rows; at least 3"),
    ],
)  # fmt: skip
def test_a_target_that_tells_nothing_is_told_so(
    cells: list[str], asked: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UnusableData) as error:
        outcome(tmp_path, cells, **asked)  # type: ignore[arg-type]
    assert said in str(error.value) and "Ana" not in str(error.value)


def test_a_file_without_a_header_is_told_apart_from_a_misspelt_target(tmp_path: Path) -> None:
    (tmp_path / "loans.csv").write_text("A11,6,A34,good\n" * 5)
    with pytest.raises(UnusableData, match="seems to have no header"):
        outcome_of(read_table(tmp_path / "loans.csv"), "creditability", "bad")
