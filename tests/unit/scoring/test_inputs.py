"""What another's model is given of an application, and what counts as unknown to it."""

import math
from typing import Any

import pytest

from scoring.inputs import Input, Inputs

LEARNED = Input("PAYMENT_DAY", ("1", "10", None))
"""Two levels, and one that no applicant can give."""
NUMBER = Input("AGE")
NAMED = Input("SEX", by_name=True)


@pytest.mark.parametrize(("value", "place"), [("1", 0), ("10", 1), ("15", 4), (None, 3)])
def test_a_level_is_given_by_its_place_then_the_gap_and_what_was_never_learned(
    value: str | None, place: int
) -> None:
    assert LEARNED.read([value]) == [place]


def test_a_number_is_given_as_it_is_and_a_gap_as_nan() -> None:
    given = NUMBER.read([34, "9", None, "no number"])
    assert given[:2] == [34.0, 9.0]
    assert all(math.isnan(value) for value in given[2:])


@pytest.mark.parametrize(
    ("entry", "value", "unknown"),
    [
        (LEARNED, "1", False),
        (LEARNED, "15", True),
        (LEARNED, None, False),
        (Input("PAYMENT_DAY", ("1",), gap_known=False), None, True),
        (NUMBER, 34, False),
        (NUMBER, "no number", True),
        (NUMBER, None, False),
        (Input("AGE", gap_known=False), None, True),
        (NAMED, "F", False),
        (NAMED, None, False),
    ],
)
def test_what_the_model_never_learned_is_unknown(entry: Input, value: Any, unknown: bool) -> None:
    assert entry.unknown(value) is unknown


def test_each_application_names_its_unknown_fields() -> None:
    inputs = Inputs([NUMBER, LEARNED])
    columns = {"AGE": [34, "x", "x"], "PAYMENT_DAY": ["15", "15", "1"]}
    assert inputs.unknown(columns) == [("PAYMENT_DAY",), ("AGE", "PAYMENT_DAY"), ("AGE",)]
    assert inputs.table({"AGE": [34], "PAYMENT_DAY": ["10"]}).tolist() == [[34.0, 1.0]]


def test_columns_of_different_lengths_are_no_applications() -> None:
    """Else a score would be told with another application's unknown fields."""
    with pytest.raises(ValueError, match="shorter"):
        Inputs([NUMBER, LEARNED]).unknown({"AGE": [34, 35], "PAYMENT_DAY": ["1"]})


@pytest.mark.parametrize(
    "entry", [LEARNED, NUMBER, NAMED, Input("SEX", ("F",), gap_known=False)], ids=lambda entry: entry.field
)
def test_a_manifest_keeps_an_input_as_it_is(entry: Input) -> None:
    assert Input.from_dict(entry.to_dict()) == entry
