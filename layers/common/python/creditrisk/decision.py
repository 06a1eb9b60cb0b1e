"""What a score means: the decision, its reasons, and the answer that an applicant gets."""

import json
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol, Self, overload

from creditrisk.application import Value
from creditrisk.errors import NotAProbability
from creditrisk.policy.definition import Policy, Verdict
from creditrisk.portfolio import in_force
from creditrisk.standing import Standing

if TYPE_CHECKING:  # the form has no numpy
    from numpy import bool_, float64
    from numpy.typing import NDArray


LEAST = 0.001
"""Log-odds: what contributes less is no reason."""
MOST_REASONS = 4
"""Reasons that a decision tells: more than four help nobody (official interpretation of Regulation B, 12 CFR 1002.9(b)(2))."""


class Reason(NamedTuple):
    """One field's part in a decision, as data: the sentence is made where somebody reads it.

    `contribution` is in log-odds, above 0 raising the risk. `value` is the field's canonical value: None when it was not
    given, and when it is among the decision's `unknown`, since the model knows nothing of such a value.
    """

    field: str
    contribution: float
    value: Value


class Change(NamedTuple):
    """One answer that would have been another, in what would have had an application approved."""

    field: str
    value: Value


class ScoreLike(Protocol):
    """What a scorer says of one application: see `scoring.Score`."""

    @property
    def probability(self) -> float: ...
    @property
    def contributions(self) -> Mapping[str, float]: ...
    @property
    def unknown(self) -> Sequence[str]: ...
    @property
    def challenger(self) -> float | None: ...


@dataclass  # a frozen one takes ten times as long to make, and every row of a file needs one
class Decision:
    """The credit decision on one application, as it is recorded and shown.

    `probability` is that of default, 0 to 1; `prediction` is 1 (bad) from `threshold` on; `reasons` are the principal
    ones first; `unknown` names the fields whose value the model had never seen. `counterfactual` holds the fewest answers
    that, had they been these, would have had a declined application approved by the same model; empty when it was
    approved, when none was found, and when nobody looked.

    `policy` is the policy's version. `rule` is the rule that decided before the score: its name, a colon and its reason in
    words; such a decision has no other reasons. `propensity` is the chance with which an application from the threshold on
    was to be accepted at random: 0 when the day's places were taken, None where the policy would not have accepted it so.
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
    counterfactual: list[Change] = field(default_factory=list)
    policy: str = ""
    propensity: float | None = None
    rule: str = ""

    @property
    def rule_reason(self) -> str:
        """Why the rule decided, in words; empty when none did."""
        return self.rule.partition(": ")[2]

    def to_dict(self) -> dict[str, Any]:
        """The decision as it travels in Redis, as JSON data.

        A reason's `text` is its value as JSON: forms of the versions before this one, beside which a scorer may run
        while a new version is rolled out, take these three names and no other.
        """
        reasons = [
            {"field": reason.field, "contribution": reason.contribution, "text": json.dumps(reason.value)}
            for reason in self.reasons
        ]
        changes = [change._asdict() for change in self.counterfactual]
        return {**vars(self), "reasons": reasons, "counterfactual": changes}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], application: Mapping[str, Value]) -> Self:
        """The decision on an `application` back from `to_dict`'s data: of this version, of an earlier one, which had a
        sentence in place of the value, or of one to come, which may tell more. Raises TypeError or KeyError when it is
        none."""
        unknown = data.get("unknown", ())
        reasons = [
            Reason(told["field"], told["contribution"], _value_in(told, application, unknown))
            for told in data["reasons"]
        ]
        changes = [Change(told["field"], told["value"]) for told in data.get("counterfactual", ())]
        ours = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**{**ours, "reasons": reasons, "counterfactual": changes})


def _value_in(told: Mapping[str, Any], application: Mapping[str, Value], unknown: Container[str]) -> Value:
    """A reason's value: the application's own, since a scorer of the version before that finds a record of this one
    answers with the value as if it were words; where the application lacks the field, what the answer tells."""
    if told["field"] in application:
        return value_told(told["field"], application, unknown)
    try:
        value = json.loads(told["text"])
    except ValueError:
        return None
    return value if isinstance(value, str | int | float) else None


def value_told(name: str, application: Mapping[str, Value], unknown: Container[str]) -> Value:
    """The value that a reason tells of a field: none that the model has not seen."""
    return None if name in unknown else application.get(name)


@overload
def declines(probability: float, threshold: float) -> bool: ...
@overload
def declines(probability: "NDArray[float64]", threshold: float) -> "NDArray[bool_]": ...
def declines(probability: Any, threshold: float) -> Any:
    """Whether a probability of default, or each of an array of them, leads to a decline: it reaches the threshold."""
    return probability >= threshold


class Ruling(NamedTuple):
    """What a policy says of one application; `rule` is the one that decided before the score, as it is recorded, and
    `propensity` the chance with which a declined one was to be accepted at random."""

    verdict: Verdict
    rule: str = ""
    propensity: float | None = None

    @property
    def accepted_at_random(self) -> bool:
        """Whether it would have been declined, had it not been drawn."""
        return self.verdict == "approved" and self.propensity is not None


_APPROVED: Final = Ruling("approved")
_DECLINED: Final = Ruling("declined")
_REFERRED: Final = Ruling("referred")


def ruling(
    policy: Policy, probability: float, application: Mapping[str, Value], application_id: str = ""
) -> Ruling:
    """What a policy says of an application with this probability of default.

    Who is accepted at random follows from the `application_id` alone: without one (a row of a file), nobody is.
    """
    if policy.rules and (rule := policy.rule_for(application)):
        return Ruling(rule.decision, str(rule))
    if declines(probability, policy.decline_from):
        explored = policy.exploration
        if explored and application_id and not (explored.up_to < 1 and declines(probability, explored.up_to)):
            accepted = draw(application_id) < explored.share
            return Ruling("approved" if accepted else "declined", propensity=explored.share)
        return _DECLINED
    if policy.refer_from is not None and declines(probability, policy.refer_from):
        return _REFERRED
    return _APPROVED


def draw(application_id: str) -> float:
    """A number from 0 to 1, 1 left out, that is as good as drawn at random, and always the same for one application."""
    return int.from_bytes(sha256(b"explore " + application_id.encode()).digest()[:7], "big") / (1 << 56)


def decide(
    score: ScoreLike,
    application: Mapping[str, Value],
    policy: Policy,
    model: str,
    version: str,
    scored_at: str,
    challenger: str | None = None,
    most: int = MOST_REASONS,
    counterfactual: Sequence[tuple[str, Value]] = (),
    untold: Container[str] | None = None,
    application_id: str = "",
) -> Decision:
    """The decision that the score of an application leads to by a policy, with up to `most` reasons, and never more than
    MOST_REASONS; `untold` are the fields that no reason may name, those that the law in force forbids when not given.
    `counterfactual` is what would have had a declined one approved. Where a rule decided, it is the only reason. Only who
    has an `application_id` may be accepted at random.

    This is the one place where an application's probability becomes a decision. `creditrisk.deciding` makes those of many
    rows of a file at once, and a test holds each of them against this one. Raises NotAProbability.
    """
    if not 0 <= score.probability <= 1:
        raise NotAProbability(f"The model {model} gave no probability; look at its version {version}.")
    verdict, rule, propensity = ruling(policy, score.probability, application, application_id)
    approved = verdict == "approved"
    unknown = score.unknown
    if untold is None:
        untold = in_force.untold()
    return Decision(
        score.probability,
        int(declines(score.probability, policy.decline_from)),
        verdict,
        policy.decline_from,
        model,
        version,
        scored_at,
        []
        if rule
        else [
            Reason(name, round(contribution, 6), value_told(name, application, unknown))  # as recorded
            for name, contribution in _principal(
                score.contributions,
                not approved,
                most,
                lambda name: _may_be_told(name, application, unknown, untold),
            )
        ],
        list(unknown),
        challenger,
        score.challenger,
        changes_told(counterfactual, application, policy) if verdict == "declined" and not rule else [],
        policy.version,
        propensity,
        rule,
    )


def changes_told(
    changes: Sequence[tuple[str, Value]], application: Mapping[str, Value], policy: Policy
) -> list[Change]:
    """What would have had an application approved; nothing when a rule would have stood against it then."""
    if policy.rules and policy.rule_for({**application, **dict(changes)}):
        return []
    return [Change(*change) for change in changes]


def _may_be_told(
    name: str, application: Mapping[str, Value], unknown: Container[str], untold: Container[str]
) -> bool:
    """Whether a reason may name a field: one of an answer that the applicant gave and the model knows. A gap is no answer,
    and of a value that it has not seen the model knows nothing that could be a reason."""
    return application.get(name) is not None and name not in unknown and name not in untold


def _principal(
    contributions: Mapping[str, float], declined: bool, most: int, may_be_told: Callable[[str], bool]
) -> list[tuple[str, float]]:
    """Up to `most` contributions that may be told: those that raised the risk most when declined, lowered it most when
    approved.

    Equal ones keep their order, so that the same application has the same reasons.
    """
    if declined:
        found = [item for item in contributions.items() if item[1] >= LEAST]
    else:
        found = [item for item in contributions.items() if item[1] <= -LEAST]
    found.sort(key=itemgetter(1), reverse=declined)
    return list(islice((item for item in found if may_be_told(item[0])), min(most, MOST_REASONS)))


@dataclass(frozen=True)
class Answer:
    """How an application stands. `failure` says why it could not be scored, when it could not; `corrects` is the id of the
    application that this one corrects, empty when it is none; `standing`, where its scorer told it: the record does not."""

    id: str
    status: Literal["pending", "decided", "failed"]
    received_at: str
    application: Mapping[str, Value]
    decision: Decision | None = None
    failure: str | None = None
    corrects: str = ""
    standing: Standing | None = None
