"""The decision as a letter: who writes to whom, what was decided and why, and what the addressee may do.

It is data, from which a page (templates/letter.html) and a PDF (web.pdf) are made.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from creditrisk.clock import timestamp
from creditrisk.portfolio.definition import Lender
from web import formats, rights
from web.language import gettext as _
from web.result import Result


class Part(NamedTuple):
    """A part of the letter: a heading, which may be empty, what stands under it, and a list."""

    heading: str = ""
    paragraphs: Sequence[str] = ()
    points: Sequence[str] = ()


class Letter(NamedTuple):
    """A letter, in the order in which it is read."""

    lender: Lender
    sender: str
    addressee: Sequence[str]
    day: str
    reference: str
    subject: str
    greeting: str
    parts: Sequence[Part]
    closing: str
    note: str


def letter(result: Result, can_write: Callable[[str], bool] = bool) -> Letter:
    """The letter that tells a decision. A name that cannot be written where it goes is not named: the identity number tells
    whom it is for."""
    lender = result.lender
    name = result.name if can_write(result.name) else ""
    return Letter(
        lender,
        lender.name or _("[Name of the lender]"),
        [name or _("The applicant"), *(f"{label}: {value}" for label, value in result.known_by)],
        formats.long_day(timestamp()),
        result.answer.id,
        _("Your application of %(day)s", day=result.received_day),
        _("Dear %(name)s,", name=name) if name else _("Dear applicant,"),
        [part for part in _parts(result) if part.paragraphs or part.points],
        _("Yours sincerely,"),
        _("This letter was made by a computer and is valid without a signature."),
    )


def _parts(result: Result) -> list[Part]:
    match result.verdict:
        case "approved":
            return [Part(paragraphs=_approved(result)), _contact(result)]
        case "declined":
            why = [] if result.overturned else _why(result)
            return [Part(paragraphs=_declined(result)), *why, _rights(result), _contact(result)]
        case _:
            return [Part(paragraphs=_referred(result)), _contact(result)]


def _approved(result: Result) -> list[str]:
    thanks = _(
        "Thank you for your application. We are glad to tell you that we approved it on %(day)s.",
        day=result.decided_day,
    )
    return [thanks, *_by_person(result), _("You will hear from us about what comes next.")]


def _declined(result: Result) -> list[str]:
    thanks = _(
        "Thank you for your application. We have looked at what you told us, and we are sorry that we cannot approve it."
    )
    made = _(
        "The decision was made on %(day)s by a computer program from your answers, without a person taking part.",
        day=result.decided_day,
    )
    return [thanks, *(_by_person(result) or [made])]


def _by_person(result: Result) -> list[str]:
    """That a person decided, and why; nothing while the program's decision holds."""
    return result.told_of_reviews[-1:] if result.by_person else []


def _referred(result: Result) -> list[str]:
    told = [
        _(
            "Thank you for your application. We do not leave this decision to a computer alone: a person will look at it."
        )
    ]
    if result.review_until:
        told.append(_("You will have our decision by %(day)s.", day=result.review_until))
    return told


def _why(result: Result) -> list[Part]:
    reasons = [
        _("%(label)s (your answer: %(value)s)", label=each.label, value=each.value) for each in result.reasons
    ]
    changes = [f"{label}: {value}" for label, value in result.counterfactual]
    return [
        Part(_("Our principal reasons"), [result.rule_reason] if result.rule_reason else [], reasons),
        Part(
            _("What would have changed the decision"),
            [_("All other answers being the same, we would have approved the application with:")]
            if changes
            else [],
            changes,
        ),
    ]


def _rights(result: Result) -> Part:
    return Part(_("Your rights"), [], rights.sentences(result.lender))


def _contact(result: Result) -> Part:
    contact = result.lender.contact
    return Part("", [_("You can reach us here: %(contact)s", contact=contact)] if contact else [])
