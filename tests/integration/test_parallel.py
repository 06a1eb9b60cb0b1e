"""Tests that are handed out by tests/parallel.py to two workers."""

import json
import subprocess
import sys
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from tests.fresh import ROOT

CONFTEST = """
import json, os
from pathlib import Path
from tests.parallel import (
    pytest_collection_modifyitems, pytest_xdist_auto_num_workers, pytest_xdist_make_scheduler
)

def pytest_runtest_call(item):
    with Path(__file__).with_name("ran").open("a") as file:
        file.write(json.dumps([os.environ["PYTEST_XDIST_WORKER"], item.nodeid]) + "\\n")
"""
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_it(number):
    pass
"""
FILES = (
    "unit/test_a",
    "unit/test_b",
    "integration/test_c",
    "e2e/test_localstack",
    "e2e/test_make",
    "e2e/test_packages",
)


def test_a_group_stays_together_and_the_longest_begins(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name in FILES:
        file = tmp_path / "tests" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TESTS)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "--rootdir",
            tmp_path,
            "-p",
            "no:cacheprovider",
            tmp_path / "tests",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert f"{6 * len(FILES)} passed" in done.stdout, done.stdout + done.stderr
    ran = [json.loads(line) for line in (tmp_path / "ran").read_text().splitlines()]
    files: dict[str, list[str]] = {}
    for worker, names in groupby(sorted(ran, key=itemgetter(0)), key=itemgetter(0)):
        for file, numbers in groupby((name.split("::") for _, name in names), key=itemgetter(0)):
            assert [test for _, test in numbers] == [f"test_it[{number}]" for number in range(6)], (
                "at a stretch"
            )
            files.setdefault(worker, []).append(file)
    assert sorted(file for each in files.values() for file in each) == sorted(
        f"tests/{name}.py" for name in FILES
    )
    assert {first for first, *_ in files.values()} == {
        "tests/e2e/test_make.py",
        "tests/e2e/test_localstack.py",
    }
    (group,) = [names for names in files.values() if "tests/e2e/test_localstack.py" in names]
    assert group[:2] == ["tests/e2e/test_localstack.py", "tests/e2e/test_packages.py"]
