"""What a score means: the decision, its reasons, and the answer that an applicant gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

from creditrisk.application import Value

Verdict = Literal["approved", "declined"]


@dataclass(frozen=True)
class Reason:
    """One field's part in a score: `contribution` in log-odds (above 0 raises the risk), `text` in plain words."""

    field: str
    contribution: float
    text: str


class ScoreLike(Protocol):
    """What a scorer says of one application: see `scoring.Score`."""

    @property
    def probability(self) -> float: ...
    @property
    def reasons(self) -> Sequence[Any]: ...
    @property
    def unknown(self) -> Sequence[str]: ...
    @property
    def challenger(self) -> float | None: ...


@dataclass(frozen=True)
class Decision:
    """The credit decision on one application, as it is recorded and shown.

    `probability` is that of default, 0 to 1; `prediction` is 1 (bad) from `threshold` on; `reasons` are the principal
    ones first; `unknown` names the fields whose value the model had never seen.
    """

    probability: float
    prediction: int
    decision: Verdict
    threshold: float
    model: str
    model_version: str
    scored_at: str
    reasons: list[Reason] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    challenger: str | None = None
    challenger_probability: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON data."""
        return {**vars(self), "reasons": [vars(reason) for reason in self.reasons]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The decision back from `to_dict`'s data; raises TypeError or KeyError when it is none."""
        return cls(**{**data, "reasons": [Reason(**reason) for reason in data["reasons"]]})


def decide(
    score: ScoreLike,
    threshold: float,
    model: str,
    version: str,
    scored_at: str,
    challenger: str | None = None,
) -> Decision:
    """The decision that a score leads to: declined when the probability of default reaches the threshold."""
    declined = score.probability >= threshold
    return Decision(
        probability=score.probability,
        prediction=int(declined),
        decision="declined" if declined else "approved",
        threshold=threshold,
        model=model,
        model_version=version,
        scored_at=scored_at,
        reasons=[Reason(r.field, round(r.contribution, 6), r.text) for r in score.reasons],  # as recorded
        unknown=list(score.unknown),
        challenger=challenger,
        challenger_probability=score.challenger,
    )


@dataclass(frozen=True)
class Answer:
    """How an application stands. `failure` says why it could not be scored, when it could not."""

    id: str
    status: Literal["pending", "decided", "failed"]
    received_at: str
    application: Mapping[str, Value]
    decision: Decision | None = None
    failure: str | None = None
