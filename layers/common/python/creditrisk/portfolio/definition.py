"""A portfolio: what one lender asks, of whom, and what may be scored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from creditrisk.portfolio.field import Field

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Lender(NamedTuple):
    """Who decides, where an applicant can turn to, the postal address, and the authority that supervises; empty where the
    definition does not tell."""

    name: str = ""
    contact: str = ""
    address: str = ""
    supervisor: str = ""


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


class FieldWords(NamedTuple):
    """What a field is called in another language; empty where the definition's own word stays. `levels` are value → words:
    None where nothing is said of them, empty where they are names, which stay what they are."""

    title: str = ""
    description: str = ""
    unit: str = ""
    levels: Mapping[str, str] | None = None


class Words(NamedTuple):
    """A portfolio in another language; empty where the definition's own words stay. `sections` are key → heading,
    `questions` key → question; `rules` are those of a policy, name → reason."""

    title: str = ""
    description: str = ""
    lender: Lender = Lender()
    sections: Mapping[str, str] = _NOTHING
    questions: Mapping[str, str] = _NOTHING
    rules: Mapping[str, str] = _NOTHING
    fields: Mapping[str, FieldWords] = _NOTHING


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
    questions: Mapping[str, str] = _NOTHING
    suggestions: Mapping[str, Sequence[str]] = _NOTHING
    words: Mapping[str, Words] = _NOTHING


class Portfolio(_Said):
    """One lender's portfolio, as its definition says it.

    `fields` are in the order in which the history records them, `sections` in that of the form (key → heading).
    `features` is the definition's table as it stands: `scoring.features` reads it. `suggestions` are lists of places.
    `questions` tells of a section as what its yes-or-no fields are asked together (key → question).
    `words` are those of other languages, by their tags; of a language that is not there, `language` has them all.
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
