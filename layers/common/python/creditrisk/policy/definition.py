"""What a policy says. `creditrisk.decision` decides by it; `creditrisk.policy.reading` reads one from a file."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from creditrisk.portfolio.kinds import Value

Verdict = Literal["approved", "declined", "referred"]
"""A referred application waits for a person, who approves or declines it: see `creditrisk.reviews`."""


class Condition(NamedTuple):
    """One thing that a rule asks of a field's canonical value: to be among `among`, not to be, to lie below a number or
    from it on, or not to be given. A value that is not given meets `missing` alone."""

    field: str
    test: str
    among: frozenset[str] = frozenset()
    number: float = 0.0

    def holds(self, application: Mapping[str, Value]) -> bool:
        """Whether an application meets it. Text that stands where a number is expected meets nothing."""
        value = application.get(self.field)
        if value is None or self.test == "missing":
            return value is None and self.test == "missing"
        if self.test in ("is", "isNot"):
            return (str(value) in self.among) == (self.test == "is")
        if isinstance(value, str):
            return False
        return value < self.number if self.test == "below" else value >= self.number


class Rule(NamedTuple):
    """A rule that comes before the score: an application that meets all of `when` is declined, or referred to a person, for
    this `reason` in words."""

    name: str
    decision: Literal["declined", "referred"]
    reason: str
    when: tuple[Condition, ...]

    def __str__(self) -> str:
        """As it is recorded."""
        return f"{self.name}: {self.reason}"

    def holds(self, application: Mapping[str, Value]) -> bool:
        """Whether it decides on an application."""
        return all(condition.holds(application) for condition in self.when)


class Exploration(NamedTuple):
    """Of those whom the score declines, which ones are accepted at random, so that what becomes of the declined is known:
    a `share` of those below `up_to`, but no more than `budget` a day (UTC)."""

    share: float
    budget: int
    up_to: float = 1.0


class Worth(NamedTuple):
    """What an outcome is worth to the lender, in the portfolio's currency: of an approved application that was paid back
    (`good`) and of one that was not (`bad`, below 0), and what a person's review costs (`referral`, at most 0)."""

    good: float
    bad: float
    referral: float = 0.0


class Policy(NamedTuple):
    """What an application's score leads to: declined from the probability `decline_from` on, referred to a person from
    `refer_from` on, approved below both. `rules` come before, the first that holds decides. `version` is the name with a
    digest of all that the policy says."""

    version: str
    decline_from: float
    refer_from: float | None = None
    rules: tuple[Rule, ...] = ()
    exploration: Exploration | None = None
    worth: Worth | None = None

    @property
    def approve_below(self) -> float:
        """The probability below which an application is approved at once."""
        return self.decline_from if self.refer_from is None else self.refer_from

    def rule_for(self, application: Mapping[str, Value]) -> Rule | None:
        """The rule that decides on an application before its score; None when the score does."""
        return next((rule for rule in self.rules if rule.holds(application)), None)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that its rules ask for."""
        return tuple(dict.fromkeys(condition.field for rule in self.rules for condition in rule.when))


def simplest(threshold: float) -> Policy:
    """The policy that declines from a threshold on, and says nothing else."""
    return Policy(f"threshold {threshold!r}", threshold)
