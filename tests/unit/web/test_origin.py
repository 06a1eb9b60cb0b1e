"""Forms that another site makes a browser send."""

import pytest
from flask.testing import FlaskClient

from tests.unit.web.conftest import FakeIntake


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {
            "Sec-Fetch-Site": "same-origin",
            "Origin": "https://bank.example",
        },  # behind a proxy that rewrites Host
        {"Origin": "http://localhost"},
        {"Origin": "http://LOCALHOST"},
        {"Origin": "https://bank.example", "X-Forwarded-Host": "bank.example"},
        {"Origin": "https://bank.example", "X-Forwarded-Host": "bank.example, inner.proxy"},
        {"Origin": "https://bank.example:8443", "Host": "bank.example:8443"},
    ],
)
def test_our_own_form_and_programs_are_heard(
    client: FlaskClient, form: dict[str, object], headers: dict[str, str]
) -> None:
    assert client.post("/application", data=form, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8081"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://evil.example/localhost"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://[::1"},
        {"Origin": "http://[localhost]"},
        {"Origin": "http://localhost]"},
        {"Origin": "//[", "X-Forwarded-Host": ""},
        {"Origin": "http://ℂ\N{ACCOUNT OF}.example"},
    ],
)
def test_a_form_of_another_site_is_refused(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object], headers: dict[str, str]
) -> None:
    reply = client.post("/application", data=form, headers=headers)
    assert reply.status_code == 403
    assert "Open the form on this site" in reply.text
    assert 'href="/"' in reply.text
    assert intake.submitted == []


def test_json_from_another_site_is_refused_as_json(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    for path in ("/predict", "/api/v1/applications"):
        reply = client.post(path, json=raw_application, headers={"Sec-Fetch-Site": "cross-site"})
        assert reply.status_code == 403
        assert reply.is_json
    assert intake.submitted == []


def test_a_link_from_another_site_opens_the_form(client: FlaskClient) -> None:
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
