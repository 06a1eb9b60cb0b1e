"""A policy is read from its file with all its mistakes told at once."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from creditrisk.errors import SettingError, UnusablePolicy
from creditrisk.policy.definition import Exploration, Worth, simplest
from creditrisk.policy.in_force import policy_in_force
from creditrisk.policy.reading import read_policy
from creditrisk.portfolio import active
from creditrisk.portfolio.definition import Law
from creditrisk.settings import Settings
from tests.unit.policy.conftest import TEXT

Write = Callable[..., Path]


def test_a_policy_is_what_its_file_says(write: Write) -> None:
    policy = read_policy(write())
    assert (policy.decline_from, policy.refer_from, policy.approve_below) == (0.4, 0.3, 0.3)
    assert [str(rule).partition(":")[0] for rule in policy.rules] == [
        "no-income",
        "many-dependants",
        "by-hand",
    ]
    assert policy.exploration == Exploration(0.03, 20, 0.7)
    assert policy.worth == Worth(120, -800, -15)
    assert policy.fields == ("PERSONAL_MONTHLY_INCOME", "QUANT_DEPENDANTS", "RESIDENCE_TYPE", "APPLICATION_SUBMISSION_TYPE", "PRODUCT")  # fmt: skip


def test_the_version_is_the_name_and_changes_with_what_is_decided_alone(write: Write) -> None:
    version = read_policy(write()).version
    assert version.startswith("cards-2026 ") and len(version) == len("cards-2026 ") + 8
    assert read_policy(write(("Cards below a third of risk", "Cards"))).version == version
    assert read_policy(write(("declineFrom = 0.4", "# the same\ndeclineFrom = 0.40"))).version == version
    for change in (
        ("0.4", "0.41"),
        ("below = 400", "below = 401"),
        ("is below R$ 400.", "is low."),
        ("20", "21"),
    ):
        assert read_policy(write(change)).version != version


def test_the_same_as_json_is_the_same_policy(write: Write, tmp_path: Path) -> None:
    compiled = tmp_path / "policy.json"
    compiled.write_text(json.dumps(tomllib.loads(TEXT)), encoding="utf-8")
    assert read_policy(compiled) == read_policy(write())


def test_every_mistake_is_told_at_once_in_a_sentence(write: Write) -> None:
    path = write(
        ('name = "cards-2026"', 'name = "Cards 2026"'),
        ("referFrom = 0.3", "referFrom = 0.5"),
        ("share = 0.03", "share = 0.5"),
        ('"PERSONAL_MONTHLY_INCOME", below', '"PERSONAL_INCOME", below'),
        ('"no-income"', '"by-hand"'),
        ("bad = -800", "bad = 800"),
    )
    with pytest.raises(UnusablePolicy) as told:
        read_policy(path)
    assert told.value.mistakes == (
        "name must be of a-z, 0-9 and hyphens, not 'Cards 2026'.",
        "referFrom must be above 0 and below declineFrom (0.4), not 0.5.",
        "exploration.share must be above 0 and at most 0.05, not 0.5.",
        "rule by-hand stands there 2 times; give each a name of its own.",
        "rule by-hand: there is no field PERSONAL_INCOME.",
        "worth: good must be above 0, and bad below 0.",
    )
    assert str(path) in str(told.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("declineFrom = 0.4", "declineFrom = 0"), "declineFrom must be above 0"),
        (("declineFrom", "declinefrom"), "did you mean declineFrom?"),
        (("declineFrom = 0.4", 'declineFrom = "0.4"'), "declineFrom must be a number"),
        (("upTo = 0.7", "upTo = 0.2"), "exploration.upTo must be above declineFrom"),
        (("budget = 20", "budget = 0"), "budget must be a whole number above 0"),
        (("budget = 20\n", ""), "budget is missing"),
        (("referral = -15", "referral = 15"), "at most 0, not 15"),
        (('decision = "declined"', 'decision = "approved"'), "must be one of declined, referred"),
        (("The monthly income is below R$ 400.", " "), "its reason must be a sentence"),
        (("The monthly income is below R$ 400.", "a\\nb"), "its reason must be a sentence"),
        (("below = 400", "below = 400, from = 3"), "say one of is, isNot, below, from, missing; there are below and from"),
        ((", below = 400", ""), "there is none"),
        (("below = 400", 'is = ["400"]'), "PERSONAL_MONTHLY_INCOME is a quantity: say below or from"),
        (('"PRODUCT", isNot = ["2"]', '"PRODUCT", from = 2'), "PRODUCT is no quantity: say is or isNot"),
        (('isNot = ["2"]', 'isNot = ["9999"]'), "'9999' is no value of PRODUCT"),
        (('isNot = ["2"]', "isNot = []"), "of PRODUCT no value is named"),
        (("missing = true", "missing = false"), "missing can only be true"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(write: Write, change: tuple[str, str], said: str) -> None:
    with pytest.raises(UnusablePolicy, match="cannot be used") as told:
        read_policy(write(change))
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("SEX", "SEX is protected (sex, Lei 12.414/2011 art. 7-A I), and no rule may decide by it."),
        ("NACIONALITY", "NACIONALITY is protected"),
        ("DNI", "DNI tells who the applicant is"),
    ],
)
def test_the_law_refuses_rules_by_what_is_protected(write: Write, field: str, said: str) -> None:
    value = {"SEX": "F", "NACIONALITY": "2", "DNI": "123456"}[field]
    with pytest.raises(UnusablePolicy) as told:
        read_policy(write(('"PRODUCT", isNot = ["2"]', f'"{field}", is = ["{value}"]')))
    assert said in str(told.value)


def test_age_is_no_rule_where_it_may_only_be_part_of_a_score(write: Write) -> None:
    path = write(('"QUANT_DEPENDANTS", from = 6', '"AGE", below = 21'))
    assert read_policy(path).rules[1].when[0].field == "AGE"
    states = active()._replace(law=Law("US"))
    with pytest.raises(UnusablePolicy, match="AGE may be part of a sound score alone"):
        read_policy(path, type(active())(*states))


@pytest.mark.parametrize(
    ("text", "said"), [("name = ", "is not TOML"), ("\xff", "is not UTF-8"), (None, "There is no policy at")]
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "policy.toml"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UnusablePolicy, match=said):
        read_policy(path)


def test_without_a_file_the_threshold_is_the_policy() -> None:
    assert policy_in_force(Settings.from_environment({})) == simplest(0.5)
    assert policy_in_force(Settings.from_environment({"THRESHOLD": "0.35"})) == simplest(0.35)
    assert simplest(0.35).version == "threshold 0.35"


def test_a_policy_and_a_threshold_contradict_each_other(write: Write) -> None:
    path = write()
    settings = Settings.from_environment({"POLICY": str(path)})
    assert policy_in_force(settings).version == read_policy(path).version
    with pytest.raises(SettingError, match="leave THRESHOLD empty"):
        Settings.from_environment({"POLICY": str(path), "THRESHOLD": "0.5"})
    with pytest.raises(SettingError, match="leave THRESHOLD empty"):
        policy_in_force(replace(settings, threshold=0.2))


def test_a_policy_that_is_named_and_not_there_decides_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnusablePolicy, match="There is no policy at"):
        policy_in_force(Settings.from_environment({"POLICY": str(tmp_path / "none.toml")}))


def test_it_lies_beside_the_portfolio_s_definition(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    monkeypatch.setenv("PORTFOLIO_DIR", str(tmp_path))
    assert policy_in_force(Settings()).decline_from == 0.4
    (tmp_path / "policy.json").write_text(json.dumps(tomllib.loads(TEXT.replace("0.4", "0.45"))))
    assert policy_in_force(Settings()).decline_from == 0.4
    (tmp_path / "policy.toml").unlink()
    assert policy_in_force(Settings()).decline_from == 0.45
