"""Who may see an answer: the browser that sent the application, and who says again who the applicant is."""

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from creditrisk import attempts, seals
from creditrisk.application_id import new_application_id
from creditrisk.errors import QueueUnavailable
from tests.unit.web.conftest import KEY, FakeIntake
from web.opening import COOKIE, LASTS, MOST

Form = dict[str, object]
WHO = {"full_name": "Ana Souza", "DNI": "012345678"}
VIEWS = ("", "/letter", "/letter.pdf", "/data.json", "/data.csv")


@pytest.fixture
def sent(client: FlaskClient, intake: FakeIntake, form: Form) -> str:
    """The id of an application that `client` sent."""
    assert client.post("/application", data=form).status_code == 200
    return intake.ids[0]


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """Another browser."""
    return app.test_client()


@pytest.mark.parametrize("view", VIEWS)
def test_the_browser_that_sent_it_opens_it(client: FlaskClient, sent: str, view: str) -> None:
    assert client.get(f"/application/{sent}{view}").status_code == 200


@pytest.mark.parametrize("place", ["/application", "/clerk/application"])
def test_an_address_alone_opens_nothing(stranger: FlaskClient, sent: str, place: str) -> None:
    reply = stranger.get(f"{place}/{sent}")
    assert reply.status_code == 403
    assert "Who is asking?" in reply.text
    assert "Ana" not in reply.text
    for view in VIEWS[1:]:
        reply = stranger.get(f"/application/{sent}{view}")
        assert (reply.status_code, reply.location) == (303, f"/application/{sent}")


@pytest.mark.parametrize("name", ["Ana Souza", "ana  souza", "ANA SOUZA", "Aná Souza"])
def test_identity_given_again_opens_it_and_keeps_it_open(stranger: FlaskClient, sent: str, name: str) -> None:
    reply = stranger.post(f"/application/{sent}", data=WHO | {"full_name": name})
    assert reply.status_code == 200
    assert "Your application is approved" in reply.text
    for view in VIEWS:
        assert stranger.get(f"/application/{sent}{view}").status_code == 200


@pytest.mark.parametrize(
    "typed", [{}, {"DNI": "012345678"}, {"full_name": "Ana Souza"}, WHO | {"DNI": "12345678"}, WHO | {"full_name": "Ana Sousa"}]
)  # fmt: skip
def test_another_identity_opens_nothing(stranger: FlaskClient, sent: str, typed: dict[str, str]) -> None:
    reply = stranger.post(f"/application/{sent}", data={"full_name": "", "DNI": ""} | typed)
    assert reply.status_code == 403
    assert "Ana" not in reply.text and "012345678" not in reply.text
    assert stranger.get(f"/application/{sent}").status_code == 403


def test_whether_there_is_such_an_application_is_not_told(stranger: FlaskClient, sent: str) -> None:
    """Neither by what is shown, nor by the status, nor by how often somebody may try."""
    told = []
    for id in (sent, new_application_id()):
        stranger.application.extensions["creditrisk"].intake.attempts = 0
        replies = [stranger.get(f"/application/{id}")]
        replies += [stranger.post(f"/application/{id}", data={"DNI": "1"}) for _ in range(attempts.MOST + 2)]
        told.append(
            [(reply.status_code, reply.text.replace(id, "ID"), sorted(reply.headers)) for reply in replies]
        )
    assert told[0] == told[1]
    assert [status for status, _, _ in told[0]] == [403] * (attempts.MOST + 1) + [429, 429]


def test_after_too_many_attempts_the_right_identity_opens_nothing(
    stranger: FlaskClient, client: FlaskClient, sent: str
) -> None:
    for number in range(attempts.MOST):
        assert stranger.post(f"/application/{sent}", data={"DNI": str(number)}).status_code == 403
    assert stranger.post(f"/application/{sent}", data=WHO).status_code == 429
    assert client.get(f"/application/{sent}").status_code == 200  # who sent it is not locked out


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: FlaskClient, form: Form) -> None:
    cookie = client.post("/application", data=form).headers["Set-Cookie"]
    assert re.fullmatch(rf"{COOKIE}=[\w-]+; HttpOnly; Path=/; SameSite=Lax", cookie)
    secure = client.post("/application", data=form | {"age": "35"}, headers={"Origin": "https://localhost"})
    assert "; Secure;" in secure.headers["Set-Cookie"]


def test_nobody_else_can_write_the_cookie(stranger: FlaskClient, sent: str) -> None:
    text = f"{int(time.time()) + LASTS} {sent}"
    own = seals.seal(text, KEY)
    changed = bytearray(urlsafe_b64decode(own + "=" * (-len(own) % 4)))
    changed[-1] ^= 1
    forged = (
        "",
        "x",
        "é",
        own[:-4],
        seals.seal(text, "ff" * 16),
        urlsafe_b64encode(changed).decode().rstrip("="),
    )
    for cookie in forged:
        stranger.set_cookie(COOKIE, cookie)
        assert stranger.get(f"/application/{sent}").status_code == 403, cookie
    stranger.set_cookie(COOKIE, own)
    assert stranger.get(f"/application/{sent}").status_code == 200


def test_a_cookie_ends(stranger: FlaskClient, sent: str) -> None:
    stranger.set_cookie(COOKIE, seals.seal(f"{int(time.time()) - 1} {sent}", KEY))
    assert stranger.get(f"/application/{sent}").status_code == 403


def test_a_browser_opens_the_latest_applications_and_its_cookie_stays_short(
    client: FlaskClient, intake: FakeIntake, form: Form
) -> None:
    for age in range(20, 20 + MOST + 3):
        reply = client.post("/application", data=form | {"age": str(age)})
    assert len(reply.headers["Set-Cookie"]) < 2_000
    opened = [client.get(f"/application/{id}").status_code == 200 for id in intake.ids]
    assert opened == [False] * 3 + [True] * MOST


def test_an_undecided_application_has_no_letter_yet(
    client: FlaskClient, intake: FakeIntake, form: Form
) -> None:
    intake.decision = None
    client.post("/application", data=form)
    for view in VIEWS[1:]:
        assert client.get(f"/application/{intake.ids[0]}{view}").status_code == 303


def test_programs_ask_by_id_as_ever(stranger: FlaskClient, sent: str) -> None:
    assert stranger.get(f"/api/v1/applications/{sent}").status_code == 200


def test_with_redis_away_nothing_is_opened_and_nothing_is_said_of_sending_again(
    stranger: FlaskClient, intake: FakeIntake, sent: str
) -> None:
    intake.error = QueueUnavailable("gone")
    reply = stranger.post(f"/application/{sent}", data=WHO)
    assert reply.status_code == 503
    assert "cannot be looked up just now" in reply.text
    assert "not received" not in reply.text
