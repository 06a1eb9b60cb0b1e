"""The principal reasons of a score, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditrisk.application import FIELDS
from scoring.features import Matrix


@dataclass(frozen=True)
class Reason:
    """One field's part in a score: `contribution` in log-odds relative to the baseline, above 0 raising the risk."""

    field: str
    contribution: float
    text: str


def _said(name: str, value: Any) -> str:
    """What the applicant gave, as the form shows it."""
    field = FIELDS[name]
    if value is None:
        return "not given"
    shown = field.choices.get(str(value), str(value))
    return f"{field.unit} {shown}" if field.unit == "R$" else f"{shown} {field.unit}".strip()


def principal(
    fields: Sequence[str], contributions: Matrix, application: Mapping[str, Any], most: int, declined: bool
) -> tuple[Reason, ...]:
    """Up to `most` reasons: what raised the risk most when declined, what lowered it most when approved.

    `contributions` stand in the order of `fields`; equal ones keep that order, so that the same application has the
    same reasons. A contribution below a thousandth is none.
    """
    sign = 1.0 if declined else -1.0
    verb = "raises the risk" if declined else "lowers the risk"
    ranked = sorted(range(len(fields)), key=lambda place: -sign * contributions[place])[:most]
    return tuple(
        Reason(
            fields[place],
            float(contributions[place]),
            f"{FIELDS[fields[place]].label} ({_said(fields[place], application.get(fields[place]))}) {verb}",
        )
        for place in ranked
        if sign * contributions[place] >= 0.001
    )
