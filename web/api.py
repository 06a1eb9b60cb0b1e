"""The JSON API, version 1: send an application, look up its answer."""

from flask import Blueprint, request, url_for

from creditrisk.application.validation import validate
from creditrisk.decision import Answer
from web.body import read_json
from web.errors import as_json, shape
from web.idempotency import key_of
from web.prefer import seconds_asked
from web.services import services

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
shape(blueprint, as_json, "/api/")

Reply = tuple[dict[str, object], int, dict[str, str]]


@blueprint.post("/applications")
def create() -> Reply:
    """202 with where the answer will be; 200 with the answer when it is there within the wait that Prefer
    asks for."""
    application, key = validate(read_json(request)), key_of(request)
    with services().waiting(seconds_asked(request)) as seconds:
        answer = services().submit(application, seconds, key)
    headers = _headers(answer, seconds)
    headers["Location"] = url_for("api.show", application_id=answer.id)
    return body_of(answer), 202 if answer.status == "pending" else 200, headers


@blueprint.get("/applications/<application_id>")
def show(application_id: str) -> Reply:
    """The answer as it stands, or as it stands after the wait that Prefer asks for."""
    with services().waiting(seconds_asked(request)) as seconds:
        answer = services().answer(application_id, seconds)
    return body_of(answer), 200, _headers(answer, seconds)


@blueprint.get("/openapi.json")
def openapi() -> Reply:
    """The API described to programs."""
    from web.openapi import document  # nothing of it is needed before somebody asks

    return document(request.script_root or "/"), 200, {"Cache-Control": "no-cache"}


def body_of(answer: Answer) -> dict[str, object]:
    """An answer as JSON: of the applicant's own data, it repeats the values that the reasons rest on."""
    body: dict[str, object] = {"id": answer.id, "status": answer.status, "received_at": answer.received_at}
    if answer.failure:
        body["failure"] = answer.failure
    if answer.decision:
        decision = {name: value for name, value in vars(answer.decision).items() if name not in _NOT_TOLD}
        body |= decision | {
            "reasons": [reason._asdict() for reason in answer.decision.reasons],
            "counterfactual": [change._asdict() for change in answer.decision.counterfactual],
        }
    return body


_NOT_TOLD = frozenset({"challenger", "challenger_probability"})


def _headers(answer: Answer, seconds: float) -> dict[str, str]:
    headers = {"Retry-After": "2"} if answer.status == "pending" else {}
    return headers | ({"Preference-Applied": f"wait={seconds:g}"} if seconds else {})
