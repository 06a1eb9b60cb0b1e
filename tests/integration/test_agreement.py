"""The model behaves in production as it did in training: one probability, whichever way an application comes in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from flask import Flask, request

from creditrisk.application import FIELDS, Role
from creditrisk.application.validation import validate
from creditrisk.errors import InvalidApplication
from creditrisk.files.rows import RowScorer
from creditrisk.intake import Intake
from creditrisk.policy.definition import simplest
from creditrisk.portfolio.kinds import WHICH_AMOUNT
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from models.synthetic import synthetic_applicants
from models.training.data import read
from scoring import Scorer, load, plain
from scoring.manifest import ENCODER, MODEL_FILES, SCALER
from web.body import read_form, read_json

COUNT = 1_000
LAYER = Settings().model_folder


def made_up(scorer: Scorer) -> list[dict[str, Any]]:
    """Applications whose cities and codes the encoder mostly knows."""
    levels = {
        name: known
        for name, known in scorer.encoder.vocabulary.items()
        if name in FIELDS and not FIELDS[name].choices
    }
    levels = {name: [level for level in known if level != "?"] for name, known in levels.items()}
    return list(synthetic_applicants(COUNT, seed=99, levels=levels))


def through_the_form(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a browser posts them: the form's names, everything text, flags as the first form had them."""
    applications = []
    app = Flask("form")
    for row in rows:
        posted = {
            FIELDS[name].form_name: {None: "", "Y": "1", "N": "0"}.get(value, value)
            for name, value in row.items()
        }
        body = urlencode(posted)
        with app.test_request_context(
            "/application", method="POST", data=body, content_type="application/x-www-form-urlencoded"
        ):
            applications.append(validate(read_form(request)))
    return applications


def through_json(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a program posts them: canonical names, numbers as numbers, codes as numbers too, as pandas writes them."""
    applications = []
    app = Flask("api")
    for row in rows:
        posted = {
            name: float(value)
            if name in ("PROFESSION_CODE", "RESIDENCIAL_ZIP_3") and str(value).isdigit()
            else value
            for name, value in row.items()
        }
        with app.test_request_context(
            "/predict", method="POST", data=json.dumps(posted), content_type="application/json"
        ):
            applications.append(validate(read_json(request)))
    return applications


def through_a_file(scorer: Scorer, rows: list[dict[str, Any]]) -> list[float]:
    header = [field.form_name for field in FIELDS.values()]
    text = [["NULL" if value is None else str(value) for value in row.values()] for row in rows]
    return [float(cells[0]) for cells in RowScorer(scorer, simplest(0.5), header, reasons=0).score(text)]


def through_training(model: str, rows: list[dict[str, Any]], folder: Path) -> list[float]:
    """As the trainer reads its file, through the layer's files themselves."""
    names = [name for name, field in FIELDS.items() if field.role is not Role.IDENTITY]
    lines = [
        "\t".join(
            [
                str(number),
                *("NULL" if row[name] is None else str(row[name]) for name in names),
                str(number % 2),
            ]
        )
        for number, row in enumerate(rows)
    ]
    path = folder / "published.txt"
    path.write_bytes("\r\n".join(lines).encode("iso-8859-1"))
    data = read(path)
    assert len(data) == len(rows)
    encoder, scaler, estimator = (
        plain.loads((LAYER / name).read_bytes(), name) for name in (ENCODER, SCALER, MODEL_FILES[model])
    )
    chances: list[float] = estimator.predict_proba(scaler.transform(encoder.transform(data.columns)))[
        :, 1
    ].tolist()
    return chances


@pytest.mark.parametrize("model", MODEL_FILES)
def test_form_api_file_and_trainer_give_the_same_probability(model: str, tmp_path: Path) -> None:
    scorer = load(LAYER, model)
    assert isinstance(scorer, Scorer)
    rows = made_up(scorer)
    trained = through_training(model, rows, tmp_path)
    ways = {
        "form": [score.probability for score in scorer.score(through_the_form(rows), explained=False)],
        "JSON": [score.probability for score in scorer.score(through_json(rows), explained=False)],
        "file": through_a_file(scorer, rows),
    }
    for way, chances in ways.items():
        assert np.allclose(chances, trained, rtol=0, atol=1e-9), way
    assert np.std(trained) > 0.02  # they do tell applicants apart


@pytest.mark.parametrize(
    ("name", "usual", "spellings"),
    [
        ("PERSONAL_MONTHLY_INCOME", "1200.5", ("1200,50", "1.200,50", "R$ 1.200,50", "1,200.50", "1200.3000000000002")),
        ("MONTHS_IN_RESIDENCE", "24", ("24,0", "24.0", "24,00")),
        ("RESIDENCIAL_ZIP_3", "10", ("010", "01001-000", "01.001-000", "10.0")),
        ("PROFESSIONAL_CITY", "", ("nan", "None", "N/A", "#N/A", "<NA>", "-", "\\N")),
        ("MONTHS_IN_RESIDENCE", "", ("NaN", "NA", "(null)", "#N/D", "?")),
    ],
)  # fmt: skip
def test_what_other_people_write_scores_alike_by_form_api_and_file(
    name: str, usual: str, spellings: tuple[str, ...]
) -> None:
    scorer = load(LAYER)
    assert isinstance(scorer, Scorer)
    (row,) = synthetic_applicants(1, seed=7)
    expected = through_a_file(scorer, [row | {name: usual}])
    for way in (through_the_form, through_json):
        rows = way([row | {name: spelling} for spelling in spellings])
        assert [score.probability for score in scorer.score(rows, explained=False)] == pytest.approx(
            expected * len(rows)
        )
    assert through_a_file(scorer, [row | {name: s} for s in spellings]) == pytest.approx(
        expected * len(spellings)
    )


@pytest.mark.parametrize("written", ["1.200", "1,200", "R$ 4.500", "0.500"])
def test_what_may_mean_two_things_is_asked_about_by_form_api_and_file(written: str) -> None:
    scorer = load(LAYER)
    (row,) = synthetic_applicants(1, seed=7)
    row |= {"OTHER_INCOMES": written}
    told = [
        RowScorer(scorer, simplest(0.5), list(row)).score(
            [["" if v is None else str(v) for v in row.values()]]
        )[0][-1]
    ]
    for way in (through_the_form, through_json):
        with pytest.raises(InvalidApplication) as refused:
            way([row])
        told.append(str(refused.value))
    assert told == ["OTHER_INCOMES: " + WHICH_AMOUNT] * 3


@pytest.mark.parametrize("model", MODEL_FILES)
def test_the_drain_records_the_trainers_probability_and_the_challengers(
    model: str,
    settings: Settings,
    intake: Intake,
    tmp_path: Path,
    make_application: Callable[..., dict[str, Any]],
) -> None:
    from dataclasses import replace

    other = next(name for name in MODEL_FILES if name != model)
    assembly = Assembly(replace(settings, model=model, challenger=other))
    scorer = load(LAYER, model)
    assert isinstance(scorer, Scorer)
    rows = made_up(scorer)
    ids = [intake.submit(row).id for row in rows[:100]]
    with assembly.drain("agreement") as drain:
        while drain.step():
            pass
    recorded = {answer.id: answer for answer in (record.answer for record in assembly.history.records())}
    assert list(recorded) == ids
    decisions = [recorded[id].decision for id in ids]
    assert all(
        decision and decision.model == model and decision.challenger == other for decision in decisions
    )
    for name, told in ((model, "probability"), (other, "challenger_probability")):
        expected = through_training(name, rows, tmp_path)[:100]
        assert np.allclose([getattr(decision, told) for decision in decisions], expected, rtol=0, atol=1e-9)
