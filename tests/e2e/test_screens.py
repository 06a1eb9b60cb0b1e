"""Every page, in each of its states, as people see it: axe finds nothing to complain of, nothing
lies beyond the edge of a phone, and `make screens` takes the pictures of docs/screens.

The states are had at will, from a stand-in for the intake; test_browser.py has the whole system behind the pages.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from creditrisk import attempts, seals
from creditrisk.application import FIELDS
from creditrisk.application_id import new_application_id
from creditrisk.decision import Change, Decision, Reason
from creditrisk.intake import Intake
from creditrisk.reviews import Review
from creditrisk.settings import Settings
from tests.e2e.looking import (
    SIZES,
    at_night,
    beyond_the_edge,
    judged,
    look_closely,
    picture,
    resize,
    width_of,
)
from tests.e2e.person import stands_at, wait
from tests.machine import open_chromium
from tests.unit.web.conftest import KEY, SCORED_AT, FakeIntake, decision_of
from tests.unit.web.test_standing import VERSION
from web import create_app
from web.example import example
from web.opening import COOKIE

pytestmark = pytest.mark.needs("chromium", "sls")

LANGUAGES = ("en", "pt-BR", "es")
APPLICANT = {
    "FULL_NAME": "Júlia Conceição d'Ávila", "DNI": "00123456", "AGE": 19, "PERSONAL_MONTHLY_INCOME": 900, "RESIDENCIAL_STATE": "RJ",
    "RESIDENCIAL_CITY": "Niterói", "MONTHS_IN_THE_JOB": 0, "PAYMENT_DAY": "5", "FLAG_EMAIL": "0", "QUANT_DEPENDANTS": 2,
}  # fmt: skip
REASONS = [
    Reason("AGE", 0.52, 19), Reason("PERSONAL_MONTHLY_INCOME", 0.41, 900), Reason("MONTHS_IN_THE_JOB", 0.27, 0),
    Reason("RESIDENCIAL_STATE", 0.18, "RJ"),
]  # fmt: skip
CHANGES = [Change("PAYMENT_DAY", "25"), Change("FLAG_EMAIL", "1")]


def made(probability: float, **changes: Any) -> Decision:
    sign = 1 if probability >= 0.5 else -1
    reasons = [each._replace(contribution=sign * each.contribution) for each in REASONS]
    return decision_of(probability, **{"reasons": reasons, "model_version": VERSION} | changes)


@dataclass(frozen=True)
class State:
    """How an application stands, and the page that is looked at; `opened` tells whether the browser may open it, `sent` is
    what a form sends there."""

    path: str = "/application/ID"
    decision: Decision | None = field(default_factory=lambda: made(0.23))
    failure: str | None = None
    reviews: tuple[Review, ...] = ()
    opened: bool = True
    sent: dict[str, str] = field(default_factory=dict)


_DECLINED = made(0.6171, counterfactual=CHANGES, unknown=["RESIDENCIAL_CITY"])
_ASKED = Review("", SCORED_AT, "applicant", "", "2026-12-03")
_DECIDED = replace(_ASKED, decision="approved", reason="OK", reviewer="Bia", decided_at=SCORED_AT)

_TYPED = {FIELDS[name].form_name: str(value) for name, value in example().items()} | {
    "full_name": "Júlia Conceição d'Ávila", "residencial_city": "Niterói", "personal_monthly_income": "1200,50",
}  # fmt: skip

STATES = {
    "form": State("/"),
    "form-refused": State("/check", sent={"full_name": "", "DNI": "12"}),
    **{
        f"form-{page}": State(f"/form/{page}", sent=_TYPED)
        for page in ("residence", "work", "income", "cards", "product")
    },
    "form-check": State("/check", sent=_TYPED),
    "desk": State("/clerk"),
    "desk-refused": State("/clerk", sent=_TYPED | {"age": "7"}),
    "who-asks": State(opened=False),
    "pending": State(decision=None),
    "failed": State(decision=None, failure="Scoring failed three times."),
    "approved": State(),
    "declined": State(decision=_DECLINED),
    "review-asked": State(decision=_DECLINED, reviews=(_ASKED,)),
    "review-approved": State(decision=_DECLINED, reviews=(_DECIDED,)),
    "referred": State(decision=made(0.5, decision="referred")),
    "clerk-approved": State("/clerk/application/ID"),
    "clerk-declined": State("/clerk/application/ID", decision=_DECLINED),
    "letter": State("/application/ID/letter", decision=_DECLINED),
    "not-found": State("/nothing"),
    "offline": State("/offline"),
    "api": State("/api/docs"),
    "api-error": State("/problems/queue-full"),
}


SEND = """
const form = document.createElement("form");
[form.method, form.action] = ["post", arguments[0]];
for (const [name, value] of Object.entries(arguments[1]))
  form.append(Object.assign(document.createElement("input"), {name, value}));
document.body.append(form);
form.submit();
"""


def _arrived(browser: Chrome) -> bool:
    script = "return location.pathname !== '/healthz' && document.readyState === 'complete'"
    return bool(browser.execute_script(script))


class Stage:
    """The app on a port of its own, and a browser in front of it."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser
        self.intake = FakeIntake()
        app = create_app(Settings(wait_seconds=0.0), cast(Intake, self.intake))
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=self.server.serve_forever).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        browser.get(f"{self.url}/healthz")

    def show(self, state: State, language: str, size: str) -> None:
        """Lead the browser to a page in a state."""
        id = new_application_id()
        self.intake.ids, self.intake.submitted, self.intake.corrects = [id], [dict(APPLICANT)], [""]
        self.intake.decision, self.intake.failure, self.intake.attempts = state.decision, state.failure, 0
        self.intake.asked = [replace(review, application_id=id) for review in state.reviews]
        self.browser.delete_all_cookies()
        self.browser.add_cookie({"name": "language", "value": language})
        if state.opened:
            self.browser.add_cookie({"name": COOKIE, "value": seals.seal(f"4102444800 {id}", KEY)})
        resize(self.browser, size)
        if state.sent:
            self.browser.get(f"{self.url}/healthz")
            patiently = WebDriverWait(self.browser, 30, ignored_exceptions=[WebDriverException])
            # While one page makes way for the next, it has no body yet.
            patiently.until(lambda it: it.execute_script(SEND, state.path, state.sent) is None)
            patiently.until(_arrived)
        else:
            self.browser.get(self.url + state.path.replace("ID", id))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    browser = open_chromium("window-size=1280,900")
    shown = Stage(browser)
    yield shown
    shown.server.shutdown()
    shown.server.server_close()
    browser.quit()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STATES)
def test_axe_has_nothing_to_say_and_nothing_lies_beyond_the_edge(stage: Stage, name: str, size: str) -> None:
    stage.show(STATES[name], "pt-BR" if size == "phone" else "en", size)
    assert judged(stage.browser) == []
    assert width_of(stage.browser) <= SIZES[size][0]


@pytest.mark.parametrize("name", STATES)
def test_with_large_letters_on_a_narrow_screen_nothing_lies_beyond_the_edge(stage: Stage, name: str) -> None:
    stage.show(STATES[name], "pt-BR", "phone")
    look_closely(stage.browser)
    assert beyond_the_edge(stage.browser) == []


@pytest.mark.parametrize(
    "name", ["approved", "declined", "referred", "clerk-declined", "letter", "who-asks", "api"]
)
def test_at_night_too(stage: Stage, name: str) -> None:
    with at_night(stage.browser):
        stage.show(STATES[name], "es", "desktop")
        assert judged(stage.browser) == []


@pytest.mark.parametrize("trouble", ["other", "too-often"])
def test_a_refused_identity_is_said_in_front_and_axe_is_content(stage: Stage, trouble: str) -> None:
    stage.show(STATES["who-asks"], "en", "phone")
    if trouble == "too-often":
        stage.intake.attempts = attempts.MOST
    stage.browser.find_element("id", "field-DNI").send_keys("1")
    stage.browser.find_element("css selector", "main button[type=submit]").click()
    WebDriverWait(stage.browser, 30, ignored_exceptions=[WebDriverException]).until(
        lambda browser: browser.switch_to.active_element.get_attribute("role") == "alert"
    )
    assert judged(stage.browser) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_identity_opens_it_and_a_review_can_be_asked_for_by_keyboard(javascript: bool) -> None:
    preferences = {} if javascript else {"profile.managed_default_content_settings.javascript": 2}
    browser = open_chromium("window-size=1280,900", preferences=preferences)
    stage = Stage(browser)
    try:
        stage.show(replace(STATES["declined"], opened=False), "en", "desktop")
        browser.find_element("id", "field-full_name").send_keys("Julia Conceicao d'Avila")
        browser.find_element("id", "field-DNI").send_keys("00123456\n")
        stands_at(browser, "We cannot approve your application")
        browser.find_element("id", "review-words").send_keys("I have a new job.\t\n")
        wait(browser, lambda it: "You asked on November 23, 2026" in it.find_element("id", "review").text)
        assert [review.words for review in stage.intake.asked] == ["I have a new job."]
    finally:
        stage.server.shutdown()
        stage.server.server_close()
        browser.quit()


@pytest.mark.timeout(1800)  # all are more than a hundred
def test_the_pictures_are_taken_when_they_are_asked_for(stage: Stage, request: pytest.FixtureRequest) -> None:
    """Each page in each language on a phone and on a desktop, into the folder of `--screens`; else one, to see that it can."""
    folder = request.config.getoption("--screens")
    if not folder:
        shown = [("declined", "es", "phone")]
        folder = request.getfixturevalue("tmp_path")
    else:
        shown = [(name, language, size) for name in STATES for language in LANGUAGES for size in SIZES]
    for name, language, size in shown:
        stage.show(STATES[name], language, size)
        file = Path(folder) / language / f"{name}-{size}.webp"
        picture(stage.browser, file, size)
