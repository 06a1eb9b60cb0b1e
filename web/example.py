"""A made-up applicant of whatever portfolio is served, for the examples of the API's documentation."""

from creditrisk.application import FIELDS, Field, Value
from creditrisk.portfolio.kinds import Choice, Day, Digits, Text


def example() -> dict[str, Value]:
    """One application that is accepted: every field that must be given, and one that need not be."""
    needed = {name: _value(field) for name, field in FIELDS.items() if not field.missing}
    more = next((name for name, field in FIELDS.items() if field.missing and field.is_number), "")
    return needed | ({more: _value(FIELDS[more])} if more else {})


def _value(field: Field) -> Value:
    """A value of a field as a program would send it."""
    kind = field.kind
    if isinstance(kind, Choice):
        return next(iter(field.choices or kind.spellings.values()))
    if isinstance(kind, Digits):
        return "1234567890123456"[: max(kind.shortest, min(9, kind.longest))]
    if isinstance(kind, Day):
        return "1990-02-28"
    if isinstance(kind, Text):
        return ("Ana Souza" if kind.name else "Guarulhos" if kind.place else "None")[: field.longest or None]
    least, most = field.limits or (0, 999)
    middle = least + (most - least) / 8 if most - least < 500 else max(least, min(most, 120))
    value = round(middle) if field.is_whole or not field.is_number else round(middle, 2)
    return value if field.is_number else str(value)
