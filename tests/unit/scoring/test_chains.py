"""From a wide place to a narrow one: what is known of the narrow counts, and what is not passes on the wider's."""

import numpy as np
import pytest

from creditrisk.application import FIELDS
from models.training.columns import ColumnChoice
from models.training.encoding import EncoderFit
from models.training.kinds import Kinds
from models.training.recipe import Encoding, Recipe
from scoring import plain
from scoring.chains import Chain, Walk

STATE = Chain("wide", ("state",), 0.5, [np.array([0.0, 0.2])], [np.array([1.0, 0.5])])
CITY = Chain(
    "narrow",
    ("state", "city"),
    0.5,
    [np.array([0.0, 0.2]), np.array([0.0, 0.1, 0.3])],
    [np.array([1.0, 0.5]), np.array([1.0, 0.0, 0.5])],
)
CODES = np.array([[1, 1], [1, 2], [1, 0], [0, 0]])
POSITION = {"state": 0, "city": 1}


def test_each_step_draws_what_it_knows_towards_what_it_hears() -> None:
    columns = Walk([STATE, CITY], POSITION).columns(CODES)
    assert columns[:, 0] == pytest.approx([0.45, 0.45, 0.45, 0.5])
    assert columns[:, 1] == pytest.approx([0.1, 0.525, 0.45, 0.5])


def test_no_chains_make_no_columns() -> None:
    assert Walk([], POSITION).columns(CODES).shape == (4, 0)


ONLY = ColumnChoice(
    numbers=("age",),
    same=(),
    one_hot=(),
    rates=(),
    crosses={},
    paired=("PAYMENT_DAY", "PRODUCT"),
    chains={"state, city": ("RESIDENCIAL_STATE", "city, state")},
    frequencies=("RESIDENCIAL_CITY",),
    effects=("PRODUCT",),
)
APPLICATIONS = {
    "AGE": [30, 40, 50, 60] * 10,
    "PAYMENT_DAY": ["1", "5", "1", "5"] * 10,
    "PRODUCT": ["1", "1", "2", "2"] * 10,
    "RESIDENCIAL_STATE": ["SP", "SP", "RJ", "RJ"] * 10,
    "RESIDENCIAL_CITY": ["SANTOS", "CAMPINAS", "NITEROI", "NITEROI"] * 10,
}
BAD = np.array([1, 0, 0, 0] * 10)
RECIPE = Recipe(columns=ONLY, encoding=Encoding(smoothing=10, chain_smoothing=10, fewest_effect=1))


@pytest.fixture
def fit() -> EncoderFit:
    return EncoderFit(APPLICATIONS, RECIPE.without(*(name for name in FIELDS if name not in APPLICATIONS)))


def test_a_city_that_nobody_lived_in_counts_as_its_state(fit: EncoderFit) -> None:
    encoder = fit.encoder_of(np.arange(40), BAD)
    place = encoder.columns.index("bad rate of RESIDENCIAL_STATE › city, state")
    asked = {
        name: values[:3] for name, values in APPLICATIONS.items()
    } | {"RESIDENCIAL_STATE": ["SP", "SP", "SP"], "RESIDENCIAL_CITY": ["SANTOS", "CAMPINAS", "ITU"]}  # fmt: skip
    of_state = (10 + 10 * 0.25) / (20 + 10)
    told = encoder.transform(asked)[:, place]
    assert told == pytest.approx([(10 + 10 * of_state) / 20, 10 * of_state / 20, of_state])


def test_a_pair_never_seen_counts_as_its_two_parts(fit: EncoderFit) -> None:
    rows = np.flatnonzero(np.arange(40) % 4 != 3)  # payment day 5 never stands with product 2
    encoder = fit.encoder_of(rows, BAD[rows])
    place = encoder.columns.index("log-odds of PAYMENT_DAY × PRODUCT")
    asked = {name: values[3:4] for name, values in APPLICATIONS.items()}

    def log_odds(bads: int, of: int) -> float:
        rate = (bads + 10 / 3) / (of + 10)
        return float(np.log(rate / (1 - rate)))

    overall = np.log((1 / 3) / (2 / 3))
    expected = log_odds(0, 10) + log_odds(0, 10) - overall
    assert encoder.transform(asked)[0, place] == pytest.approx(expected)


def test_what_is_learned_of_labels_may_only_raise_the_risk_and_pairs_are_for_trees(fit: EncoderFit) -> None:
    encoder = fit.encoder_of(np.arange(40), BAD)
    kinds = Kinds.of(encoder)
    found = dict(zip(encoder.columns, zip(kinds.rising, kinds.smooth, strict=True), strict=True))
    assert found == {
        "age": (False, True),
        "frequency of RESIDENCIAL_CITY": (False, True),
        "log-odds of PAYMENT_DAY × PRODUCT": (True, False),
        "effect of PRODUCT": (True, True),
        "bad rate of RESIDENCIAL_STATE › city, state": (True, True),
    }


def test_an_encoder_with_chains_is_read_as_it_was_written(fit: EncoderFit) -> None:
    encoder = fit.encoder_of(np.arange(40), BAD)
    read = plain.loads(plain.dumps(encoder), "encoder_hot.pkl")
    assert np.array_equal(read.transform(APPLICATIONS), encoder.transform(APPLICATIONS), equal_nan=True)
    assert read.fields == sorted(APPLICATIONS)
