"""The law as data: what no model may use, what no reason may name, and who says so."""

from dataclasses import dataclass
from typing import Any

import pytest

from creditrisk.portfolio.elder import ELDER, STARTS, AgeFigures, AgeGroup
from creditrisk.portfolio.law import GROUNDS, PROFILES, breaches, left_out, untold


@dataclass(frozen=True)
class Asked:
    role: str = "feature"
    protected: tuple[str, ...] = ()


FIELDS = {
    "SEX": Asked(protected=("sex",)),
    "STATUS": Asked(protected=("marital status",)),
    "NATION": Asked(protected=("nationality", "origin")),
    "BIRTH": Asked(protected=("place of birth",)),
    "MATE_JOB": Asked(protected=("partner",)),
    "AGE": Asked(protected=("age",)),
    "BENEFITS": Asked(protected=("public assistance",)),
    "INCOME": Asked(),
    "HELD": Asked(role="held"),
    "SEEN": Asked(role="recorded"),
    "NAME": Asked(role="identity"),
}
FEATURES = [name for name, asked in FIELDS.items() if asked.role == "feature"]


def figures(elder: float = 0.2, others: float = 0.3, approved: float = 0.9) -> AgeFigures:
    """By a model that gives those of ELDER and older this mean probability, and others that one."""
    groups = [AgeGroup(start, 100, others, (0.8,)) for start in STARTS if start != ELDER]
    return AgeFigures((0.5,), (*groups, AgeGroup(ELDER, 100, elder, (approved,))))


def fields_of(profile: str, ages: AgeFigures | None = None) -> list[str]:
    return [breach.field for breach in breaches(PROFILES[profile], FEATURES, FIELDS, ages)]


@pytest.mark.parametrize(
    ("profile", "broken"),
    [
        ("BR", ["SEX", "STATUS", "NATION", "BIRTH", "MATE_JOB"]),
        ("US", ["SEX", "STATUS", "NATION", "BIRTH", "MATE_JOB", "AGE", "BENEFITS"]),
        ("EU", ["SEX", "STATUS", "NATION", "BIRTH", "MATE_JOB"]),
        ("none", []),
    ],
)
def test_each_profile_forbids_its_grounds(profile: str, broken: list[str]) -> None:
    assert fields_of(profile) == broken


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_held_recorded_or_identity_is_a_breach_under_every_profile(profile: str) -> None:
    found = breaches(PROFILES[profile], ["INCOME", "HELD", "SEEN", "NAME", "ELSEWHERE"], FIELDS)
    assert [breach.field for breach in found] == ["HELD", "SEEN", "NAME", "ELSEWHERE"]
    assert all(breach.field in breach.sentence and "train" in breach.sentence for breach in found)


@pytest.mark.parametrize("profile", ["BR", "US", "EU"])
def test_a_breach_names_the_field_the_ground_the_source_and_what_to_do(profile: str) -> None:
    for breach in breaches(PROFILES[profile], FEATURES, FIELDS):
        assert breach.ground in FIELDS[breach.field].protected
        assert all(said in breach.sentence for said in (breach.field, breach.source, "train"))
        assert breach.source
    (sex, *_) = breaches(PROFILES[profile], ["SEX"], FIELDS)
    assert 'role = "held"' in sex.sentence and "(sex, " in sex.sentence


def test_crosses_and_encoded_columns_are_named_with_their_field() -> None:
    used = {"SEX": ["SEX = F", "bad rate of SEX × AGE", "SEX", "a", "b"], "INCOME": ["INCOME"]}
    (breach,) = breaches(PROFILES["BR"], used, FIELDS)
    assert breach.sentence.startswith(
        "SEX (in SEX = F, bad rate of SEX × AGE, a and 1 more columns) is protected"
    )


def test_in_the_united_states_age_may_be_used_where_the_elderly_score_at_least_as_well() -> None:
    assert "AGE" not in fields_of("US", figures())
    assert "AGE" not in fields_of("US", figures(elder=0.3, approved=0.8)), "as well is enough"


@pytest.mark.parametrize(
    ("ages", "told"),
    [
        (None, "without figures by age"),
        (figures(elder=0.31), "0.3100"),
        (figures(approved=0.79), "79.0% of them are approved"),
        (figures()._replace(groups=figures().groups[:-1]), "no applicant of that age"),
    ],
)
def test_age_is_a_breach_there_where_they_do_not_or_nobody_knows(ages: Any, told: str) -> None:
    (breach,) = breaches(PROFILES["US"], ["AGE"], FIELDS, ages)
    assert (
        told in breach.sentence and "--exclude AGE" in breach.sentence and "62 and older" in breach.sentence
    )
    assert breaches(PROFILES["BR"], ["AGE"], FIELDS, ages) == []
    assert breaches(PROFILES["EU"], ["AGE"], FIELDS, ages) == []


@pytest.mark.parametrize("data", [None, {}, {"thresholds": [0.5]}, {"thresholds": [0.5], "groups": [{"start": 61, "rows": 1, "mean": 0.1, "approved": [1]}]}, {"thresholds": [0.5], "groups": [{"start": 62, "rows": 1, "mean": 0.1, "approved": []}]}])  # fmt: skip
def test_figures_that_are_none_are_as_good_as_none(data: Any) -> None:
    assert AgeFigures.from_dict(data) is None


def test_figures_by_age_come_back_as_they_were_written() -> None:
    assert AgeFigures.from_dict(figures().to_dict()) == figures()


def test_a_training_leaves_out_what_is_held_and_what_the_law_forbids_and_says_why() -> None:
    assert list(left_out(PROFILES["BR"], FIELDS)) == ["SEX", "STATUS", "NATION", "BIRTH", "MATE_JOB", "HELD"]
    assert left_out(PROFILES["BR"], FIELDS)["SEX"] == "sex, Lei 12.414/2011 art. 7-A I"
    assert list(left_out(PROFILES["none"], FIELDS)) == ["HELD"]
    assert "AGE" not in left_out(PROFILES["US"], FIELDS), "only the finished model can tell"


def test_no_reason_may_name_what_no_model_may_use() -> None:
    assert untold(PROFILES["BR"], FIELDS) == {"SEX", "STATUS", "NATION", "BIRTH", "MATE_JOB", "HELD", "SEEN", "NAME"}  # fmt: skip
    assert untold(PROFILES["none"], FIELDS) == {"HELD", "SEEN", "NAME"}


def test_every_rule_has_a_source_and_a_ground_that_a_definition_can_name() -> None:
    for profile in PROFILES.values():
        assert set(profile.never) | set(profile.allowed) <= set(GROUNDS)
        assert not set(profile.never) & set(profile.allowed)
        duties = [duty for duty in (profile.keep_months, profile.review_days, profile.notice_days) if duty]
        sources = [*profile.never.values(), *(c.source for c in profile.allowed.values()), *(d.source for d in duties)]  # fmt: skip
        assert all(source.strip() for source in sources)
    for name in ("BR", "US", "EU"):
        assert "age" in PROFILES[name].allowed, "whether it may stay is said, with its source"


def test_the_duties_that_have_a_number() -> None:
    keep, review, notice = (PROFILES["US"].keep_months, PROFILES["BR"].review_days, PROFILES["US"].notice_days)  # fmt: skip
    assert keep and review and notice
    assert (keep.amount, review.amount, notice.amount) == (25, 10, 30)
