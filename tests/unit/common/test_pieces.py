"""Tables as text: cut at whole rows, told apart by what stands between the cells, whatever stands before the header."""

import csv
import functools
import io
import random
import time
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from creditrisk.errors import UnusableFile
from creditrisk.files import Header, Piece, Plan, plan, read
from creditrisk.files.pieces import MOST_PIECE, MOST_ROW


def blocks(data: str | bytes, size: int) -> Iterator[bytes]:
    data = data.encode() if isinstance(data, str) else data
    return (data[start : start + size] for start in range(0, len(data), size))


def cut(data: str | bytes, rows: int, size: int = 1_000) -> Plan:
    return plan(blocks(data, size), rows)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("header", ["age,full_name\n", '"a\nge","full "",\n"\r\n'])
def test_pieces_are_whole_rows_and_cover_the_file(header: str, size: int) -> None:
    text = header + "".join(f'{20 + n},"Ana\n""x"", {n}"\n' for n in range(7)) + "99,last"
    planned = cut(text, 3, size)
    assert planned.header.text == header.rstrip("\r\n")
    parts = [text.encode()[piece.start : piece.end].decode() for piece in planned.pieces]
    assert header + "".join(parts) == text
    assert [len(list(csv.reader(io.StringIO(part)))) for part in parts] == [3, 3, 2]
    assert [piece.number for piece in planned.pieces] == [0, 1, 2]
    assert list(read(blocks(text, size), planned.pieces)) == [part.encode() for part in parts]


def test_pieces_are_cut_where_the_csv_module_ends_a_row() -> None:
    chance = random.Random(8)
    for _ in range(600):
        delimiter = chance.choice(",;\t|")
        cells = [
            "a",
            "",
            'b"c',
            '"d"',
            '"e\n""\nf"',
            '"g"h"',
            '""',
            '"i' + delimiter + 'j"',
            'k ""',
            ' "l',
            '"\r"',
        ]
        ends = chance.choices(["\n", "\r\n", "\r"], [9, 9, 2], k=5)
        rest = "".join(delimiter.join(chance.choices(cells, k=3)) + end for end in [*ends, "\n"])
        text = f"x{delimiter}y{delimiter}z\n" + rest
        planned = cut(text, 1, chance.randrange(1, 20))
        parts = [text.encode()[piece.start : piece.end].decode() for piece in planned.pieces]
        read = [list(csv.reader(io.StringIO(part, newline=""), delimiter=delimiter)) for part in parts]
        whole = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter)
        assert [row for part in read for row in part] == list(whole)
        if "\r" not in ends:
            assert {len(part) for part in read} == {1}


def test_quoted_rows_cost_little_beside_the_csv_module_and_an_open_quote_no_more_than_its_length() -> None:
    def seconds(work: Callable[[], object]) -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    def times_as_long(work: Callable[[], object], other: Callable[[], object]) -> float:
        """In the quietest of several turns: what else the machine does meets both of one turn, or neither."""
        return min(seconds(work) / seconds(other) for _ in range(7))

    def opened(rows: int) -> None:
        with pytest.raises(UnusableFile, match="never closed"):
            cut('age,sex\n"' + "x,\n" * rows, 1, 65_536)

    for row, times in (('"a, b",1\n', 9), (",".join(['""'] * 54) + "\n", 2.1)):
        text = "a,b\n" + row * 2_000
        alone = functools.partial(_read_by_the_csv_module, text)
        assert times_as_long(functools.partial(cut, text, 1_000, 65_536), alone) < times
    assert times_as_long(lambda: opened(160_000), lambda: opened(40_000)) < 8


def _read_by_the_csv_module(text: str) -> None:
    deque(csv.reader(io.StringIO(text, newline="")), maxlen=0)


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line() -> None:
    head = "age,sex\n30,F\n\n"
    with pytest.raises(UnusableFile, match="mark in line 4 opens a cell that is never closed"):
        cut(head + '"' + "x,\n" * 400_000, 1, 65_536)
    with pytest.raises(UnusableFile, match="mark in line 4 opens"):
        cut(head + '31,"F', 1)
    with pytest.raises(UnusableFile, match="mark in line 3 opens"):
        cut('\nage,sex\n30,"F\n31,F\n', 1)


def test_a_row_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    def endless() -> Iterator[bytes]:
        yield b"age,sex\n30,F\n"
        for taken in range(0, 2 * MOST_ROW, 1 << 20):
            assert taken <= MOST_ROW
            yield b"x," * (1 << 19)

    with pytest.raises(UnusableFile, match="Line 3 is longer than 16 MiB"):
        plan(endless(), 1)


def test_a_piece_of_long_rows_has_fewer_of_them() -> None:
    row = "x" * (MOST_PIECE // 3) + "\n"
    pieces = cut("age\n" + row * 8, 100, 1 << 20).pieces
    assert [(piece.end - piece.start) // len(row) for piece in pieces] == [3, 3, 2]
    row = "x" * (MOST_PIECE // 4 - 1) + "\n"
    pieces = cut("age\n" + row * 8, 100, 1 << 20).pieces
    assert [piece.end - piece.start for piece in pieces] == [MOST_PIECE, MOST_PIECE], "full to the byte"


def test_lines_that_end_with_carriage_returns_alone_are_refused() -> None:
    with pytest.raises(UnusableFile, match="save it with line feeds"):
        _ = cut("age,sex\r30,F\r", 1).header.columns


def test_a_header_without_rows_has_no_piece() -> None:
    for text in ("age,sex\n", "age,sex"):
        planned = cut(text, 3, 3)
        assert (planned.header, planned.pieces) == (Header("age,sex", ","), [])


def test_a_last_row_without_line_feed_is_a_row() -> None:
    assert cut("age\n30", 5).pieces == [Piece(0, 4, 6)]


@pytest.mark.parametrize(
    ("text", "says"), [("", "The file is empty"), ("\n", "The file is empty"), ("x" * 70_000, "no header")]
)
def test_what_has_no_header_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(UnusableFile, match=says):
        cut(text, 10)


@pytest.mark.parametrize(
    ("line", "columns", "delimiter"),
    [
        ('age,"full,name"', ["age", "full,name"], ","),
        ('age;"full;name";sex', ["age", "full;name", "sex"], ";"),
        ("age\tsex\tfull name, as typed, by whom", ["age", "sex", "full name, as typed, by whom"], "\t"),
        ("age|sex|a;b;c;d", ["age", "sex", "a;b;c;d"], "|"),
        ('"AGE";"SEX"', ["AGE", "SEX"], ";"),
        ("a;b;c,d", ["a", "b", "c,d"], ";"),
        ("age", ["age"], ","),
    ],
)  # fmt: skip
def test_what_stands_between_cells_is_what_divides_the_header_into_fields(
    line: str, columns: list[str], delimiter: str
) -> None:
    header = cut(line + "\r\n", 1).header
    assert (header.columns, header.delimiter, header.text) == (columns, delimiter, line)


@pytest.mark.parametrize(
    "before",
    [
        "\ufeff", "\n", "\r\n\r\n", "\ufeff\r\n", "sep=;\n", "\ufeffsep=;\r\n", '"sep=;"\n', "SEP=;\n\n", "sep=;;;\r\n",
        ";;\n", " \t\n", "\nsep=;\n", "\ufeff,,,\r\n",
    ],
)  # fmt: skip
def test_what_stands_before_the_header_is_passed_over(before: str) -> None:
    text = before + "age;sex\n30;F\n40;M\n"
    planned = cut(text, 1, 3)
    assert planned.header == Header("age;sex", ";")
    assert [text.encode()[p.start : p.end] for p in planned.pieces] == [b"30;F\n", b"40;M\n"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "^"])
def test_a_separator_that_is_said_counts(delimiter: str) -> None:
    text = f"sep={delimiter}\nage{delimiter}a,b;c\n"
    assert cut(text, 1).header == Header(f"age{delimiter}a,b;c", delimiter)
