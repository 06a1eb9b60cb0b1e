"""What each error says, to the word, to a program and on a page: what went wrong, and what to do next."""

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import FailedDependency, HTTPException, UnsupportedMediaType

from creditrisk.errors import HistoryUnavailable, IdempotencyConflict, QueueFull, QueueUnavailable
from tests.unit.web.conftest import FakeIntake

URL = "/api/v1/applications"
NOT_REACHED = (
    "The application was not received, because the queue cannot be reached. Please send it again in a moment; "
    "sending the same form again does not make a second application."
)
CAUSES = [
    (QueueUnavailable("10.0.0.1"), 503, "Service Unavailable", "queue-unavailable", NOT_REACHED),
    (QueueFull("x"), 503, "Service Unavailable", "queue-full",
     "The application was not received, because too many are waiting. Please send it again in a moment."),
    (IdempotencyConflict("x"), 409, "Conflict", "idempotency-conflict",
     "This Idempotency-Key was used for another application. Use a new key for a new application."),
    (HistoryUnavailable("x"), 503, "Service Unavailable", "unavailable",
     "The answer cannot be looked up just now. Nothing is lost; please try again in a moment."),
    (RuntimeError("x"), 500, "Internal Server Error", "internal",
     "Something went wrong on our side. Please try again; sending the same form again does not make a second application."),
]  # fmt: skip


@pytest.mark.parametrize(("error", "status", "title", "code", "detail"), CAUSES)
def test_a_program_is_told_each_cause_under_its_name(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object],
    error: Exception, status: int, title: str, code: str, detail: str,
) -> None:  # fmt: skip
    intake.error = error
    reply = client.post(URL, json=raw_application)
    assert reply.status_code == status
    body = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code}
    assert reply.json == body
    assert list(reply.json) == list(body)
    predicted = client.post("/predict", json=raw_application)
    assert predicted.json
    assert (predicted.status_code, predicted.json["Message"], predicted.json["errors"]) == (
        status,
        detail,
        {},
    )


@pytest.mark.parametrize(("error", "status", "title", "code", "detail"), CAUSES)
def test_a_person_reads_the_same_sentence(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object],
    error: Exception, status: int, title: str, code: str, detail: str,
) -> None:  # fmt: skip
    intake.error = error
    reply = client.post("/application", data=form)
    assert reply.status_code == status
    assert detail in reply.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code", "detail"),
    [
        ("GET", f"{URL}/1", {}, 404, "unknown-application", "No application has this number. Check that it is complete."),
        ("GET", "/api/v1/x", {}, 404, "not-found", "There is nothing at this address."),
        ("PUT", URL, {}, 405, "method-not-allowed", "PUT is not possible here."),
        ("POST", URL, {"Sec-Fetch-Site": "cross-site"}, 403, "cross-origin",
         "This request was sent from another site, so nothing was accepted. Open the form on this site and send it from there."),
        ("POST", URL, {"Content-Type": "text/plain"}, 415, "unreadable-body",
         "Send the application as JSON, with the header Content-Type: application/json."),
        ("GET", "/api/v1/x", {"Host": ".."}, 400, "bad-host", "The Host header of this request names no host."),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_is_told_why(
    client: FlaskClient, method: str, path: str, headers: dict[str, str], status: int, code: str, detail: str
) -> None:
    reply = client.open(path, method=method, headers=headers)
    assert reply.json
    assert (reply.status_code, reply.json["code"], reply.json["detail"]) == (status, code, detail)
    assert reply.json["status"] == status


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        (
            UnsupportedMediaType("of a library"),
            "unsupported-media-type",
            "Entity body in unsupported format.",
        ),
        (FailedDependency("of a library"), "failed-dependency", "Failed Dependency."),
    ],
)
def test_a_refusal_without_a_sentence_of_its_own_is_told_as_http_describes_it_or_by_its_name(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object],
    error: HTTPException, code: str, detail: str,
) -> None:  # fmt: skip
    intake.error = error
    reply = client.post(URL, json=raw_application)
    assert reply.json
    assert (reply.status_code, reply.json["code"], reply.json["detail"]) == (error.code, code, detail)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"age": 7}, "One field is missing or not valid."),
        ({"age": 7, "sex": "X"}, "2 fields are missing or not valid."),
    ],
)
def test_wrong_fields_are_counted(
    client: FlaskClient, raw_application: dict[str, object], changes: dict[str, object], detail: str
) -> None:
    reply = client.post(URL, json=raw_application | changes)
    assert reply.json
    assert (reply.json["detail"], len(reply.json["errors"])) == (detail, len(changes))


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        ("{", "application/json", "The body is not valid JSON."),
        (" " * 65_537, "application/json", "The body is longer than 64 KiB, which no application needs."),
        ("[]", "application/json", "The body must be one JSON object: field names with their values."),
        ('{"age": 1, "age": 2}', "application/json", "'age' is given more than once."),
        ('{"age": NaN}', "application/json", "NaN is not a value of JSON."),
        ("{}", "application/json; charset=koi8-r", "This charset is not read here; send the text as UTF-8."),
    ],
)
def test_a_body_that_is_not_taken_is_told_why(client: FlaskClient, body: str, kind: str, detail: str) -> None:
    reply = client.post(URL, data=body, content_type=kind)
    assert reply.json
    assert reply.json["detail"] == detail


def test_a_form_field_sent_twice_is_named_and_nothing_is_accepted(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    for name, first, second in (("age", "34", "34"), ("flag_visa", "1", "0"), ("submission", "a", "b")):
        reply = client.post("/application", data=form | {name: [first, second]})
        assert reply.status_code == 400
        assert f"&#39;{name}&#39; is given more than once." in reply.text
    assert intake.submitted == []
