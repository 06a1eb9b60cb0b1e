"""The JSON Schemas of what the API takes and gives, made from the fields themselves."""

from typing import Any

from creditrisk.application import FIELDS, Field
from creditrisk.portfolio.kinds import Choice, Day, Digits, Zip3
from web.predict import IDENTITY

Schema = dict[str, Any]


def of_applicant(field: Field) -> str:
    """What is said of a member that repeats who the applicant is."""
    return f"The applicant's: {field.label}"


def schema_of(field: Field) -> Schema:
    """JSON Schema of one field, in its canonical spelling and value; of a flag, in all its spellings."""
    schema: Schema = {"title": field.label}
    if said := " ".join(filter(None, (field.help, _unit(field)))):
        schema["description"] = said
    null = [None] if field.missing else []
    if isinstance(field.kind, Choice):
        some = flag_spellings(field) if is_flag(field) else field.choices
        return schema | _one_of([*some, *null])
    if isinstance(field.kind, Zip3):  # 010 is no number of JSON's
        return (
            schema | _either(["string", "integer"], null) | {"pattern": "^([0-9]{1,3}|[0-9]{5}-?[0-9]{3})$"}
        )
    if field.limits:
        whole = field.is_whole or not field.is_number
        schema |= _either(["integer" if whole else "number"], null)
        schema["minimum"], schema["maximum"] = field.limits
        return schema
    schema |= _either(["string"], null)
    if isinstance(field.kind, Digits):
        schema["pattern"] = f"^[0-9]{{{field.kind.shortest},{field.kind.longest}}}$"
    elif isinstance(field.kind, Day):
        schema["format"] = "date"
    elif field.longest:
        schema |= {"minLength": 0 if field.missing else 1, "maxLength": field.longest}
    return schema


_TYPES = {str: "string", bool: "boolean", int: "integer", type(None): "null"}


def _one_of(values: list[Any]) -> Schema:
    """One of these values: each kind by itself where there are several, since few generators of clients know mixed ones."""
    kinds: dict[str, list[Any]] = {}
    for value in values:
        kinds.setdefault(_TYPES[type(value)], []).append(value)
    apart: list[Schema] = [
        {"type": kind} if kind in ("boolean", "null") else {"type": kind, "enum": some}
        for kind, some in kinds.items()
    ]
    if len(apart) > 2:
        return {"anyOf": apart}
    return {"type": list(kinds) if len(kinds) > 1 else next(iter(kinds)), "enum": values}


def _either(types: list[str], null: list[None]) -> Schema:
    """One type as JSON Schema writes it, or several."""
    some = [*types, *["null"] * len(null)]
    return {"type": some if len(some) > 1 else some[0]}


def _unit(field: Field) -> str:
    """What a number is counted in, as a sentence."""
    return f"In {field.unit}." if field.unit and field.is_number else ""


FLAG_SPELLINGS = ("Y", "N", "yes", "no", "true", "false", "1", "0", True, False, 1, 0)
"""How yes and no may be written wherever a portfolio does not say otherwise, text in any letter case; an answer is
recorded as the training data have it."""


def flag_spellings(field: Field) -> tuple[str | bool | int, ...]:
    """How an answer to a yes/no field may be written: as it is stored, and in all the usual ways."""
    return *[value for value in field.choices if value not in FLAG_SPELLINGS], *FLAG_SPELLINGS


def is_flag(field: Field) -> bool:
    """Whether a field asks for yes or no."""
    return isinstance(field.kind, Choice) and "TRUE" in field.kind.spellings


def _application(by_form_name: bool) -> Schema:
    def name_of(field: Field) -> str:
        return field.form_name if by_form_name else field.name

    return {
        "type": "object",
        "description": "An application under the "
        + ("names of the form." if by_form_name else "names that the history has as columns."),
        "additionalProperties": False,
        "required": [name_of(field) for field in FIELDS.values() if not field.missing],
        "properties": {name_of(field): schema_of(field) for field in FIELDS.values()},
    }


def _object(description: str, properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_ID = {"type": "string", "format": "uuid"}
_TIME = {"type": "string", "format": "date-time"}
_STATUS = {"type": "string", "enum": ["pending", "decided", "failed"]}
_BIT = {"type": "integer", "enum": [0, 1], "description": "1: bad client"}
_ERRORS = {
    "type": "object",
    "description": "Field → what is wrong with it",
    "additionalProperties": {"type": "string"},
}

_DECISION = {
    "probability": {**_SHARE, "description": "Of default"},
    "prediction": _BIT,
    "decision": {
        "type": "string",
        "enum": ["approved", "declined", "referred"],
        "description": "`referred`: a person decides; `next` says what happens then",
    },
    "threshold": {**_SHARE, "description": "From which the policy declines"},
    "policy": {"type": "string", "description": "The version of the policy that decided"},
    "rule": {
        "type": "string",
        "description": "Why a rule of the policy decided before the score, in words; empty when none did, and otherwise the only reason",
    },
    "model": {"type": "string"},
    "model_version": {"type": "string"},
    "scored_at": _TIME,
    "reasons": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Reason"},
        "description": "The strongest first",
    },
    "unknown": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Fields with a value new to the model; no reason names such a value",
    },
    "counterfactual": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Change"},
        "description": "The fewest answers with which a declined application would have been approved by the same model, "
        "all others staying the same; empty when it was approved, or none was found",
    },
}

_PREDICTION: Schema = {
    "Success": {"type": "boolean"},
    **{
        member: {
            "type": ["number" if field.is_number else "string", "null"],
            "description": of_applicant(field),
        }
        for member, field in IDENTITY.items()
    },
    "Prediction": {"type": ["integer", "null"], "enum": [0, 1, None], "description": "1: bad client"},
    "Prediction_score": {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 1,
        "description": "Of default, to four decimals",
    },
    "Message": {"type": "string", "description": "The decision, or why there is none"},
}

SCHEMAS: Schema = {
    "Application": _application(by_form_name=False),
    "FormApplication": _application(by_form_name=True),
    "Answer": _object(
        "How an application stands: the members of a decision are there once it is decided.",
        {
            "id": _ID,
            "status": _STATUS,
            "received_at": _TIME,
            "failure": {"type": "string", "description": "Why it could not be scored, when it failed"},
            "corrects": {**_ID, "description": "The application that this one corrects, when it does"},
            "next": {"type": "string", "description": "What happens next, when it is referred to a person"},
            **_DECISION,
        },
        optional=("failure", "corrects", "next", *_DECISION),
    ),
    "Reason": _object(
        "What moved the decision, as data: the sentence is the reader's.",
        {
            "field": {"type": "string"},
            "contribution": {"type": "number", "description": "In log-odds; above 0 raises the risk"},
            "value": {
                "type": ["string", "number", "null"],
                "description": "The field's value as it was assessed, without words; null when it was not given, or is "
                "new to the model, as `unknown` tells",
            },
        },
    ),
    "Change": _object(
        "An answer that would have been another one, as data: the sentence is the reader's.",
        {
            "field": {"type": "string"},
            "value": {"type": ["string", "number", "null"], "description": "What it would have been"},
        },
    ),
    "Review": _object(
        "A person's look at a decision, which stays as it was; empty texts for what is not there yet.",
        {
            "status": {"type": "string", "enum": ["open", "decided"]},
            "asked_at": {
                "type": "string",
                "description": "When somebody asked for it; empty when nobody did",
            },
            "words": {"type": "string", "description": "What the applicant said to it"},
            "deadline": {
                "type": "string",
                "description": "The last day (UTC) on which the law wants an answer",
            },
            "decision": {"type": "string", "enum": ["", "approved", "declined"]},
            "reason": {"type": "string", "description": "Why the person decided so"},
            "decided_at": {"type": "string", "description": "When"},
        },
    ),
    "Reviews": _object(
        "The reviews of an application, the earliest first.",
        {"reviews": {"type": "array", "items": {"$ref": "#/components/schemas/Review"}}},
    ),
    "Words": _object(
        "What the applicant wants to be heard.",
        {"words": {"type": "string", "maxLength": 2000}},
        optional=("words",),
    ),
    "Problem": _object(
        "What went wrong (RFC 9457); `code` never changes.",
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "errors": _ERRORS,
        },
        optional=("errors",),
    ),
    "Prediction": _object(
        "The decision, in the members that clients of the first system know, and the exact probability.",
        _PREDICTION | {"Probability": {**_SHARE, "description": "Of default, exactly"}, "id": _ID},
    ),
    "NoPrediction": _object(
        "The same members when there is no decision (yet): what is not known is null.",
        _PREDICTION | {"errors": _ERRORS, "id": _ID, "status": _STATUS},
        optional=("errors", "id", "status"),
    ),
    "Health": _object(
        "Whether it lives, or can accept applications.",
        {
            "status": {"type": "string", "enum": ["ok", "ready", "unavailable"]},
            "reason": {"type": "string"},
            "warning": {"type": "string"},
        },
        optional=("reason", "warning"),
    ),
}
