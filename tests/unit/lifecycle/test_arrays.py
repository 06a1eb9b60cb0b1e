"""Cells found for many lines at once are the cells that the csv module finds."""

import csv
import io
import random

import numpy as np
import pytest

from lifecycle.arrays import Splitter, codes, moments, numbers


@pytest.mark.parametrize("seed", range(30))
def test_cells_are_those_of_the_csv_module(seed: int) -> None:
    draw = random.Random(seed)
    splitter = Splitter(4)
    for _ in range(5):
        rows = [
            ["".join(draw.choices('ab",é; ', k=draw.randrange(6))) for _ in range(4)]
            for _ in range(draw.randrange(1, 40))
        ]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        cells = splitter.cells(text.getvalue().encode())
        assert cells is not None
        found = [[cell.decode() for cell in cells.column(place).tolist()] for place in range(4)]
        assert [list(row) for row in zip(*found, strict=True)] == rows


@pytest.mark.parametrize("lines", [b"a,b\nc\n", b"a\nb,c,d\n", b"a,b,c\nd\n", b'a,"b\nc,d\n', b"a,b", b""])
def test_lines_of_another_width_are_told(lines: bytes) -> None:
    assert Splitter(2).cells(lines) is None


def test_moments_are_read_in_every_spelling() -> None:
    cells = np.array([b"2026-11-23T05:18:32.123Z", b"", b"2026-11-23"])
    usual = moments(cells)
    assert usual[0] == np.datetime64("2026-11-23T05:18:32.123", "ms")
    assert np.isnat(usual[1])
    assert usual[2] == np.datetime64("2026-11-23", "ms")
    assert moments(np.array([b"2026-11-23"]))[0] == usual[2]
    others = moments(np.array([b"2026-11-23T05:18:32+02:00", b"23/11/2026", b"never", b"2026-11-23 05:18"]))
    assert others[0] == np.datetime64("2026-11-23T03:18:32", "ms")
    assert others[3] == np.datetime64("2026-11-23T05:18", "ms")
    assert np.isnat(others[1:3]).all()


def test_numbers_are_read_in_full_precision() -> None:
    draw = random.Random(1)
    values = [draw.random() for _ in range(1_000)]
    assert numbers(np.array([repr(value).encode() for value in values])).tolist() == values
    assert np.isnan(numbers(np.array([b"", b""]))).all()
    with pytest.raises(ValueError, match="many"):
        numbers(np.array([b"1", b"many"]))


def test_codes_go_on_from_what_is_known() -> None:
    known: dict[tuple[str, ...], int] = {}
    assert codes([np.array([b"a", b"a", b"b", b"a"])], known).tolist() == [0, 0, 1, 0]
    assert codes([np.array([b"b", b"c"])], known).tolist() == [1, 2]
    assert codes([np.zeros(0, "S1")], known).tolist() == []
    assert known == {("a",): 0, ("b",): 1, ("c",): 2}
