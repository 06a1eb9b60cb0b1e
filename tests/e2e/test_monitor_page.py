"""The monitor's page in a browser, by day and by night, on a phone and on a desktop: axe finds nothing to complain of, with all
tables open as well, nothing lies beyond the edge, and `make screens` takes its pictures.

The report is of made-up applicants; from a day on they are older, and pay on another day.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver import Chrome

from benchmarks.monitor import cohort_of
from creditrisk.application import FIELDS
from creditrisk.settings import Settings
from lifecycle.report.as_html import as_html
from lifecycle.report.making import fields_wanted, make_report
from lifecycle.report.reading import mature, what_serves
from lifecycle.report.report import Report, Scope
from lifecycle.report.writing import write_page
from models.reference import reference_of
from tests.e2e.looking import SIZES, at_night, judged, picture, resize, width_of
from tests.machine import open_chromium

pytestmark = pytest.mark.needs("chromium", "sls")

ROWS = 20_000
OTHERS_FROM = np.datetime64("2026-01-05")
KNOWN_UNTIL = np.datetime64("2025-11-01")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
CLOSED, OPEN = "tables closed", "tables open"


def made() -> Report:
    """Of fifteen months, with everything in it that a report can have."""
    settings = Settings.from_environment()
    cohort, beside = cohort_of(ROWS, settings), what_serves(settings)
    others = cohort.received >= OTHERS_FROM
    known = cohort.received < KNOWN_UNTIL
    columns = {name: list(cells) for name, cells in cohort.columns.items()}
    trained = {
        name: [FIELDS[name].parse(cell) if cell else None for cell in columns[name]]
        for name in fields_wanted(beside.reference)
        if name in FIELDS
    }
    reference = reference_of(trained, beside.reference.inputs, {beside.model: cohort.probability})
    for row in np.flatnonzero(others).tolist():
        columns["AGE"][row] = str(min(int(columns["AGE"][row]) + 6, 90)) if columns["AGE"][row] else ""
        columns["PAYMENT_DAY"][row] = "25" if row % 3 == 0 else columns["PAYMENT_DAY"][row]
    bad = np.where((cohort.bad >= 0) & known, cohort.bad, -1).astype(np.int8)
    cohort = replace(cohort, columns=columns, bad=bad)
    return make_report(cohort, mature(cohort.received, 6, NOW), SCOPE, replace(beside, reference=reference))


SCOPE = Scope("a-portfolio", NOW.isoformat(), NOW.isoformat(), "", "", "", 6, 0.3)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the page, a file as `creditrisk monitor --html` writes it."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    write_page(file, as_html(made()))
    return file.as_uri()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    browser = open_chromium("window-size=1280,900")
    yield browser
    browser.quit()


def _show(browser: Chrome, page: str, size: str, tables: str) -> None:
    resize(browser, size)
    browser.get(page)
    if tables == OPEN:
        browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")


@pytest.mark.parametrize("tables", [CLOSED, OPEN])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("light", ["day", "night"])
def test_axe_has_nothing_to_say_and_nothing_lies_beyond_the_edge(
    chrome: Chrome, page: str, light: str, size: str, tables: str
) -> None:
    with at_night(chrome) if light == "night" else nullcontext():
        _show(chrome, page, size, tables)
        assert judged(chrome) == []
    assert width_of(chrome) <= SIZES[size][0]


def test_a_table_is_opened_by_keyboard(chrome: Chrome, page: str) -> None:
    _show(chrome, page, "desktop", CLOSED)
    first = chrome.find_element("css selector", "details")
    assert not first.find_element("tag name", "table").is_displayed()
    first.find_element("tag name", "summary").send_keys("\n")
    assert first.find_element("tag name", "table").is_displayed()


def test_the_pictures_are_taken_when_they_are_asked_for(
    chrome: Chrome, page: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """By day on a phone and on a desktop, into the folder of `--screens`, and by night; else to see that it can."""
    folder = Path(request.config.getoption("--screens") or tmp_path) / "en"
    for size in SIZES:
        for night in (False, True):
            file = folder / f"monitor-{'night-' if night else ''}{size}.webp"
            with at_night(chrome) if night else nullcontext():
                _show(chrome, page, size, CLOSED)
                picture(chrome, file, size)
