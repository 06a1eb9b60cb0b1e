"""The JSON Schema of a definition, which editors use to complete it and to mark mistakes."""

from typing import Any

from creditrisk.portfolio.keys import PORTFOLIO, Key, Keys

SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12). It says no more than the keys do: what must agree between fields is checked when a
    definition is read."""
    return {"$schema": SCHEMA, "title": "The definition of a portfolio", **_table(PORTFOLIO)}


def _table(keys: Keys) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _value(key) for name, key in keys.items()},
        "required": [name for name, key in keys.items() if key.needed],
        "additionalProperties": False,
    }


def _value(key: Key) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string"}
    if key.among:
        text["enum"] = list(key.among)
    words = {"type": "object", "additionalProperties": {"type": "string"}}
    shapes: dict[str, dict[str, Any]] = {
        "text": text,
        "whole": {"type": "integer", "minimum": 1},
        "number": {"type": "number"},
        "truth": {"type": "boolean"},
        "texts": {"type": "array", "items": text},
        "words": words,
        "lists": {"type": "object", "additionalProperties": {"type": "array", "items": text}},
        "levels": {"oneOf": [words, {"type": "array", "items": text, "minItems": 1}]},
        "named": {"type": "object", "additionalProperties": _table(key.keys or {})},
        "table": _table(key.keys) if key.keys else {"type": "object"},
        "tables": {"type": "array", "minItems": 1, "items": _table(key.keys or {})},
    }
    return {"description": key.help, **shapes[key.kind]}
