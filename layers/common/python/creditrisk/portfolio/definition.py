"""A portfolio: what one lender asks, of whom, and what may be scored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from creditrisk.portfolio.field import Field


class Lender(NamedTuple):
    """Who decides, and where an applicant can turn to; empty where the definition does not tell."""

    name: str = ""
    contact: str = ""


class Target(NamedTuple):
    """What became of an application: the `column` of a training file, the value in it that means a default, and after how
    many months without one an applicant counts as good."""

    column: str
    bad: str
    maturity_months: int = 12


class Law(NamedTuple):
    """The profile that the portfolio stands under (see `creditrisk.portfolio.law`), and for how many months records are
    kept when that is longer than the profile asks for."""

    profile: str
    keep_months: int | None = None


class Policy(NamedTuple):
    """The probability of default from which an application is declined."""

    decline_from: float = 0.5


class _Said(NamedTuple):
    """What a definition says; a tuple, since a dataclass of as many fields costs a cold start more than to read them."""

    name: str
    title: str
    description: str
    language: str
    currency: str
    identity: tuple[str, ...]
    missing_values: tuple[str, ...]
    lender: Lender
    target: Target
    law: Law
    policy: Policy
    sections: Mapping[str, str]
    fields: Mapping[str, Field]
    features: Mapping[str, Any]
    suggestions: Mapping[str, Sequence[str]] = MappingProxyType({})


class Portfolio(_Said):
    """One lender's portfolio, as its definition says it.

    `fields` are in the order in which the history records them, `sections` in that of the form (key → heading).
    `features` is the definition's table as it stands: `scoring.features` reads it. `suggestions` are lists of places.
    """

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with whatever a model depends on: what fields there are, how their values
        are read, what is predicted, of what the features are made. Words, order, law and policy are none of it."""
        import hashlib  # neither is needed to serve the form
        import json

        fields = [
            [name, type(field.kind).__name__, _plain(asdict(field.kind)), field.missing, field.role]  # type: ignore[call-overload]
            for name, field in sorted(self.fields.items())
        ]
        said = [fields, sorted(self.missing_values), self.target.column, self.target.bad, self.features]
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(kind: dict[str, Any]) -> dict[str, Any]:
    """A kind's parameters as JSON data; of levels the values, not their words."""
    plain = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in kind.items()}
    plain.pop("known", None)
    if "offered" in plain:
        plain["offered"] = list(plain["offered"])
    return plain
