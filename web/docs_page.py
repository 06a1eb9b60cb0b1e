"""What the API's documentation shows: it is made from the OpenAPI description, so that the two cannot differ.

The description is in English; here its texts are said in the page's language, and `texts` tells the catalogs what they are.
"""

import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

from creditrisk.application import FIELDS
from creditrisk.sentence import Sentence
from web import words
from web.example import example
from web.language import gettext as _
from web.openapi import document
from web.predict import IDENTITY
from web.problems import PROBLEMS
from web.schemas import Schema, of_applicant
from web.sentences import said

_TOLD = ("api", "predict", "health")
"""Tags of what is for programs; pages are for people."""
_UNTOLD = "FormApplication"
"""A schema that the page leaves out: the other one's fields under their other names."""
_PLACES = {"path": Sentence("in the address"), "header": Sentence("a header")}
"""Where a parameter stands."""


class Member(NamedTuple):
    """A member of a JSON object, a header or a part of an address."""

    name: str
    type: str
    needed: bool
    help: str


class Operation(NamedTuple):
    """One thing that can be asked of one address."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Member]
    takes: str
    responses: list[tuple[str, str, str]]
    """Status, when it is given, and the name of what it holds."""


def shown(prefix: str, root: str) -> dict[str, Any]:
    """What the page's template shows of the API that is served under `prefix`, with examples that call it at `root`."""
    described = document(prefix or "/")
    schemas = described["components"]["schemas"]
    return {
        "groups": [
            (_(tag["description"]), list(operations(described, tag["name"])))
            for tag in described["tags"]
            if tag["name"] in _TOLD
        ],
        "schemas": {
            name: (_(schema["description"]), members(schema))
            for name, schema in schemas.items()
            if name != _UNTOLD
        },
        "problems": PROBLEMS,
        "examples": examples(root),
        "example": json.dumps(example(), indent=2, ensure_ascii=False),
    }


def operations(described: Schema, tag: str) -> Iterator[Operation]:
    """What stands under a tag, in the order of the description."""
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            if tag not in told["tags"]:
                continue
            parameters = [
                Member(
                    each["name"],
                    _type(each["schema"]),
                    each["required"],
                    f"{_(each['description'])} ({said(_PLACES[each['in']])})",
                )
                for each in told.get("parameters", ())
            ]
            responses = [
                (status, _(response["description"]), _held(response))
                for status, response in told["responses"].items()
            ]
            takes = "Application" if "requestBody" in told else ""
            yield Operation(
                told["operationId"],
                method.upper(),
                path,
                _(told["summary"]),
                _(told["description"]),
                parameters,
                takes,
                responses,
            )


def texts() -> Iterator[str]:
    """Every text of the description that the page shows, but for the portfolio's own words."""
    described = document("/")
    for tag in described["tags"]:
        if tag["name"] in _TOLD:
            yield tag["description"]
    for methods in described["paths"].values():
        for told in methods.values():
            if not set(told["tags"]).isdisjoint(_TOLD):
                yield from (told["summary"], told["description"])
                yield from (each["description"] for each in told.get("parameters", ()))
                yield from (each["description"] for each in told["responses"].values())
    for name, schema in described["components"]["schemas"].items():
        if name != _UNTOLD:
            yield schema["description"]
            yield from (
                member["description"]
                for called, member in schema["properties"].items()
                if "description" in member and not _is_asked(member) and not _is_identity(called, member)
            )


def members(schema: Schema) -> list[Member]:
    """The members of an object."""
    needed = set(schema.get("required", ()))
    return [
        Member(name, _type(each), name in needed, _help(name, each))
        for name, each in schema.get("properties", {}).items()
    ]


def _held(response: Schema) -> str:
    for content in response.get("content", {}).values():
        reference: str = content["schema"].get("$ref", "")
        return reference.rpartition("/")[2]
    return ""


def _type(schema: Schema) -> str:
    if "anyOf" in schema:
        return _either([_type(each) for each in schema["anyOf"]])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind: Any = schema.get("type", "any")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    if kinds == ["array"]:
        return _("array of %(type)s", type=_type(schema["items"]))
    return _either(kinds)


def _either(kinds: list[str]) -> str:
    told = kinds[0]
    for other in kinds[1:]:
        told = _("%(one)s or %(other)s", one=told, other=other)
    return told


def _is_asked(schema: Schema) -> bool:
    """Whether a member is a field of the portfolio: these alone have a title, whatever they are called."""
    return "title" in schema


def _is_identity(name: str, schema: Schema) -> bool:
    """Whether a member of an answer tells who the applicant is."""
    return name in IDENTITY and schema.get("description") == of_applicant(IDENTITY[name])


def _what(name: str, schema: Schema) -> list[str]:
    """What a member is: a field in the portfolio's words, all else in the description's."""
    if _is_identity(name, schema):
        return [_("The applicant's: %(label)s", label=words.label(IDENTITY[name]))]
    if not _is_asked(schema):
        return [_(schema["description"])] if "description" in schema else []
    field = FIELDS[name]
    counted = field.unit and field.is_number
    return [
        words.label(field),
        words.help_of(field),
        _("In %(unit)s.", unit=words.unit(field)) if counted else "",
    ]


def _help(name: str, schema: Schema) -> str:
    """What a member is, and what it may be."""
    told = _what(name, schema)
    enums = [value for each in schema.get("anyOf", [schema]) for value in each.get("enum", ())]
    if enums:
        values = ", ".join(json.dumps(each, ensure_ascii=False) for each in enums)
        told.append(_("One of %(values)s.", values=values))
    if "minimum" in schema and schema.get("title"):
        least, most = (f"{schema[limit]:g}" for limit in ("minimum", "maximum"))
        told.append(_("From %(least)s to %(most)s.", least=least, most=most))
    if "maxLength" in schema:
        told.append(_("At most %(count)s characters.", count=schema["maxLength"]))
    return " ".join(f"{text.rstrip('.')}." for text in told if text)


def examples(root: str) -> dict[str, str]:
    """Ways to send one application and to look at its answer, each to be run as it stands."""
    body = json.dumps(example(), ensure_ascii=False)
    return {
        "curl": f"""curl --fail-with-body {root}/api/v1/applications \\
  --header 'Content-Type: application/json' \\
  --header 'Prefer: wait=10' \\
  --header 'Idempotency-Key: order-1' \\
  --data {shlex.quote(body)}""",
        "python": f"""import json
from urllib.request import Request, urlopen

application = {_python(example())}
request = Request(
    "{root}/api/v1/applications",
    json.dumps(application).encode(),
    {{"Content-Type": "application/json", "Prefer": "wait=10", "Idempotency-Key": "order-2"}},
)
with urlopen(request) as reply:
    answer = json.load(reply)
while answer["status"] == "pending":
    look = Request(f"{root}/api/v1/applications/{{answer['id']}}", headers={{"Prefer": "wait=10"}})
    with urlopen(look) as reply:
        answer = json.load(reply)
print(answer["decision"], answer["probability"])""",
        "predict": f"""curl --fail-with-body {root}/predict \\
  --header 'Content-Type: application/json' \\
  --data {shlex.quote(body)}""",
    }


def _python(values: dict[str, Any]) -> str:
    lines = "".join(f"    {json.dumps(name)}: {value!r},\n" for name, value in values.items())
    return f"{{\n{lines}}}"
