"""One decision as one line of CSV, and back without a change."""

import csv
import io
import json
import math

import pytest

from creditrisk.application import FIELDS
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import UnreadableRow
from creditrisk.history.records import COLUMNS, HEADER, from_line, from_row, id_of, to_line
from creditrisk.portfolio.kinds import Choice
from tests.helpers import Make


@pytest.fixture
def answer(make_application: Make) -> Answer:
    decision = Decision(
        probability=0.1 + 0.2,
        prediction=0,
        decision="approved",
        threshold=0.5,
        model="lightgbm",
        model_version="0a1b2c",
        scored_at="2026-11-23T05:18:33.000Z",
        reasons=[Reason("AGE", -0.25, 34), Reason("FULL_NAME", 0.125, '"Zoë", née Ç')],
        unknown=["RESIDENCIAL_CITY", "PROFESSION_CODE"],
        challenger="deeplearning",
        challenger_probability=1 / 3,
    )
    application = make_application(FULL_NAME='Zoë "Zo", née Ç', RESIDENCIAL_BOROUGH=None)
    return Answer(
        "01a206f0-0000-7000-8000-000000000001", "decided", "2026-11-23T05:18:32.123Z", application, decision
    )


def test_a_decision_has_a_probability_unless_another_system_made_it(answer: Answer) -> None:
    row = dict(zip(COLUMNS, next(csv.reader([to_line(answer)])), strict=True)) | {"PROBABILITY": ""}
    with pytest.raises(UnreadableRow):
        from_row(row)
    brought = from_row(row | {"MODEL": "imported"}).decision
    assert brought is not None
    assert math.isnan(brought.probability)
    assert (brought.prediction, brought.model) == (0, "imported")


def test_the_columns_are_those_that_others_rely_on() -> None:
    assert COLUMNS[:3] == ("APPLICATION_ID", "RECEIVED_AT", "SCORED_AT")
    assert COLUMNS[3:57] == tuple(FIELDS)
    assert COLUMNS[57:63] == ("MODEL", "MODEL_VERSION", "PROBABILITY", "PREDICTION", "DECISION", "REASONS")


def test_a_record_comes_back_as_it_was(answer: Answer) -> None:
    line = to_line(answer)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert from_line(line) == answer
    assert id_of(line) == answer.id


def test_any_csv_reader_reads_it(answer: Answer) -> None:
    (row,) = csv.DictReader(io.StringIO(HEADER + to_line(answer)))
    assert row["FULL_NAME"] == 'Zoë "Zo", née Ç'
    assert row["DNI"] == "012345678"
    assert row["RESIDENCIAL_BOROUGH"] == ""
    assert float(row["PROBABILITY"]) == 0.1 + 0.2
    assert json.loads(row["REASONS"])[0] == ["AGE", -0.25, 34]


def test_a_record_without_reasons_or_challenger_comes_back_as_it_was(make_application: Make) -> None:
    decision = Decision(0.75, 1, "declined", 0.5, "deeplearning", "v", "2026-11-23T05:18:33.000Z")
    answer = Answer(
        "01a206f0-0000-7000-8000-000000000001",
        "decided",
        "2026-11-23T05:18:32.123Z",
        make_application(),
        decision,
    )
    assert from_line(to_line(answer)) == answer


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if isinstance(field.kind, Choice)])
def test_every_choice_comes_back_as_it_was(name: str, answer: Answer, make_application: Make) -> None:
    kind = FIELDS[name].kind
    assert isinstance(kind, Choice)
    for value in (*kind.offered, *kind.legacy):
        changed = Answer(
            answer.id, "decided", answer.received_at, make_application(**{name: value}), answer.decision
        )
        assert from_line(to_line(changed)) == changed


def test_what_is_not_decided_is_not_recorded(answer: Answer) -> None:
    with pytest.raises(ValueError, match="decided"):
        to_line(Answer(answer.id, "pending", answer.received_at, answer.application))
