"""Numbers are said with the right form of what they count."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from creditrisk.counted import counted

ROOT = Path(__file__).parents[3]
_MANY = re.compile(
    r" (applications|applicants|columns|days|entries|fields|files|levels|months|objects|outcomes|rows|rules|values|were|are|wait)\b"
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (counted(1, "row"), "1 row"),
        (counted(0, "row"), "0 rows"),
        (counted(12_345, "outcome"), "12,345 outcomes"),
        (counted(1, "entry", "entries"), "1 entry"),
        (counted(2, "entry", "entries"), "2 entries"),
        (counted(1, "row is", "rows are"), "1 row is"),
    ],
)
def test_one_is_not_many(said: str, expected: str) -> None:
    assert said == expected


def _numbers_of_many(tree: ast.AST) -> Iterator[str]:
    """Numbers in f-strings that are followed by a word for many; not those of constants, which are never one."""
    for text in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        for value, after in pairwise(text.values):
            follows = isinstance(after, ast.Constant) and _MANY.match(str(after.value))
            if not isinstance(value, ast.FormattedValue) or not follows:
                continue
            said = ast.unparse(value.value)
            spec = ast.unparse(value.format_spec) if value.format_spec else ""
            is_number = said.startswith(("len(", "sum(")) or "," in spec or "count" in said
            is_constant = said.removeprefix("len(").rstrip(")").isupper()
            if is_number and not is_constant:
                yield f"{{{said}}} {after.value}"


@pytest.mark.parametrize("room", ["cli", "lifecycle"])
def test_no_command_says_1_rows(room: str) -> None:
    paths = sorted(path for path in (ROOT / room).rglob("*.py") if path.parent.name != "index")
    found = [
        f"{path.relative_to(ROOT)}: {said}"
        for path in paths
        for said in _numbers_of_many(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert paths and not found, "say them with creditrisk.counted"


def test_a_number_of_many_is_found() -> None:
    source = 'f"{len(rows)} rows are left out; {found.count:,} outcomes"\nf"{name} rows; {MOST:,} rows; {len(rows)}"'
    assert len(list(_numbers_of_many(ast.parse(source)))) == 2
