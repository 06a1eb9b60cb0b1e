"""What a data scientist needs to know of the fields, as a table (docs/handover.md), and a script to start from."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from creditrisk.application import FIELDS, Field
from creditrisk.portfolio import active
from creditrisk.portfolio.kinds import Choice, Code, Digits
from models.handover.lawful import usable

_TEMPLATE = Path(__file__).with_name("template.py")
_WIDTH = 110
"""Characters of a line of the script."""
_MOST = 30


def script() -> str:
    """The script that `creditrisk model template` writes: it trains on the active portfolio's quantities and levels, but for
    those that the law in force forbids. Raises UnusablePortfolio."""
    target, asked = active().target, [FIELDS[name] for name in usable() if FIELDS[name].asked]
    chosen = {
        "TARGET, BAD": f"{_quoted(target.column)}, {_quoted(target.bad)}",
        "GAPS: list[str]": _list(active().missing_values),
        "NUMBERS": _list([field.name for field in asked if field.is_number]),
        "CODES": _list([field.name for field in asked if isinstance(field.kind, Choice)]),
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in chosen.items():
        line = re.compile(rf"^{re.escape(name)} = [^#\n]*?(?=  #|$)", re.MULTILINE)
        before, after = line.split(text, maxsplit=1)
        text = f"{before}{name} = {value}{after}"
    return text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _list(names: Sequence[str]) -> str:
    """A list as Python writes it, on as many lines as it needs."""
    whole = f"[{', '.join(map(_quoted, names))}]"
    if len(whole) <= _WIDTH - 10:
        return whole
    lines = [""]
    for name in map(_quoted, names):
        if len(lines[-1]) + len(name) > _WIDTH - 5:
            lines.append("")
        lines[-1] += f" {name},"
    return "\n".join(["[", *(f"   {line}" for line in lines), "]"])


def field_table() -> str:
    """Every field that a model may use: its name, what the frame holds, its values, and whether it may be missing."""
    rows = ["| field | in the frame | values | may be missing |", "| --- | --- | --- | --- |"]
    for name in usable():
        field = FIELDS[name]
        rows.append(
            f"| `{name}` | {'number' if field.is_number else 'text'} | {_values(field)} | {'yes' if field.missing else ''} |"
        )
    return "\n".join(rows)


def _values(field: Field) -> str:
    kind = field.kind
    if isinstance(kind, Choice):
        values = [*kind.offered, *sorted(kind.legacy)]
        return ", ".join(values[:_MOST]) + (" …" if len(values) > _MOST else "")
    if isinstance(kind, Code):
        return f"a code, {kind.least} to {kind.most}, without leading zeros"
    if isinstance(kind, Digits):
        return f"{kind.shortest} to {kind.longest} digits"
    if field.limits:
        return f"{field.limits[0]} to {field.limits[1]:,} {field.unit}".strip()
    return "as typed"
