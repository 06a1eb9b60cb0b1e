"""A reason's bar: its length, its direction and its figure."""

import re

import pytest
from flask.testing import FlaskClient

from creditrisk.decision import Answer, Reason
from tests.unit.web.conftest import SCORED_AT, FakeIntake, decision_of
from web.result import Result


def bars(*contributions: float) -> list[tuple[float, bool, str]]:
    reasons = [Reason("AGE", contribution, 34) for contribution in contributions]
    decision = decision_of(reasons=reasons)
    shown = Result(Answer("1", "decided", SCORED_AT, {}, decision), decision).reasons
    return [(bar.length, bar.raises, bar.figure) for bar in shown]


@pytest.mark.parametrize(
    ("contributions", "shown"),
    [
        ((0.42, 0.21), [(100.0, True, "+0.42"), (50.0, True, "+0.21")]),
        ((-0.42, 0.21), [(100.0, False, "−0.42"), (50.0, True, "+0.21")]),
        ((0.1, -0.8), [(12.5, True, "+0.10"), (100.0, False, "−0.80")]),
        ((-3.0, -1.0), [(100.0, False, "−3.00"), (33.3, False, "−1.00")]),
        ((0.0,), [(0.0, False, "+0.00")]),
        ((2.0, 0.0), [(100.0, True, "+2.00"), (0.0, False, "+0.00")]),
        ((), []),
    ],
)
def test_the_strongest_reason_has_the_whole_length_and_the_others_their_share(
    contributions: tuple[float, ...], shown: list[tuple[float, bool, str]]
) -> None:
    assert bars(*contributions) == shown


def test_the_page_draws_each_reason_with_its_direction_in_words_too(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(reasons=[Reason("AGE", -0.8, 34), Reason("FLAG_VISA", 0.2, "1")])
    page = client.post("/application", data=form).text
    items = re.findall(r"<li>(.*?)</li>", page[page.index('class="reasons"') :], re.DOTALL)
    found = [
        (
            re.findall(r"bar-(raises|lowers)", item),
            re.findall(r'<rect width="([\d.]+)%"', item),
            re.findall("[▲▼]", item),
            re.findall(r'class="unseen">(.*?)</span> (\S+?)</span>', item),
        )
        for item in items
    ]
    assert found == [
        (["lowers"], ["100.0"], ["▼"], [("lowers the risk by", "−0.80")]),
        (["raises"], ["25.0"], ["▲"], [("raises the risk by", "+0.20")]),
    ]
