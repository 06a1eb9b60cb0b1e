"""What the result page shows of a decided application."""

from dataclasses import dataclass

from creditrisk.application import FIELDS, SECTIONS
from creditrisk.decision import Answer, Decision, Reason
from web import wording
from web.sentences import label, sentence


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
        return str(self.answer.application.get("FULL_NAME") or "")

    @property
    def dni(self) -> str:
        return str(self.answer.application.get("DNI") or "")

    @property
    def scored_at(self) -> str:
        return wording.moment(self.decision.scored_at)

    @property
    def reasons(self) -> list[Bar]:
        """The principal reasons, strongest first as the scorer gave them."""
        strongest = max((abs(reason.contribution) for reason in self.decision.reasons), default=0) or 1
        return [self._bar(reason, strongest) for reason in self.decision.reasons]

    def _bar(self, reason: Reason, strongest: float) -> Bar:
        length = round(abs(reason.contribution) / strongest * 100, 1)
        return Bar(sentence(reason, self.decision.unknown), reason.contribution, length)

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
