"""What the API's documentation shows: it is made from the OpenAPI description, so that the two cannot differ."""

import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

from web.example import example
from web.openapi import document
from web.problems import PROBLEMS
from web.schemas import Schema

_TOLD = ("api", "predict", "health")
"""Tags of what is for programs; pages are for people."""


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
            (tag["description"], list(operations(described, tag["name"])))
            for tag in described["tags"]
            if tag["name"] in _TOLD
        ],
        "schemas": {
            name: (schema["description"], members(schema))
            for name, schema in schemas.items()
            if name != "FormApplication"
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
                    f"{each['description']} ({each['in']})",
                )
                for each in told.get("parameters", ())
            ]
            responses = [
                (status, response["description"], _held(response))
                for status, response in told["responses"].items()
            ]
            takes = "Application" if "requestBody" in told else ""
            yield Operation(
                told["operationId"],
                method.upper(),
                path,
                told["summary"],
                told["description"],
                parameters,
                takes,
                responses,
            )


def members(schema: Schema) -> list[Member]:
    """The members of an object."""
    needed = set(schema.get("required", ()))
    return [
        Member(name, _type(each), name in needed, _help(each))
        for name, each in schema.get("properties", {}).items()
    ]


def _held(response: Schema) -> str:
    for content in response.get("content", {}).values():
        reference: str = content["schema"].get("$ref", "")
        return reference.rpartition("/")[2]
    return ""


def _type(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind: Any = schema.get("type", "any")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    if kinds == ["array"]:
        return f"array of {_type(schema['items'])}"
    return " or ".join(kinds)


def _help(schema: Schema) -> str:
    """What a member is, and what it may be."""
    told = [schema.get("title", ""), schema.get("description", "")]
    enums = [value for each in schema.get("anyOf", [schema]) for value in each.get("enum", ())]
    if enums:
        told.append("One of " + ", ".join(json.dumps(each, ensure_ascii=False) for each in enums) + ".")
    if "minimum" in schema and schema.get("title"):
        told.append(f"From {schema['minimum']:g} to {schema['maximum']:g}.")
    if "maxLength" in schema:
        told.append(f"At most {schema['maxLength']} characters.")
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
