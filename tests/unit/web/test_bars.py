"""A reason on a page: in words, and as a bar."""

import re

import pytest
from flask.testing import FlaskClient

from creditrisk.application import Value
from creditrisk.decision import Answer, Reason
from tests.unit.web.conftest import SCORED_AT, FakeIntake, decision_of
from web.result import Result


def shown(reason: Reason, unknown: list[str] | None = None) -> tuple[str, str]:
    decision = decision_of(reasons=[reason], unknown=unknown or [])
    (bar,) = Result(Answer("1", "decided", SCORED_AT, {}, decision), decision).reasons
    return bar.label, bar.value


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AGE", 34, ("Age", "34 years")),
        ("PERSONAL_MONTHLY_INCOME", 1200.5, ("Monthly income", "R$\xa01,200.50")),
        ("OTHER_INCOMES", 1200, ("Other income", "R$\xa01,200.00")),
        ("RESIDENCIAL_STATE", "RJ", ("State", "Rio de Janeiro")),
        ("RESIDENCIAL_CITY", "{value} {", ("City", "{value} {")),
        ("QUANT_DEPENDANTS", 0, ("Dependants", "0")),
        ("OF_ANOTHER_VERSION", 3, ("OF_ANOTHER_VERSION", "3")),
    ],
)
def test_a_reason_is_told_as_what_was_asked_and_what_was_answered(
    name: str, value: Value, told: tuple[str, str]
) -> None:
    assert shown(Reason(name, 0.2, value)) == told


@pytest.mark.parametrize("value", [None, "Atlantis"])
def test_a_value_that_the_model_has_not_seen_is_not_named(value: Value) -> None:
    assert shown(Reason("RESIDENCIAL_CITY", 0.2, value), ["RESIDENCIAL_CITY"]) == ("City", "new to the model")


def bars(*contributions: float) -> list[tuple[float, bool]]:
    reasons = [Reason("AGE", contribution, 34) for contribution in contributions]
    decision = decision_of(reasons=reasons)
    shown = Result(Answer("1", "decided", SCORED_AT, {}, decision), decision).reasons
    return [(bar.length, bar.raises) for bar in shown]


@pytest.mark.parametrize(
    ("contributions", "shown"),
    [
        ((0.42, 0.21), [(100.0, True), (50.0, True)]),
        ((-0.42, 0.21), [(100.0, False), (50.0, True)]),
        ((0.1, -0.8), [(12.5, True), (100.0, False)]),
        ((-3.0, -1.0), [(100.0, False), (33.3, False)]),
        ((0.0,), [(0.0, False)]),
        ((2.0, 0.0), [(100.0, True), (0.0, False)]),
        ((), []),
    ],
)
def test_the_strongest_reason_has_the_whole_length_and_the_others_their_share(
    contributions: tuple[float, ...], shown: list[tuple[float, bool]]
) -> None:
    assert bars(*contributions) == shown


def test_the_page_draws_each_reason_with_its_direction_in_words_too(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(reasons=[Reason("AGE", -0.8, 34), Reason("FLAG_VISA", 0.2, "1")])
    client.post("/application", data=form)
    page = client.get(f"/clerk/application/{intake.ids[0]}").text
    items = re.findall(r"<li>(.*?)</li>", page[page.index('class="reasons"') :], re.DOTALL)
    found = [
        (
            re.findall(r"bar-(raises|lowers)", item),
            re.findall(r'<rect width="([\d.]+)%"', item),
            re.findall("[▲▼]", item),
            re.findall(r"</span> (\w+ the risk)</span>", item),
        )
        for item in items
    ]
    assert found == [
        (["lowers"], ["100.0"], ["▼"], ["lowers the risk"]),
        (["raises"], ["25.0"], ["▲"], ["raises the risk"]),
    ]
