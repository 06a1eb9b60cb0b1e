"""A plug-in of pytest's under coverage: which test runs which line, how long each takes, and whether it passes.

A child process learns of its test through the environment, and coverage in it begins with sitecustomize (see `covering`).
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import coverage
import pytest

TEST = "MUTANTS_TEST"
"""The environment variable that names the test under way."""
_seconds: dict[str, float] = defaultdict(float)
_failed: set[str] = set()


def _name(item: pytest.Item) -> str:
    """A test's id without its parameters: they stand and fall together."""
    return item.nodeid.split("[", 1)[0]


def _now_in(context: str) -> None:
    os.environ[TEST] = context
    if current := coverage.Coverage.current():
        current.switch_context(context)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    _now_in(_name(item))
    began = time.monotonic()
    try:
        return (yield)
    finally:
        _seconds[_name(item)] += time.monotonic() - began


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Generator[None, Any, Any]:
    """What a whole file shares is run by every test of that file."""
    before = os.environ.get(TEST, "")
    if fixturedef.scope != "function":
        _now_in(before.split("::", 1)[0])
    try:
        return (yield)
    finally:
        _now_in(before)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if not report.passed:
        _failed.add(report.nodeid.split("[", 1)[0])


def pytest_sessionfinish() -> None:
    passed = {name: seconds for name, seconds in _seconds.items() if name not in _failed}
    Path(os.environ["MUTANTS_SECONDS"]).write_text(json.dumps(passed))
