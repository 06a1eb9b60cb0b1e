"""Made-up applicants and reference distributions of any portfolio's fields."""

import numpy as np
import pytest

from creditrisk.application import Field
from creditrisk.portfolio.kinds import Choice, Code, Day, Digits, Kind, Money, Number, Text, Whole, Zip3
from models.reference import Binning, number_bins
from models.synthetic import synthetic_applicants

KINDS: dict[str, Kind] = {
    "choice": Choice({"a": "A", "b": "B"}),
    "code": Code(3, 40),
    "day": Day(),
    "digits": Digits(4, 6),
    "money": Money(50, -50),
    "number": Number(-2.5, 7.5),
    "far": Number(-1e9, 1e9),
    "text": Text(3),
    "whole": Whole(-5, 30),
    "years": Whole(-100_000, 100_000),
    "zip": Zip3(1, 999),
}


def test_what_is_made_up_is_what_a_field_of_its_kind_accepts() -> None:
    fields = {name: Field(name, name, "s", name, kind) for name, kind in KINDS.items()}
    for applicant in synthetic_applicants(200, seed=9, fields=fields):
        assert {name: fields[name].parse(str(value)) for name, value in applicant.items()} == applicant


@pytest.mark.parametrize("scale", [0.01, 1.0, 5_000.0])
def test_numbers_of_either_sign_are_cut_at_round_edges_into_bins_of_about_equally_many(scale: float) -> None:
    values = (np.random.default_rng(2).normal(size=4_000) * scale).round(4).tolist()
    bins = number_bins([*values, None], Binning())
    assert len(bins.counts) == 10 and bins.missing == 1 and sum(bins.counts) == len(values)
    assert all(low < high for low, high in zip(bins.edges, bins.edges[1:], strict=False))
    assert min(bins.counts) > 200
    assert min(bins.edges) < 0 < max(bins.edges)
