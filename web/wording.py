"""The words and figures in which a decision and an application are shown."""

from typing import NamedTuple

from creditrisk.application import Field, Value
from creditrisk.decision import Decision, declines
from creditrisk.sentence import Sentence
from web import formats, words
from web.language import gettext as _
from web.sentences import said


class Verdict(NamedTuple):
    """What a decision says of the client, and of the product."""

    client: str
    product: str


VERDICTS = {
    "approved": Verdict("GOOD CLIENT", "PRODUCT APPROVED"),
    "declined": Verdict("BAD CLIENT", "PRODUCT DISAPPROVED"),
    "referred": Verdict("REFERRED", "A PERSON DECIDES"),
}
"""Decision → its verdict as the manual has it, for `/predict`: clients of the first system compare it with theirs."""

NOT_STATED = Sentence("Not stated")
"""What stands where a question was left open; `said` says it in the page's language."""


def what_happens_next() -> str:
    """What happens to a referred application."""
    return _(
        "A person looks at this application and decides. Nothing needs to be done or sent again; the lender tells the "
        "applicant what was decided."
    )


def duration(seconds: float) -> str:
    """How long something took, in a unit that suits it: "0.25 s", "3.2 s", "12 min"; no line breaks in it."""
    if seconds < 60:
        return f"{formats.number(seconds, 2 if seconds < 1 else 1)}\xa0s"
    return f"{formats.number(seconds / 60, 0)}\xa0min"


def probability(decision: Decision) -> str:
    """The probability of default in percent, with as many digits as it takes to stand on its own side of the
    threshold: 0.49996 beside a threshold of 50 % is not shown as 50.0 %."""
    for digits in range(1, 9):
        rounded = round(decision.probability, digits + 2)
        if declines(rounded, decision.threshold) == bool(decision.prediction):
            return formats.percent(decision.probability, digits)
    return formats.percent(decision.probability, 9)


def threshold(decision: Decision) -> str:
    """The threshold in percent, in as few digits as it has: "50 %", "12.5 %"."""
    return formats.percent(decision.threshold, digits=None)


def value(field: Field, stored: Value) -> str:
    """A field's canonical value as a person reads it."""
    return said(NOT_STATED) if stored is None else words.shown(field, stored)
