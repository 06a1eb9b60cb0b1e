"""What a data scientist needs to know of the fields, as a table (docs/handover.md), and a script to start from."""

from pathlib import Path

from creditrisk.application import FIELDS, Field
from creditrisk.application.kinds import Choice, Code, Digits
from scoring.foreign import DECLARED

TEMPLATE = Path(__file__).with_name("template.py")
"""The script that `creditrisk model template` writes."""
_MOST = 30


def field_table() -> str:
    """Every field that a model may be given: its name, what the frame holds, its values, and whether it may be missing."""
    rows = ["| field | in the frame | values | may be missing |", "| --- | --- | --- | --- |"]
    for name in DECLARED:
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
