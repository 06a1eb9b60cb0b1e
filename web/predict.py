"""POST /predict: JSON in, the decision out, with the members that clients of the first system know."""

from flask import Blueprint, Request, Response, json, request, url_for

from creditrisk.application import FIELDS, Field, Role, Value
from creditrisk.application.validation import validate
from creditrisk.decision import Answer
from creditrisk.portfolio.kinds import Text
from creditrisk.sentence import Sentence
from web.body import read_json
from web.errors import Problem, shape
from web.idempotency import key_of
from web.sentences import said
from web.services import Services, services
from web.wording import VERDICTS

blueprint = Blueprint("predict", __name__)

ACCEPTED = Sentence(
    "The application is accepted and will be decided; do not send it again. Its answer will be at Location."
)
NOT_SCORED = Sentence("The application could not be scored.")

_OWN = frozenset(
    ("Success", "Prediction", "Prediction_score", "Message", "Probability", "id", "errors", "status")
)
IDENTITY = {
    {"FULL_NAME": "Full_name"}.get(name, name): field
    for name, field in FIELDS.items()
    if field.role is Role.IDENTITY and name not in _OWN
}
"""Member of an answer → the field that tells who the applicant is: under its own name, but for the one that the first
system spelt otherwise. One that is called like another member is not told."""

Reply = tuple[dict[str, object], int, dict[str, str]]


@blueprint.post("/predict")
def predict() -> Reply:
    """200 with the decision; 202 when it is not there within WAIT_SECONDS, or waits for a person: accepted, and not to be
    sent again."""
    return reply(answer_to(request, services()))


def answer_to(request: Request, services: Services) -> Answer:
    """How the application stands that a request brings, after WAIT_SECONDS at most."""
    application = validate(read_json(request))
    return services.submit(application, services.settings.wait_seconds, key_of(request))


def told_at_once(answer: Answer) -> dict[str, object] | None:
    """The members of an answer that is a decision; None of one that is not."""
    decided = answer.decision and answer.decision.decision != "referred"
    return _decided(answer) if decided else None


def reply(answer: Answer) -> Reply:
    """An answer with its status and headers."""
    if told := told_at_once(answer):
        return told, 200, {}
    if answer.status == "failed":
        return _undecided(answer, answer.failure or said(NOT_SCORED)), 500, {}
    headers = {"Location": url_for("api.show", application_id=answer.id)}
    if answer.decision:  # the person who decides takes longer than any program waits
        return _referred(answer), 202, headers
    return _undecided(answer, said(ACCEPTED)), 202, headers | {"Retry-After": "2"}


def _decided(answer: Answer) -> dict[str, object]:
    assert answer.decision
    decision = answer.decision
    verdict = " - ".join(
        VERDICTS[decision.decision]
    )  # the first system's spelling, with which clients compare
    # Clients of the first system act on Prediction: it follows the decision, where a rule or a draw decided, too.
    prediction = int(decision.decision == "declined")
    return members(answer, verdict, prediction, round(decision.probability, 4)) | {
        "Probability": decision.probability,
        "id": answer.id,
    }


def _referred(answer: Answer) -> dict[str, object]:
    """No prediction yet: who acts on one must not take an application for approved that waits for a person."""
    return _undecided(answer, " - ".join(VERDICTS["referred"]))


def _undecided(answer: Answer, sentence: str) -> dict[str, object]:
    return members(answer, sentence) | {"id": answer.id, "status": answer.status}


def _refused(problem: Problem) -> Response:
    data = members(None, problem.detail) | {"errors": dict(problem.errors)}
    return Response(json.dumps(data), mimetype="application/json")


shape(blueprint, _refused, "/predict")


def members(
    answer: Answer | None, sentence: str, prediction: int | None = None, score: float | None = None
) -> dict[str, object]:
    """The members that every answer of this address has, of whatever is known: a decision's, a refusal's."""
    application = answer.application if answer else {}
    return {
        "Success": prediction is not None,
        **{member: _told(field, application.get(field.name)) for member, field in IDENTITY.items()},
        "Prediction": prediction,
        "Prediction_score": score,
        "Message": sentence,
    }


def _told(field: Field, value: Value) -> Value:
    """A person's name in capitals, as the first system gave it; anything else as it is recorded."""
    named = isinstance(field.kind, Text) and field.kind.name
    return value.upper() if named and isinstance(value, str) else value
