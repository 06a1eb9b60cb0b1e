"""The principal reasons of a score, in plain words."""

from collections.abc import Collection, Mapping, Sequence
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


NEW = "new to the model"
"""What is said in place of a value that the model has not seen: it knows nothing of it but that."""


def _said(name: str, value: Any, unknown: Collection[str]) -> str:
    """What the applicant gave, as the form shows it."""
    if name in unknown:
        return NEW
    return "not given" if value is None else FIELDS[name].shown(value)


def principal(
    fields: Sequence[str],
    contributions: Matrix,
    application: Mapping[str, Any],
    most: int,
    declined: bool,
    unknown: Collection[str] = (),
) -> tuple[Reason, ...]:
    """Up to `most` reasons: what raised the risk most when declined, what lowered it most when approved.

    `contributions` stand in the order of `fields`; equal ones keep that order, so that the same application has the
    same reasons. `unknown` are the fields whose value the model has not seen: a reason does not name it.
    """
    amounts = contributions.tolist()
    ranked = sorted(range(len(amounts)), key=amounts.__getitem__, reverse=declined)[:most]
    verb = "raises the risk" if declined else "lowers the risk"
    return tuple(
        Reason(fields[place], amounts[place], _sentence(fields[place], application, unknown, verb))
        for place in ranked
        if (amounts[place] if declined else -amounts[place]) >= _LEAST
    )


def _sentence(name: str, application: Mapping[str, Any], unknown: Collection[str], verb: str) -> str:
    return f"{FIELDS[name].label} ({_said(name, application.get(name), unknown)}) {verb}"
