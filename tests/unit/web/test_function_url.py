"""The app behind a function URL, as AWS and as LocalStack have it."""

import base64
import importlib
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, Response

from creditrisk.errors import SettingError
from functions.form import handler as entry
from tests.integration.served import HEADERS, PIECES, PLACES
from tests.unit.web.conftest import FakeIntake

HOST = "abc.lambda-url.sa-east-1.on.aws"
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def event(
    path: str, method: str = "GET", body: str | None = None, *, query: str = "", cookies: tuple[str, ...] = (), **headers: str
) -> dict[str, Any]:  # fmt: skip
    """An event of a function URL, which leaves out what a request does not have."""
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": HOST, "x-forwarded-proto": "https", "x-forwarded-port": "443", **headers},
        "requestContext": {"domainName": HOST, "http": http, "stage": "$default"},
        "isBase64Encoded": False,
    }
    if body is not None:
        made["body"] = body
    if cookies:
        made["cookies"] = list(cookies)
    return made


Answer = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def answer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """What the function answers to an event, with the tests' app for its own."""
    monkeypatch.setattr(entry, "app", lambda: app)
    return lambda request: entry.handler(request, None)


def test_a_decision_comes_with_what_the_applicant_wrote(
    answer: Answer, raw_application: dict[str, object]
) -> None:
    body = json.dumps(raw_application | {"full_name": "Åsa Nuñez"}, ensure_ascii=False)
    told = answer(event("/predict", "POST", body, **JSON))
    assert (told["statusCode"], told["isBase64Encoded"]) == (200, False)
    assert json.loads(told["body"])["Full_name"] == "ÅSA NUÑEZ"


def test_the_cookie_that_an_answer_sets_is_seen_wherever_it_comes_back(
    answer: Answer, intake: FakeIntake, form: dict[str, object]
) -> None:
    """AWS tells cookies apart from the headers, and LocalStack among them."""
    sent = answer(event("/application", "POST", urlencode(form), **FORM))
    cookie = sent["headers"]["Set-Cookie"].partition(";")[0]
    address = f"/application/{intake.ids[0]}"
    for request in (event(address, cookies=("language=es", cookie)), event(address, cookie=cookie)):
        assert "letter.pdf" in answer(request)["body"]
    assert "letter.pdf" not in answer(event(address))["body"]


def test_several_cookies_of_one_answer_arrive_in_their_order(app: Flask, answer: Answer) -> None:
    names = ("one", "two", "three")

    @app.get("/several")
    def several() -> Response:
        response = Response("told")
        for name in names:
            response.set_cookie(name, "1")
        return response

    told = answer(event("/several"))
    assert told["cookies"] == [f"{name}=1; Path=/" for name in names]
    assert not [name for name in told["headers"] if name.lower() == "set-cookie"]
    assert told["headers"]["Content-Type"].startswith("text/html")


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Imports the handler anew, as a function of Lambda's, with these environment variables."""

    def imported(**variables: str) -> None:
        for name, value in {"AWS_LAMBDA_FUNCTION_NAME": "form", **variables}.items():
            monkeypatch.setenv(name, value)
        importlib.reload(entry)

    return imported


def test_on_lambda_the_app_is_there_before_the_first_request(imported: Callable[..., None]) -> None:
    imported(REDIS_URL="redis://127.0.0.1:1/0")
    assert entry.app.cache_info().currsize == 1
    imported(AWS_LAMBDA_FUNCTION_NAME="")
    assert entry.app.cache_info().currsize == 0, "elsewhere it waits for one"


def test_a_setting_that_cannot_be_used_is_told_by_every_request(imported: Callable[..., None]) -> None:
    """And not by an import that fails: Lambda tells that as an error of its runtime."""
    imported(WAIT_SECONDS="soon")
    for _ in range(2):
        with pytest.raises(SettingError, match="WAIT_SECONDS"):
            entry.handler(event("/"), None)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_put_into_an_event_the_answer_is_no_error_of_ours(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 is the answer of a form without Redis to what is sound."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    entry.app.cache_clear()
    chance = random.Random(seed)

    def odd() -> str:
        return "".join(chance.choices(PIECES, k=chance.randint(1, 3)))

    for _ in range(100):
        body = chance.choice(("", "{", odd(), '{"age": 7}', "age=7&full_name=%ff"))
        kind = chance.choice(("application/json", "application/x-www-form-urlencoded", odd()))
        path = chance.choice(PLACES) + chance.choice(("", odd()))
        request = event(path, chance.choice(("GET", "POST", "PUT")), body, query=odd(), cookies=(odd(),))
        if chance.random() < 0.3:
            request |= {"body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True}
        request["headers"] = {"host": chance.choice(("a.example", odd())), "content-type": kind}
        request["headers"] |= {name.lower(): odd() for name in chance.sample(HEADERS, 3)}
        status = entry.handler(request, None)["statusCode"]
        assert status < 500 or status == 503, request
