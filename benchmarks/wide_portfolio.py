"""A made-up portfolio far larger than any that ships: what reading a definition costs shows there."""

import json
from pathlib import Path
from typing import Any

from creditrisk.portfolio.reading import COMPILED

FIELDS = 300
LEVELS = 2_000
_CHOICES = 100
"""Fields with levels, which share them out evenly."""


def write(folder: Path) -> Path:
    """A folder with a definition of FIELDS fields, a third of them choices with LEVELS levels in all, as packages carry it."""
    folder.mkdir(parents=True)
    (folder / COMPILED).write_text(json.dumps(_definition()), encoding="utf-8")
    return folder


def _definition() -> dict[str, Any]:
    return {
        "name": "wide",
        "currency": "EUR",
        "identity": ["NAME"],
        "target": {"column": "outcome", "bad": "bad"},
        "law": {"profile": "none"},
        "section": [{"name": f"part-{number}"} for number in range(10)],
        "field": [
            {"name": "NAME", "section": "part-0", "type": "string", "format": "name"},
            *map(_field, range(FIELDS - 1)),
        ],
    }


def _field(number: int) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": f"field_{number}",
        "title": f"Question number {number}",
        "section": f"part-{number % 10}",
    }
    if number < _CHOICES:
        each = LEVELS // _CHOICES
        words = {f"L{level}": f"Answer {level} to {number}" for level in range(each)}
        return field | {"type": "string", "levels": words, "constraints": {"required": True}}
    if number % 2:
        return field | {"type": "integer", "constraints": {"minimum": -12, "maximum": 600}}
    return field | {"type": "number", "format": "money"}
