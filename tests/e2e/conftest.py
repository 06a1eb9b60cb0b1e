"""Fixtures of the tests that deploy."""

from collections.abc import Iterator

import pytest

from cli.embedded_redis import free_port
from localstage.paths import Folders
from localstage.stage import Stage
from tests.e2e.browsing import browser, open_browser, system
from tests.e2e.template import compile_template, packages, prod

__all__ = ["browser", "compile_template", "localstack", "open_browser", "packages", "prod", "system"]


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A LocalStack for whoever makes buckets of their own in it: the environment that leads to it."""
    folders = Folders(tmp_path_factory.mktemp("localstack"))
    stage = Stage.start(folders, free_port())
    try:
        yield stage.environment
    finally:
        Stage.stop(folders)
