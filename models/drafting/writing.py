"""A definition as TOML, with what was guessed told beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any, Final

_WIDTH: Final = 110
_ORDER: Final = (
    "name", "title", "description", "section", "type", "format", "unit", "constraints", "trueValues", "falseValues",
    "spellings", "role", "askedOf", "asked", "protected", "changeable", "formName", "accepted",
)  # fmt: skip


@dataclass
class DraftField:
    """One `[[field]]` as it will stand: its keys, what is told above it, and how often each of its levels stands."""

    table: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        name: str = self.table["name"]
        return name


@dataclass(frozen=True)
class Draft:
    """A definition before it is written: the keys outside its fields in `head` (with the tables `target` and `law`), each
    with a remark in `remarks`, the sections, the fields, and what is told of columns that are none."""

    head: Mapping[str, Any]
    remarks: Mapping[str, str]
    opening: Sequence[str]
    sections: Mapping[str, str]
    fields: Sequence[DraftField]
    left_out: Sequence[str] = ()


def toml(draft: Draft) -> str:
    """The text of the definition."""
    lines = [line for text in draft.opening for line in _comment(text)]
    lines.append("")
    tables = {key: value for key, value in draft.head.items() if isinstance(value, Mapping)}
    for key, value in draft.head.items():
        if key not in tables:
            lines += [*_comment(draft.remarks.get(key, "")), f"{key} = {_value(value)}"]
    for key, table in tables.items():
        lines += ["", *_comment(draft.remarks.get(key, "")), f"[{key}]"]
        for inner, value in table.items():
            lines += [*_comment(draft.remarks.get(f"{key}.{inner}", "")), f"{inner} = {_value(value)}"]
    for key, heading in draft.sections.items():
        lines += ["", "[[section]]", f"name = {_value(key)}", f"title = {_value(heading)}"]
    for each in draft.fields:
        lines += ["", *_field(each)]
    for text in draft.left_out:
        lines += ["", *_comment(text)]
    return "\n".join(lines) + "\n"


def _field(draft: DraftField) -> list[str]:
    lines = [line for note in draft.notes for line in _comment(note)]
    lines.append("[[field]]")
    lines += [f"{key} = {_value(draft.table[key])}" for key in _ORDER if key in draft.table]
    if levels := draft.table.get("levels"):
        lines.append("[field.levels]")
        for value, words in levels.items():
            count = draft.counts.get(value)
            told = "" if count is None else f"  # {count:,} {'row' if count == 1 else 'rows'}"
            lines.append(f"{_value(value)} = {_value(words)}{told}")
    return lines


def _comment(text: str) -> list[str]:
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return [f"# {line}" for line in wrap(clean, _WIDTH, break_long_words=False, break_on_hyphens=False)]


def _value(value: Any) -> str:
    """A value as TOML writes it. JSON's texts are TOML's, but for the sign DEL and what lies outside the first plane."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").isalnum() else _value(key)
