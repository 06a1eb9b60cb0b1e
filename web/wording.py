"""The words and figures in which a decision and an application are shown."""

from typing import NamedTuple

from creditrisk.application import Field, Value
from creditrisk.decision import Decision, declines


class Verdict(NamedTuple):
    """What a decision says of the client, and of the product."""

    client: str
    product: str


VERDICTS = {
    "approved": Verdict("GOOD CLIENT", "PRODUCT APPROVED"),
    "declined": Verdict("BAD CLIENT", "PRODUCT DISAPPROVED"),
}
"""Decision → its verdict: on the page with a dash between, in `/predict` with a hyphen."""

NOT_STATED = "Not stated"


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 in percent: 0.234 is "23.4 %"."""
    return f"{share * 100:.{digits}f} %"


def probability(decision: Decision) -> str:
    """The probability of default in percent, with as many digits as it takes to stand on its own side of the
    threshold: 0.49996 beside a threshold of 50 % is not shown as 50.0 %."""
    for digits in range(1, 9):
        rounded = round(decision.probability, digits + 2)
        if declines(rounded, decision.threshold) == bool(decision.prediction):
            return percent(decision.probability, digits)
    return percent(decision.probability, 9)


def threshold(decision: Decision) -> str:
    """The threshold in percent, in as few digits as it has: "50 %", "12.5 %"."""
    return f"{decision.threshold * 100:.6g} %"


def value(field: Field, stored: Value) -> str:
    """A field's canonical value as a person reads it."""
    return NOT_STATED if stored is None else field.shown(stored)


def moment(timestamp: str) -> str:
    """An ISO 8601 moment in UTC to the second, for reading: "2026-11-23 05:18:32 UTC"."""
    return f"{timestamp[:10]} {timestamp[11:19]} UTC"
