"""Whether a model may serve under a law: what it breaks by the fields that it uses, crosses and encoded columns traced to
theirs."""

from collections.abc import Mapping, Sequence
from typing import Any

from creditrisk.application import FIELDS
from creditrisk.portfolio.elder import AgeFigures
from creditrisk.portfolio.law import Asked, Profile, breaches
from scoring.errors import UnlawfulModel

AGES = "ages"
"""The manifest's figures by age: model → `AgeFigures`, written by training."""


def check(
    name: str,
    used: Mapping[str, Sequence[str]],
    facts: Mapping[str, Any],
    profile: Profile,
    fields: Mapping[str, Asked] | None = None,
) -> None:
    """Raises UnlawfulModel, naming every field, when the model `name` breaks the profile. `used` are the fields that it
    uses → the columns that they are part of; `facts` is its manifest; `fields` are the portfolio's when not given."""
    ages = facts.get(AGES)
    figures = AgeFigures.from_dict(ages.get(name)) if isinstance(ages, Mapping) else None
    broken = breaches(profile, used, FIELDS if fields is None else fields, figures)
    if broken:
        told = "; ".join(breach.sentence for breach in broken)
        raise UnlawfulModel(
            f"The model {name} breaks the law profile {profile.name}, and scores nothing: {told}."
        )
