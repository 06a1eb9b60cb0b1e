"""The app behind API Gateway, as the form function runs it."""

import base64
import json
import random
from typing import Any

import pytest

from functions.form import handler as entry
from tests.integration.served import HEADERS, PIECES, PLACES


def event(path: str, method: str = "GET", body: str = "", **headers: str) -> dict[str, Any]:
    """An event of a REST API in stage "prod"."""
    host = {"Host": "abc.execute-api.sa-east-1.amazonaws.com", "X-Forwarded-Proto": "https"}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": host | headers,
        "multiValueHeaders": {name: [value] for name, value in (host | headers).items()},
        "requestContext": {"stage": "prod", "path": f"/prod{path}"},
        "body": body,
        "isBase64Encoded": False,
    }


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Redis answers here, which the form itself does without."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    entry.app.cache_clear()


def test_the_form_comes_with_addresses_of_its_stage() -> None:
    answer = entry.handler(event("/"), None)
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] is False
    assert 'action="/prod/form/residence?left=applicant"' in answer["body"]
    assert 'href="/prod/static/style.css?v=' in answer["body"]


@pytest.mark.parametrize("name", ["style.css", "app.js", "icon.svg"])
def test_static_files_go_out_as_text(name: str) -> None:
    answer = entry.handler(event(f"/static/{name}"), None)
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] is False


def test_a_problem_goes_out_as_text() -> None:
    request = event("/api/v1/applications", "POST", "{", **{"Content-Type": "application/json"})
    answer = entry.handler(request, None)
    assert answer["statusCode"] == 400
    assert answer["isBase64Encoded"] is False
    assert json.loads(answer["body"])["code"] == "unreadable-body"


def test_the_form_posted_from_its_own_stage_is_not_a_forgery() -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "https://abc.execute-api.sa-east-1.amazonaws.com",
    }
    answer = entry.handler(event("/application", "POST", "full_name=Ana", **headers), None)
    assert answer["statusCode"] == 400
    assert "Please look at this again" in answer["body"]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_put_into_an_event_the_answer_is_no_error_of_ours(seed: int) -> None:
    """503 is the answer of a form without Redis to what is sound."""
    chance = random.Random(seed)

    def odd() -> str:
        return "".join(chance.choices(PIECES, k=chance.randint(1, 3)))

    for _ in range(100):
        body = chance.choice(("", "{", odd(), '{"age": 7}', "age=7&full_name=%ff"))
        request = event(
            chance.choice(PLACES) + chance.choice(("", odd())), chance.choice(("GET", "POST", "PUT"))
        )
        encode = chance.random() < 0.3
        request["body"] = base64.b64encode(body.encode()).decode() if encode else body
        request["isBase64Encoded"] = encode
        kind = chance.choice(("application/json", "application/x-www-form-urlencoded", odd()))
        headers = {"Host": chance.choice(("a.example", odd())), "Content-Type": kind}
        headers |= {name: odd() for name in chance.sample(HEADERS, 3)}
        request["headers"] = headers
        request["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
        request["queryStringParameters"] = chance.choice((None, {odd(): odd()}))
        status = entry.handler(request, None)["statusCode"]
        assert status < 500 or status == 503, request
