"""How tests are handed out to several workers: tests/parallel.py."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import parallel
from tests.fresh import ROOT

FILES = [str(path.relative_to(ROOT / "tests")) for path in (ROOT / "tests").rglob("test_*.py")]


@pytest.mark.parametrize(
    "begin", sorted({*parallel.FIRST, *(name for all in parallel.GROUPS.values() for name in all)})
)
def test_what_is_named_is_there(begin: str) -> None:
    assert [file for file in FILES if file.startswith(begin)]


def test_files_of_a_group_are_one_unit_and_others_are_units_by_themselves() -> None:
    units = [
        parallel.unit(f"tests/e2e/{name}.py::test_x[a::b]")
        for name in ("test_packages", "test_localstack", "test_make")
    ]
    assert units == ["build/", "build/", "e2e/test_make.py"]


def test_what_takes_longest_has_the_first_turn() -> None:
    names = ("e2e/test_make.py", "e2e/test_readme.py", "integration/test_drain.py", "unit/test_docs.py")
    turns = [parallel.turn(f"tests/{name}::test_x") for name in names]
    assert turns == sorted(set(turns))


def workers(monkeypatch: pytest.MonkeyPatch, cores: int, *args: str, keyword: str = "") -> int:
    """How many `-n auto` starts on a machine of so many cores."""
    monkeypatch.setattr(parallel.os, "sched_getaffinity", lambda process: range(cores), raising=False)
    monkeypatch.chdir(ROOT)
    given: Any = SimpleNamespace(args=list(args), option=SimpleNamespace(keyword=keyword, usepdb=False))
    return parallel.pytest_xdist_auto_num_workers(cast(pytest.Config, given))


@pytest.mark.parametrize(("cores", "expected"), [(1, 2), (2, 3), (64, parallel.MOST)])
def test_folders_are_run_by_a_worker_for_each_core_and_one_more(
    monkeypatch: pytest.MonkeyPatch, cores: int, expected: int
) -> None:
    assert (
        workers(monkeypatch, cores, "tests")
        == workers(monkeypatch, cores, "tests/unit", "tests/e2e")
        == expected
    )


def test_what_is_chosen_runs_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    here = str(Path(__file__).relative_to(ROOT))
    assert workers(monkeypatch, 2, here) == workers(monkeypatch, 2, f"{here}::test_what_is_chosen") == 0
    assert workers(monkeypatch, 2, "tests", keyword="zip") == 0
