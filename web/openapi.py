"""The OpenAPI description of everything that is served."""

from functools import cache

from web.idempotency import LONGEST_KEY
from web.openapi_pages import PAGES
from web.openapi_parts import BY_ID, JSON, PROBLEM, content, header, operation, refusals
from web.openapi_steps import STEPS
from web.prefer import MAX_WAIT
from web.schemas import SCHEMAS, Schema

_ANY_APPLICATION = {
    "anyOf": [{"$ref": "#/components/schemas/Application"}, {"$ref": "#/components/schemas/FormApplication"}]
}


@cache
def document(server: str) -> Schema:
    """OpenAPI 3.1 of all addresses, served under `server`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Credit risk",
            "version": "1",
            "description": "Probability of default and credit decision. There are no accounts: whoever reaches an "
            "address may use it, and whoever knows an application's id may read its answer.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "contact": {"name": "Whoever runs this service"},
        },
        "servers": [{"url": server, "description": "Where this description comes from"}],
        "security": [],
        "tags": [
            {"name": "api", "description": "Applications as JSON, version 1"},
            {"name": "predict", "description": "The first system's address"},
            {"name": "pages", "description": "The form and its answers, for people"},
            {"name": "health", "description": "For whoever watches over it"},
        ],
        "paths": _API | _PREDICT | PAGES | STEPS | _HEALTH,
        "components": {"schemas": SCHEMAS},
    }


_PREFER = header(
    "Prefer",
    f"wait=SECONDS: answer when decided, or after that time ({MAX_WAIT} s at most)",
    examples=["wait=5"],
)
_ONCE = header(
    "Idempotency-Key",
    "Sent again with the same key, an application gets its first answer: for 30 days, unless set otherwise (IDEMPOTENCY_TTL)",
    minLength=1,
    maxLength=LONGEST_KEY,
    pattern="^[ -~]+$",
)
_BODY = {
    "required": True,
    "description": "One application, every field once",
    "content": {JSON: {"schema": _ANY_APPLICATION}},
}
_LATER = {"Location": "Where the answer will be", "Retry_After": "Seconds after which to look"}

_API = {
    "/api/v1/applications": {
        "post": operation(
            "createApplication",
            "api",
            "Send an application",
            "Once it is answered 200 or 202, it will be scored and recorded, whatever happens.",
            {
                "200": content("Decided", "Answer", Location="Where the answer stays"),
                "202": content("Accepted; the answer will be at Location", "Answer", **_LATER),
                **refusals("Problem", PROBLEM),
            },
            parameters=[_PREFER, _ONCE],
            requestBody=_BODY,
        )
    },
    "/api/v1/applications/{id}": {
        "get": operation(
            "showApplication",
            "api",
            "Look up an answer",
            "As it stands, or as it stands after the wait that Prefer asks for.",
            {
                "200": content("The answer as it stands", "Answer"),
                "404": content("No application has this id", "Problem", PROBLEM),
                "503": content(
                    "The answer cannot be looked up now", "Problem", PROBLEM, Retry_After="Seconds to wait"
                ),
            },
            parameters=[BY_ID, _PREFER],
        )
    },
    "/api/v1/applications/{id}/reviews": {
        "post": operation(
            "askReview",
            "api",
            "Have a person look at the decision",
            "What was decided stays recorded. Asked again while a review is open, that one is told.",
            {
                "201": content("A person will decide", "Review"),
                "404": content("No application has this id", "Problem", PROBLEM),
                "409": content("There is no decision yet", "Problem", PROBLEM),
                **refusals("Problem", PROBLEM),
            },
            parameters=[BY_ID],
            requestBody={
                "required": True,
                "description": "What the applicant says to it, if anything",
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/Words"}}},
            },
        ),
        "get": operation(
            "showReviews",
            "api",
            "See what a person decided",
            "Those that were asked for, and those of a person who decided unasked, as on what was referred.",
            {
                "200": content("The reviews", "Reviews"),
                "404": content("No application has this id", "Problem", PROBLEM),
                "503": content(
                    "They cannot be looked up now", "Problem", PROBLEM, Retry_After="Seconds to wait"
                ),
            },
            parameters=[BY_ID],
        ),
    },
    "/api/v1/openapi.json": {
        "get": operation(
            "describe",
            "api",
            "This description",
            "OpenAPI 3.1, made from the fields that are asked for.",
            {
                "200": {"description": "The description", "content": {JSON: {"schema": {"type": "object"}}}},
                "400": content("The request cannot be read", "Problem", PROBLEM),
            },
        )
    },
}

_PREDICT = {
    "/predict": {
        "post": operation(
            "predict",
            "predict",
            "Send an application and wait for its decision",
            "Every answer has the same members, null where there is nothing to say.",
            {
                "200": content("Decided", "Prediction"),
                "202": content("Accepted, and not to be sent again", "NoPrediction", **_LATER),
                **refusals("NoPrediction", JSON),
            },
            parameters=[_ONCE],
            requestBody=_BODY,
        )
    },
}

_HEALTH = {
    "/healthz": {
        "get": operation(
            "isAlive",
            "health",
            "The process lives",
            "Nothing else is asked.",
            {
                "200": content("It lives", "Health"),
                "400": content("The request cannot be read", "Problem", PROBLEM),
            },
        )
    },
    "/readyz": {
        "get": operation(
            "isReady",
            "health",
            "An application sent now would be accepted",
            "Redis answers.",
            {
                "200": content("It would", "Health"),
                "400": content("The request cannot be read", "Problem", PROBLEM),
                "503": content("It would not", "Health", Retry_After="Seconds to wait"),
            },
        )
    },
}
