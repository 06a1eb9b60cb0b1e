"""The columns that follow from a definition: by the fields' kinds, by its table, and with a sentence for each mistake."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditrisk.application import Field, Role
from creditrisk.portfolio.kinds import Choice, Code, Day, Digits, Kind, Money, Number, Text, Whole, Zip3
from scoring import levels, numbers, plain
from scoring.encoder import Encoder
from scoring.errors import UnusableFeatures
from scoring.features import Features, features_of
from scoring.loading import own_scorer
from scoring.manifest import ENCODER, MODEL_FILES, SCALER, Manifest
from scoring.scorer import Scorer

ROOT = Path(__file__).parents[3]
OLD = Path(__file__).with_name("columns_in_python")
"""A layer of when PAKDD's columns stood in Python, not in its definition."""
FROZEN = json.loads((OLD / "scores.json").read_text(encoding="utf-8"))
"""Made-up applicants, and what the models of that layer gave them then."""


def old_scorer(model: str) -> Scorer:
    """A model of that layer. It used fields that the law forbids, so `load` would refuse it."""
    files = (ENCODER, SCALER, MODEL_FILES[model])
    parts = {name: plain.loads(gzip.decompress((OLD / f"{name}.gz").read_bytes()), name) for name in files}
    return own_scorer(Manifest({"files": {}}), parts, MODEL_FILES[model], model)


@pytest.mark.parametrize("model", ["lightgbm", "deeplearning"])
@pytest.mark.parametrize("at_once", [1, 100])
def test_what_the_definition_says_gives_the_scores_of_old(model: str, at_once: int) -> None:
    scorer = old_scorer(model)
    rows = [dict(zip(FROZEN["fields"], row, strict=True)) for row in FROZEN["rows"]]
    scores = [
        score
        for start in range(0, len(rows), at_once)
        for score in scorer.score(rows[start : start + at_once])
    ]
    assert np.abs(np.array([score.probability for score in scores]) - FROZEN[model]).max() <= 1e-12
    assert [list(score.unknown) for score in scores] == FROZEN["unknown"]
    if model == "lightgbm":
        told = [[score.contributions[name] for name in FROZEN["fields"]] for score in scores[:10]]
        assert np.abs(np.array(told) - FROZEN["contributions"]).max() <= 1e-12


def fields(**kinds: Kind) -> dict[str, Field]:
    return {name: Field(name, name.lower(), "s", name, kind, missing=True) for name, kind in kinds.items()}


LENDER = fields(
    purpose=Choice({"car": "Car", "boat": "Boat"}),
    town=Text(),
    branch=Code(1, 50),
    zip_code=Zip3(1, 999),
    contract=Digits(4, 4),
    balance=Number(-10_000, 10_000),
    amount=Money(1_000_000),
    age=Whole(18, 98),
    opened=Day(),
)


def level(features: Features, part: str, *values: Any) -> str:
    return features.parts[part].level(*values)


def test_every_feature_gives_columns_by_its_kind() -> None:
    held = {"held": Field("held", "held", "s", "held", Whole(0, 9), role=Role.RECORDED)}
    features = features_of({**LENDER, **held})
    assert list(features.parts) == [
        "purpose", "town", "branch", "zip_code", "contract", "balance in bands", "amount in bands", "age in bands",
    ]  # fmt: skip
    assert list(features.numbers) == [
        "balance", "log of balance", "balance not given", "amount", "log of amount", "amount not given", "age",
        "age not given",
    ]  # fmt: skip
    assert level(features, "town", "Niterói ") == level(features, "town", "NITEROI")
    assert (
        level(features, "town", "Αθήνα")
        == level(features, "town", "αθήνα")
        != level(features, "town", "Πάτρα")
    )
    assert level(features, "zip_code", "010") == "10"
    assert level(features, "age in bands", 18) == level(features, "age in bands", 19)
    assert level(features, "age in bands", 18) != level(features, "age in bands", 22)
    rates = features_of(fields(rate=Number(0, 1)))
    assert len({level(rates, "rate in bands", value / 100) for value in range(100)}) == 20
    below, above = (level(features, "balance in bands", value) for value in (-1, 1))
    assert below != above and level(features, "balance in bands", 0) == "0"
    assert {level(features, part, None) for part in features.parts} == {"?"}


def test_a_table_makes_levels_and_numbers_of_one_field_or_of_several() -> None:
    features = features_of(
        LENDER,
        {
            "levels": {
                "old": {"of": ["age"], "as": "band", "width": 20, "most": 60},
                "large": {"of": ["amount"], "as": "half doubling", "least": 100},
                "region": {"of": ["zip_code"], "as": "prefix", "length": 1},
                "town, old": {"of": ["town", "old"]},
            },
            "numbers": {
                "per year": {"of": ["amount", "age"], "as": "share"},
                "both": {"of": ["amount", "balance"], "as": "log sum"},
                "left": {"of": ["amount", "balance"], "as": "difference"},
                "years": {"of": ["age"], "as": "log"},
            },
            "same": {"alike": ["branch", "contract"]},
            "crosses": {"purpose × old": ["purpose", "old"]},
        },
    )
    assert [level(features, "old", age) for age in (19, 39, 59, 60, 98)] == ["0", "1", "2", "3", "3"]
    assert level(features, "large", 5) == level(features, "large", 100) != level(features, "large", 150)
    assert level(features, "region", "310") == "3"
    assert level(features, "town, old", "Rio", 41) == "RIO|2"
    assert features.parts["town, old"].fields == ("town", "age")
    assert features.fields_of(features.crosses["purpose × old"]) == ("purpose", "age")
    made = {
        name: number.of(*(np.array([value]) for value in values))[0]
        for name, values in {
            "per year": (1000.99, 0.0), "both": (10.5, -110.0), "left": (10.5, 3.5), "years": (19.0,),
        }.items()
        for number in [features.numbers[name]]
    }  # fmt: skip
    assert math.isnan(made.pop("per year"))  # nothing is a share of 0
    assert made == pytest.approx({"both": -math.log(101), "left": 6.5, "years": math.log(20)})
    assert (
        "age" not in features.numbers and "age in bands" not in features.parts
    )  # the table's stand for them


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"levles": {}}, "knows no 'levles'"),
        ({"search": "no"}, "true or false"),
        ({"levels": {"a": ["age"]}}, "write { of"),
        ({"levels": {"a": {"of": ["age"], "as": "decade"}}}, "`as` is one of: code, text"),
        ({"levels": {"a": {"of": ["age"], "as": "band"}}}, "give all of most, width"),
        ({"levels": {"a": {"of": ["age"], "as": "band", "width": 0}}}, "above 0"),
        ({"levels": {"a": {"of": ["age"], "as": "band", "width": "5"}}}, "must be numbers"),
        ({"levels": {"a": {"of": ["town"], "as": "band", "width": 5}}}, "town is none"),
        ({"levels": {"a": {"of": ["town", "county"]}}}, "county is neither a feature nor a level"),
        ({"levels": {"a": {"of": ["town"]}}}, "two fields or more"),
        ({"numbers": {"n": {"of": ["age"], "as": "root"}}}, "`as` is one of: value, log"),
        ({"numbers": {"n": {"of": ["age"], "as": "share"}}}, "needs 2 to 2 fields"),
        ({"numbers": {"n": {"of": ["town"], "as": "value"}}}, "town is no feature with numbers"),
        ({"numbers": {"n": {"of": ["purpose"], "as": "value"}}}, "purpose is no feature with numbers"),
        ({"same": {"s": ["town"]}}, "a list of 2 levels"),
        ({"crosses": {"c": ["town", "county"]}}, "no levels 'county'"),
        ({"columns": {"flags": ["town"]}}, "knows no 'flags'"),
    ],
)
def test_a_table_that_asks_for_what_there_is_not_is_refused_with_its_place(
    table: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnusableFeatures) as refusal:
        features_of(LENDER, table)
    assert said in str(refusal.value)


def test_the_document_explains_every_way_to_make_a_level_or_a_number() -> None:
    text = (ROOT / "docs" / "portfolios.md").read_text(encoding="utf-8")
    told = text.partition("## What models are made of")[2].partition("## Law")[0]
    named = [
        name for row in told.splitlines() if row.startswith("| `") for name in row.split("|")[1].split(",")
    ]
    assert sorted(name.strip(" `") for name in named) == sorted([*levels.NAMED, *numbers.NAMED])
    for name, way in levels.NAMED.items():
        (row,) = (row for row in told.splitlines() if row.startswith(f"| `{name}` |"))
        assert all(f"`{option}`" in row for option in way.options)


def test_an_encoder_of_another_portfolio_reads_numbers_of_any_sign_and_tells_what_is_new() -> None:
    features = features_of(LENDER)
    encoder = Encoder(
        {"purpose": ["?", "boat", "car"], "balance in bands": ["?"]}, ["balance", "log of balance"], [],
        [("purpose", 2)], [], _features=features,
    )  # fmt: skip
    columns = {"purpose": ["car", "boat", "plane", None], "balance": [-3, 1.5, None, 0]}
    matrix = encoder.transform(columns)
    assert matrix[:, 2].tolist() == [0, 1, 0, 0]
    assert matrix[:2, 1].tolist() == pytest.approx([-math.log(4), math.log(2.5)])
    assert np.isnan(matrix[2, :2]).all()
    assert encoder.unseen(encoder.codes(columns)) == [(), (), ("purpose",), ()]  # no band of a number is new
    assert encoder.column_fields == [("balance",), ("balance",), ("purpose",)]
