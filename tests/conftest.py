"""What every test may use: a real Redis, made-up applications, and what a machine may lack."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from cli.embedded_redis import EmbeddedRedis
from cli.errors import NoRedisServer
from creditrisk.application.validation import validate
from deploy.packages.errors import WheelsUnavailable
from tests import machine
from tests.parallel import (
    pytest_collection_modifyitems,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

__all__ = ["pytest_collection_modifyitems", "pytest_xdist_auto_num_workers", "pytest_xdist_make_scheduler"]

ROOT = Path(__file__).parents[1]
STRICT = os.environ.get("STRICT") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Skip a test marked `needs("…")` where the machine lacks that, before anything is set up for it."""
    with _skipping():
        for mark in reversed(list(item.iter_markers("needs"))):  # the module's first
            for what in mark.args:
                machine.require(what)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    with _skipping():
        return (yield)


@contextmanager
def _skipping() -> Iterator[None]:
    """What the machine lacks is a skip, with the sentence that says how to get it."""
    try:
        yield
    except (machine.Lacking, WheelsUnavailable) as error:
        pytest.skip(str(error))
    except NoRedisServer:
        if reason := machine.lacking("redis-server"):
            pytest.skip(reason)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under STRICT=1 a skip, whoever made it, is a failure."""
    report = yield
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{item.nodeid}: {reason} (STRICT=1)"
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    """--screens: where tests/e2e/test_screens.py and test_monitor_page.py put pictures of all pages."""
    parser.addoption("--screens", metavar="FOLDER", help="take pictures of all pages into this folder")


@pytest.fixture(scope="session", autouse=True)
def places_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands that keep a version and tell of it do so beside no one's data, unless a test says where."""
    given = {"MODEL_STORE": "models", "HISTORY_URL": "history"}
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in given.items():
            if name not in os.environ:
                patch.setenv(name, str(tmp_path_factory.mktemp("own") / folder))
        yield


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A real redis-server for the whole run."""
    machine.require("redis-server")
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"), appendfsync="everysec")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The URL of an empty Redis."""
    Redis.from_url(redis_server.url).flushall()
    return redis_server.url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of an empty Redis."""
    client = Redis.from_url(redis_url)
    yield client
    client.close()


@pytest.fixture
def raw_application() -> dict[str, object]:
    """What a made-up applicant sends, under the form's names."""
    return {
        "full_name": "Ana Souza", "DNI": "012345678", "payment_day": "10", "application_submission_type": "Web",
        "postal_address_type": "1", "sex": "F", "marital_status": "2", "quant_of_dependants": "1",
        "education_level_1": "0", "state_of_birth": "RJ", "city_of_birth": "Rio de Janeiro", "nacionality": "1",
        "residencial_state": "RJ", "residencial_city": "Niterói", "residencial_borough": "Centro",
        "flag_residencial_phone": "1", "residencial_phone_area_code": "20", "residence_type": "1",
        "months_in_residence": "24", "flag_mobile_phone": "0", "flag_email": "1", "personal_monthly_income": "1200.50",
        "other_incomes": "0", "flag_visa": "0", "flag_mastercard": "0", "flag_diners": "0",
        "flag_american_express": "0", "flag_other_cards": "0", "quant_banking_accounts": "1",
        "quant_special_banking_accounts": "1", "personal_assets_value": "0", "quant_cars": "0", "company": "1",
        "professional_state": "N.A.", "professional_city": "", "flag_professional_phone": "0",
        "professional_phone_area_code": "", "months_in_the_job": "0", "profession_code": "9", "occupation_type": "2",
        "mate_profession_code": "NULL", "education_level_2": "NULL", "product": "1", "flag_acsp_record": "0",
        "age": "34", "residencial_zip": "230", "professional_zip": "230",
    }  # fmt: skip


@pytest.fixture
def make_application(raw_application: dict[str, object]) -> Callable[..., dict[str, Any]]:
    """A valid application, with some of its fields changed."""

    def make(**changes: object) -> dict[str, Any]:
        application: dict[str, Any] = validate(raw_application)
        return application | changes

    return make
