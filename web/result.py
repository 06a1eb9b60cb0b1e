"""What the pages show of a decided application, in words and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from creditrisk.application import FIELDS, SECTIONS, Field, Role
from creditrisk.decision import Answer, Change, Decision, Reason, declines
from creditrisk.portfolio import in_force
from creditrisk.portfolio.definition import Lender
from creditrisk.portfolio.kinds import Text
from creditrisk.reviews import Review
from creditrisk.standing import Standing
from web import formats, wording, words
from web.language import gettext as _

NEAR = 1.5
"""Odds that differ by less are told as "just" on one side of the line."""


@dataclass(frozen=True)
class Bar:
    """A reason as the pages show it: what was asked, what was answered, and its share of the strongest one in percent."""

    label: str
    value: str
    raises: bool
    length: float


@dataclass(frozen=True)
class Result:
    """A decided application, in words and figures."""

    answer: Answer
    decision: Decision
    standing: Standing | None = None
    """Where its probability stands, for the clerk."""
    reviews: Sequence[Review] = ()
    """What became of it where a person was to look at it, the earliest first."""

    @property
    def lender(self) -> Lender:
        """Who decided, and where to turn to; empty where the portfolio does not tell."""
        return words.lender()

    @property
    def verdict(self) -> str:
        """ "approved", "declined" or "referred": what holds now, a person's decision before a program's."""
        return next(
            (each.decision for each in reversed(self.reviews) if each.decision), self.decision.decision
        )

    @property
    def by_person(self) -> Review | None:
        """The review that decided last; None while the program's decision holds."""
        return next((each for each in reversed(self.reviews) if not each.open), None)

    @property
    def overturned(self) -> bool:
        """Whether a person decided otherwise than the program: its reasons are told no more."""
        return self.verdict != self.decision.decision and self.decision.decision != "referred"

    @property
    def may_ask(self) -> bool:
        """Whether the page offers a review: of a decline, while none is under way."""
        waits = bool(self.reviews) and self.reviews[-1].open
        return not waits and self.verdict == "declined"

    @property
    def review_until(self) -> str:
        """Until when a person decides, as a day in words; empty where nobody is to, or no law sets a day."""
        if self.reviews and self.reviews[-1].open:
            last = self.reviews[-1].deadline
        elif self.verdict == "referred" and (days := in_force.profile().review_days):
            decided = datetime.fromisoformat(self.decision.scored_at)
            last = f"{decided + timedelta(days=days.amount):%Y-%m-%d}"
        else:
            last = ""
        return formats.long_day(last) if last else ""

    @property
    def told_of_reviews(self) -> list[str]:
        """What became of each review, in a sentence or two."""
        return [self._told_of(review) for review in self.reviews]

    def _told_of(self, review: Review) -> str:
        if review.open:
            asked = _(
                "You asked on %(day)s that a person review this decision.",
                day=formats.long_day(review.asked_at),
            )
            if not self.review_until:
                return asked
            return f"{asked} " + _("You will have an answer by %(day)s, on this page.", day=self.review_until)
        day = formats.long_day(review.decided_at)
        if review.decision == "approved":
            return _(
                "A person reviewed it on %(day)s and approved it: %(reason)s", day=day, reason=review.reason
            )
        return _("A person reviewed it on %(day)s and declined it: %(reason)s", day=day, reason=review.reason)

    @property
    def probability(self) -> str:
        return wording.probability(self.decision)

    @property
    def threshold(self) -> str:
        return wording.threshold(self.decision)

    @property
    def ends(self) -> tuple[str, str]:
        """Where the scale of the probability begins and ends."""
        return formats.percent(0, None), formats.percent(1, None)

    @property
    def place(self) -> float:
        """Where the application lies on a plain scale from 0 (surely declined) to 100 (surely approved), with the line
        between in the middle, whatever the threshold."""
        p, line = self.decision.probability, self.decision.threshold
        if p < line:
            return round(50 + 50 * (1 - p / line), 1)
        return round(50 * (1 - p) / (1 - line), 1) if line < 1 else 50.0

    @property
    def distance(self) -> str:
        """How far from the line it lies, for words: "far above", "above", "below" or "far below" what is approved; near is
        within a factor of NEAR in the odds of a default."""
        p, line = (
            min(max(share, 1e-9), 1 - 1e-9) for share in (self.decision.probability, self.decision.threshold)
        )
        near = max(p / (1 - p), line / (1 - line)) < NEAR * min(p / (1 - p), line / (1 - line))
        side = "below" if declines(self.decision.probability, self.decision.threshold) else "above"
        return side if near else f"far {side}"

    @property
    def rule_reason(self) -> str:
        """The reason of a rule that decided before the score; empty when none did."""
        return words.reason_of(self.decision.rule)

    @property
    def policy(self) -> str:
        """The policy's version; empty in records of earlier versions."""
        return self.decision.policy

    @property
    def corrects(self) -> str:
        """The id of the application that this one corrects; empty when it is none."""
        return self.answer.corrects

    @property
    def standing_share(self) -> str:
        return formats.percent(self.standing.percentile / 100, 0) if self.standing else ""

    @property
    def standing_among(self) -> str:
        return formats.number(self.standing.among) if self.standing else ""

    @property
    def name(self) -> str:
        """The applicant's name, if this portfolio asks for one."""
        return next((value for field, value in self._identity if _is_name(field)), "")

    @property
    def known_by(self) -> list[tuple[str, str]]:
        """What else tells who the applicant is: label and value."""
        return [(words.label(field), value) for field, value in self._identity if not _is_name(field)]

    @property
    def _identity(self) -> list[tuple[Field, str]]:
        told = self.answer.application
        return [
            (field, words.shown(field, value))
            for name, field in FIELDS.items()
            if field.role is Role.IDENTITY and (value := told.get(name)) is not None
        ]

    @property
    def received_day(self) -> str:
        return formats.long_day(self.answer.received_at)

    @property
    def decided_day(self) -> str:
        """When what holds now was decided."""
        return formats.long_day(self.by_person.decided_at if self.by_person else self.decision.scored_at)

    @property
    def received(self) -> str:
        return formats.moment(self.answer.received_at)

    @property
    def scored_at(self) -> str:
        return formats.moment(self.decision.scored_at)

    @property
    def seconds(self) -> str:
        """How long it took from acceptance to decision; empty where that was longer than a day, as of a record that was
        brought in."""
        began, ended = (
            datetime.fromisoformat(each) for each in (self.answer.received_at, self.decision.scored_at)
        )
        seconds = (ended - began).total_seconds()
        if not 0 <= seconds < 86_400:
            return ""
        return wording.duration(seconds)

    @property
    def reasons(self) -> list[Bar]:
        """The principal reasons, strongest first as the scorer gave them, none of which rests on a question that was left
        open: records of earlier versions have such."""
        told = [
            reason
            for reason in self.decision.reasons
            if reason.value is not None or reason.field in self.decision.unknown
        ]
        strongest = max((abs(reason.contribution) for reason in told), default=0) or 1
        return [self._bar(reason, strongest) for reason in told]

    def _bar(self, reason: Reason, strongest: float) -> Bar:
        value = _("new to the model") if reason.field in self.decision.unknown else _shown(reason)
        length = round(abs(reason.contribution) / strongest * 100, 1)
        return Bar(label(reason.field), value, reason.contribution > 0, length)

    @property
    def counterfactual(self) -> list[tuple[str, str]]:
        """With which answers it would have been approved, label and answer; empty when there is nothing to tell."""
        return [(label(change.field), _shown(change)) for change in self.decision.counterfactual]

    @property
    def unknown(self) -> list[str]:
        """The labels of the fields whose value the model had never seen."""
        return [label(name) for name in self.decision.unknown]

    @property
    def unknown_joined(self) -> str:
        return formats.joined(self.unknown)

    @property
    def application(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What was assessed: section heading → label and value of each field."""
        return [
            (
                words.heading(key, heading),
                [
                    (words.label(field), wording.value(field, self.answer.application.get(name)))
                    for name, field in FIELDS.items()
                    if field.section == key
                ],
            )
            for key, heading in SECTIONS.items()
        ]


def label(name: str) -> str:
    """A field's label; its name, when it is one of another version."""
    return words.label(FIELDS[name]) if name in FIELDS else name


def _shown(told: Reason | Change) -> str:
    """The value that a reason or a change names, as a person reads it."""
    if told.field not in FIELDS:
        return "" if told.value is None else str(told.value)
    return wording.value(FIELDS[told.field], told.value)


def _is_name(field: Field) -> bool:
    """Whether a field holds a person's name."""
    return isinstance(field.kind, Text) and field.kind.name
