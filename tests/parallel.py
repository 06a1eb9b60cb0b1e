"""Several tests at a time (pytest-xdist): what stays together in one worker, and what begins first.

The tests of a file run in one worker, in their order, so that its module's fixtures are made once. So do the files of a
group: they share a fixture that is dear, or a place of the checkout in which two may not write at once.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

MOST = 4
"""Workers at most, however many cores there are: browsers, trainings and a LocalStack take memory, too."""
GROUPS = {
    "build/": (
        "e2e/test_deploy_docs.py",
        "e2e/test_localstack.py",
        "e2e/test_localstack_versions.py",
        "e2e/test_packages.py",
    ),
    "a LocalStack": ("e2e/test_bulk_steps.py", "e2e/test_history_localstack.py"),
    "compiled templates": ("e2e/test_template",),
    "trained layers": ("integration/models/training/",),
    "learned versions": ("integration/lifecycle/",),
}
"""What is shared → the files that share it, by how their paths begin."""
FIRST = (
    "e2e/test_make.py",
    "e2e/test_localstack",
    "e2e/test_packages.py",
    "e2e/test_deploy_docs.py",
    "e2e/test_compose.py",
    "e2e/chaos/",
    "integration/test_year.py",
    "e2e/",
    "integration/",
)
"""What takes longest comes first, so that no worker is left alone with it at the end."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """`-n auto`: a worker for each core and one more, as a test waits for a quarter of its time.

    None for files, names or words that were chosen: these are told as they go.
    """
    places = [Path(argument.partition("::")[0]) for argument in config.args]
    if config.option.keyword or config.option.usepdb or not all(place.is_dir() for place in places):
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, cores + 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A worker puts its tests into the order in which they are handed out."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "Units":
    config.option.loadscopereorder = False  # it would begin with what has the most tests
    return Units(config, log)


class Units(LoadScopeScheduling):
    """Hands out one unit after the other, in their order, to whichever worker is about to have nothing to do."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def unit(nodeid: str) -> str:
    """What a test is handed out with: its group, or its file."""
    file = _file(nodeid)
    return next((shared for shared, begins in GROUPS.items() if file.startswith(begins)), file)


def turn(nodeid: str) -> int:
    """When a test's turn is: its place in FIRST; what is not there comes after all that is."""
    file = _file(nodeid)
    return next((place for place, begin in enumerate(FIRST) if file.startswith(begin)), len(FIRST))


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0].removeprefix("tests/")
