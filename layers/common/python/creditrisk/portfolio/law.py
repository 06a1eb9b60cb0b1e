"""What the law says of a lender's fields, by profile, as data: what no model may use, what no reason may name, and how long
records are kept. Each entry names its source; a lender's counsel has the last word (docs/law.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from creditrisk.portfolio.elder import ELDER, AgeFigures

GROUNDS: Final = (
    "sex",
    "marital status",
    "nationality",
    "place of birth",
    "origin",
    "race",
    "religion",
    "age",
    "partner",
    "health",
    "genetics",
    "orientation",
    "opinion",
    "public assistance",
)
"""Why a field may be protected."""


class Asked(Protocol):
    """What of a field the law looks at: see `creditrisk.portfolio.field.Field`."""

    @property
    def role(self) -> str: ...
    @property
    def protected(self) -> Sequence[str]: ...


class Duty(NamedTuple):
    """So many months or days, and who says so."""

    amount: int
    source: str


class Condition(NamedTuple):
    """Why a ground may be scored by, and what must hold then; with `elder`, that applicants of that age and older score at
    least as well as every other group."""

    source: str
    elder: int | None = None


class Right(NamedTuple):
    """What a letter tells an applicant of: which right (its words are the letter's), and who gives it."""

    key: str
    source: str


class Profile(NamedTuple):
    """One law. `never`: ground → the source that forbids to score by it, or to give it as a reason. `allowed`: ground → the
    condition under which it may stay. The duties are None where no source gives a number."""

    name: str
    title: str
    never: Mapping[str, str] = MappingProxyType({})
    allowed: Mapping[str, Condition] = MappingProxyType({})
    keep_months: Duty | None = None
    """For how many months, at least, an application and its decision are kept."""
    review_days: Duty | None = None
    """Within how many days who asks for a review of a decision is answered."""
    notice_days: Duty | None = None
    """Within how many days of a complete application a declined applicant is told, with the principal reasons."""
    rights: tuple[Right, ...] = ()
    """What a letter to a declined applicant says, in this order."""

    def forbids(self, grounds: Iterable[str]) -> str:
        """The first of these grounds that may never be scored by; empty when there is none."""
        return next((ground for ground in grounds if ground in self.never), "")


_7A = "Lei 12.414/2011 art. 7-A I"
_EXCESSIVE = "Lei 12.414/2011 art. 3 § 3 I and STJ Súmula 550 (excessive information)"
_B = "ECOA, 12 CFR 1002.6(b)"
_CCD = "Directive (EU) 2023/2225 art. 18(3)"
_GDPR = "Directive (EU) 2023/2225 art. 18(3) and GDPR art. 9(1)"

_BR: Final = Profile(
    "BR",
    "Brazil",
    never={
        "sex": _7A,
        "marital status": _EXCESSIVE,
        "nationality": f"{_7A} (ethnic origin)",
        "place of birth": f"{_7A} (social origin)",
        "origin": _7A,
        "race": _7A,
        "religion": _7A,
        "partner": "Lei 12.414/2011 art. 7-A II (data of others)",
        "health": _7A,
        "genetics": _7A,
        "orientation": "Lei 12.414/2011 art. 3 § 3 II",
        "opinion": _7A,
    },
    allowed={"age": Condition("Lei 12.414/2011 art. 7-A, which does not name it")},
    review_days=Duty(10, "Lei 12.414/2011 art. 5; the review itself: art. 5 VI and LGPD art. 20"),
    rights=(
        Right("review", "Lei 13.709/2018 (LGPD) art. 20; Lei 12.414/2011 art. 5 VI"),
        Right("criteria", "Lei 12.414/2011 art. 5 IV; LGPD art. 20 § 1"),
        Right("data", "LGPD art. 18 II, III"),
        Right("authority", "LGPD art. 18 § 1"),
    ),
)
_US: Final = Profile(
    "US",
    "United States",
    never={
        "sex": f"{_B}(9)",
        "marital status": f"{_B}(8)",
        "nationality": f"{_B}(9) (national origin)",
        "place of birth": f"{_B}(9) (national origin)",
        "origin": f"{_B}(9)",
        "race": f"{_B}(9)",
        "religion": f"{_B}(9)",
        "partner": "ECOA, 12 CFR 1002.5(c) and 1002.6(b)(8)",
        "public assistance": f"{_B}(2)",
    },
    allowed={
        "age": Condition(f"{_B}(2)(ii), in a statistically sound system alone", elder=ELDER),
    },
    keep_months=Duty(25, "ECOA, 12 CFR 1002.12(b)"),
    notice_days=Duty(30, "ECOA, 12 CFR 1002.9(a)(1)"),
    rights=(Right("equal credit", "12 CFR 1002.9(b)(1)"),),
)
_EU: Final = Profile(
    "EU",
    "European Union",
    never={
        "sex": "Directive 2004/113/EC art. 4, and Directive (EU) 2023/2225 art. 6",
        "marital status": f"{_CCD} (financial and economic circumstances alone)",
        "nationality": "Directive (EU) 2023/2225 art. 6",
        "place of birth": "Directive (EU) 2023/2225 art. 6 (origin)",
        "origin": _GDPR,
        "race": _GDPR,
        "religion": _GDPR,
        "partner": f"{_CCD} (the consumer's own circumstances)",
        "health": _GDPR,
        "genetics": _GDPR,
        "orientation": _GDPR,
        "opinion": _GDPR,
    },
    allowed={
        "age": Condition(
            "Directive (EU) 2023/2225 art. 6, which leaves differences that objective criteria justify"
        )
    },
    keep_months=Duty(6, "AI Act, Regulation (EU) 2024/1689 art. 26(6): the logs of a high-risk system"),
    review_days=Duty(28, "GDPR art. 12(3): one month; the review itself: art. 22(3)"),
    rights=(
        Right("review", "Directive (EU) 2023/2225 art. 18(8); GDPR art. 22(3)"),
        Right("explanation", "Directive (EU) 2023/2225 art. 18(8); GDPR art. 15(1)(h)"),
        Right("data", "GDPR art. 15, 16"),
        Right("authority", "GDPR art. 77"),
    ),
)
_NONE: Final = Profile("none", "no law, said aloud")

PROFILES: Final[Mapping[str, Profile]] = {profile.name: profile for profile in (_BR, _US, _EU, _NONE)}
"""Name → profile: Brazil, the United States, the European Union; or none, said aloud."""

NEVER_SCORED: Final = {
    "identity": "says who the applicant is",
    "held": "is held to test whether groups are treated alike",
    "recorded": "is recorded and nothing else",
}
"""Role → why no model may use a field of it, whatever the profile."""


class Breach(NamedTuple):
    """A field that a model may not use, `why`, and what whoever trains it does. `ground` is empty where the field's role
    forbids it."""

    field: str
    ground: str
    source: str
    why: str
    remedy: str

    @property
    def sentence(self) -> str:
        """Why not, and what to do."""
        return f"{self.why}: {self.remedy}"


def breaches(
    profile: Profile,
    used: Mapping[str, Sequence[str]] | Iterable[str],
    fields: Mapping[str, Asked],
    ages: AgeFigures | None = None,
) -> list[Breach]:
    """What a model that uses some fields breaks, one breach a field.

    `used` are the fields, or field → the columns that it is part of, which the sentence then names. `ages` are the
    model's figures by age, which the US ask for; without them a field of age may not be used there.
    """
    columns = used if isinstance(used, Mapping) else dict.fromkeys(used, ())
    found = (_breach(profile, name, within, fields, ages) for name, within in columns.items())
    return [breach for breach in found if breach]


def _breach(
    profile: Profile,
    name: str,
    within: Sequence[str],
    fields: Mapping[str, Asked],
    ages: AgeFigures | None,
) -> Breach | None:
    asked, place = fields.get(name), _place(name, within)
    if asked is None:
        return Breach(name, "", "", f"{name}{place} is no field of this portfolio", "train under it")
    if why := NEVER_SCORED.get(asked.role):
        return Breach(name, "", "", f"{name}{place} {why}, and no model may use it", "train without it")
    if ground := profile.forbids(asked.protected):
        source = profile.never[ground]
        told = f"{name}{place} is protected ({ground}, {source})"
        return Breach(name, ground, source, told, 'set its role = "held" and train again')
    for ground in asked.protected:
        condition = profile.allowed.get(ground)
        if condition and condition.elder is not None and (why := _unequal(ages)):
            told = f"{name}{place} may be used only where {condition.elder} and older score at least as well as others ({condition.source}), and {why}"
            return Breach(name, ground, condition.source, told, f"train with --exclude {name}")
    return None


def _unequal(ages: AgeFigures | None) -> str:
    return ages.shortfall() if ages else "the model comes without figures by age"


def _place(name: str, within: Sequence[str]) -> str:
    others = [column for column in within if column != name]
    if not others:
        return ""
    more = f" and {len(others) - 3} more columns" if len(others) > 3 else ""
    return f" (in {', '.join(others[:3])}{more})"


def left_out(profile: Profile, fields: Mapping[str, Asked]) -> dict[str, str]:
    """The fields that a training under a profile leaves out by itself → the reason, in a few words; those that are never
    scored for what they are (identity, recorded) are not named."""
    told = {}
    for name, asked in fields.items():
        if asked.role == "held":
            told[name] = "held"
        elif asked.role == "feature" and (ground := profile.forbids(asked.protected)):
            told[name] = f"{ground}, {profile.never[ground]}"
    return told


def untold(profile: Profile, fields: Mapping[str, Asked]) -> frozenset[str]:
    """The fields that no reason and no counterfactual may name: those that no model may use under a profile."""
    return frozenset(
        name
        for name, asked in fields.items()
        if asked.role in NEVER_SCORED or profile.forbids(asked.protected)
    )
