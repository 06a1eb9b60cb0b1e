"""What the result page shows of a decided application."""

from dataclasses import dataclass

from creditrisk.application import FIELDS, SECTIONS, Field, Role
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.portfolio.kinds import Text
from web import wording
from web.sentences import label, sentence, would_have_been_approved


@dataclass(frozen=True)
class Bar:
    """A reason with the length of its bar, in percent of the strongest reason's."""

    text: str
    contribution: float
    length: float

    @property
    def raises(self) -> bool:
        """Whether it raises the risk."""
        return self.contribution > 0

    @property
    def figure(self) -> str:
        return f"{self.contribution:+.2f}".replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True)
class Result:
    """A decided application, in words and figures."""

    answer: Answer
    decision: Decision

    @property
    def approved(self) -> bool:
        return self.decision.decision == "approved"

    @property
    def verdict(self) -> wording.Verdict:
        return wording.VERDICTS[self.decision.decision]

    @property
    def probability(self) -> str:
        return wording.probability(self.decision)

    @property
    def threshold(self) -> str:
        return wording.threshold(self.decision)

    @property
    def name(self) -> str:
        """The applicant's name, if this portfolio asks for one."""
        return next((value for field, value in self._identity if _is_name(field)), "")

    @property
    def known_by(self) -> list[tuple[str, str]]:
        """What else tells who the applicant is: label and value."""
        return [(field.label, value) for field, value in self._identity if not _is_name(field)]

    @property
    def _identity(self) -> list[tuple[Field, str]]:
        told = self.answer.application
        return [
            (field, field.shown(value))
            for name, field in FIELDS.items()
            if field.role is Role.IDENTITY and (value := told.get(name)) is not None
        ]

    @property
    def scored_at(self) -> str:
        return wording.moment(self.decision.scored_at)

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
        length = round(abs(reason.contribution) / strongest * 100, 1)
        return Bar(sentence(reason, self.decision.unknown), reason.contribution, length)

    @property
    def counterfactual(self) -> str:
        """With which answers it would have been approved; empty when there is nothing to tell."""
        return would_have_been_approved(self.decision.counterfactual)

    @property
    def unknown(self) -> list[str]:
        """The labels of the fields whose value the model had never seen."""
        return [label(name) for name in self.decision.unknown]

    @property
    def application(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What was assessed: section heading → label and value of each field."""
        return [
            (
                heading,
                [
                    (field.label, wording.value(field, self.answer.application.get(name)))
                    for name, field in FIELDS.items()
                    if field.section == key
                ],
            )
            for key, heading in SECTIONS.items()
        ]


def _is_name(field: Field) -> bool:
    """Whether a field holds a person's name."""
    return isinstance(field.kind, Text) and field.kind.name
