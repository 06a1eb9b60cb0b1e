"""The principal reasons of a score, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditrisk.application import FIELDS
from scoring.features import Matrix

_LEAST = 0.001
"""A contribution below this is no reason."""


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
    same reasons.
    """
    amounts = contributions.tolist()
    ranked = sorted(range(len(amounts)), key=amounts.__getitem__, reverse=declined)[:most]
    verb = "raises the risk" if declined else "lowers the risk"
    return tuple(
        Reason(fields[place], amounts[place], _sentence(fields[place], application, verb))
        for place in ranked
        if (amounts[place] if declined else -amounts[place]) >= _LEAST
    )


def _sentence(name: str, application: Mapping[str, Any], verb: str) -> str:
    return f"{FIELDS[name].label} ({_said(name, application.get(name))}) {verb}"
