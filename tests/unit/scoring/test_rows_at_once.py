"""Rows of a file are read, scored and decided by columns; each gets what an application by itself would have got."""

import csv
import io
import json
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest

from creditrisk.application import FIELDS
from creditrisk.application.validation import validate
from creditrisk.deciding import APPROVED, VERDICTS, principal_reasons, verdicts
from creditrisk.decision import decide, ruling
from creditrisk.errors import InvalidApplication
from creditrisk.files.lines import by_csv, cells_of, lines_of, rows_of
from creditrisk.files.reasons import reasons_cells
from creditrisk.files.rows import RESULT_COLUMNS, RowScorer
from creditrisk.history.columns import reasons_cell
from creditrisk.policy.definition import Condition, Policy, Rule, simplest
from creditrisk.repeated import Repeated
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants
from scoring import load
from scoring.estimators import Committee
from scoring.manifest import MODEL_FILES
from scoring.scorer import AnyScorer, Score
from scoring.trees import Trees

ODD = (
    "", "NULL", " x ", "1.200", "1200,50", "R$ 1.200,50", "-5", "1e3", "J", "Niterói", "NITEROI", "99999", "010", "01310-100",
    "1.0", "true", "N", 'say "hi"', "two\nlines", "com,ma", "'=1+1", "x" * 300, "\u200bSP", "130", "17",
)  # fmt: skip
RULES = (
    Rule("young", "declined", "Too young.", (Condition("AGE", "below", number=25.0),)),
    Rule("no-sex", "referred", "By hand.", (Condition("SEX", "missing"),)),
)
HALF = 0.0010065
"""Lies halfway between two figures of six digits, a little nearer to the upper one: its product with a million is not."""
POLICIES = {"one threshold": simplest(0.3), "rules": Policy("ruled", 0.35, refer_from=0.25, rules=RULES)}


def made_up(count: int) -> list[list[str]]:
    """Rows of which most are as they should be, and the others have odd cells, too many or too few."""
    random, rows = Random(7), []
    for number, applicant in enumerate(synthetic_applicants(count, seed=31)):
        row = ["" if value is None else str(value) for value in applicant.values()]
        if random.random() < 0.3:
            for place in random.choices(range(2, len(row)), k=2):
                row[place] = random.choice(ODD)
        rows.append({5: row[:-1], 6: [*row, "more"]}.get(number % 40, row))
    return rows


ROWS = made_up(700)


@cache
def model(name: str) -> AnyScorer:
    return load(Settings().model_folder, name)


def by_itself(row: list[str], scorer: AnyScorer, policy: Policy) -> dict[str, Any]:
    """What an application with these cells gets when it comes alone."""
    if len(row) != len(FIELDS):
        return {"error": f"The row has {len(row)} cells; the header has {len(FIELDS)}."}
    identity = {"FULL_NAME": "Ana Souza", "DNI": "1234567890"}
    try:
        application = validate(dict(zip(FIELDS, row, strict=True)) | identity)
    except InvalidApplication as error:
        return {"error": str(error)}
    (score,) = scorer.score([application])
    changes: Any = ()
    if score.probability >= policy.decline_from:
        (changes,) = scorer.counterfactuals([application], policy.approve_below)
    decision = decide(score, application, policy, scorer.name, scorer.version, "", counterfactual=changes)
    return {
        "probability": pytest.approx(decision.probability, abs=1e-12),
        "prediction": str(decision.prediction),
        "decision": decision.decision,
        "reasons": [(name, pytest.approx(part, abs=2e-6), value) for name, part, value in decision.reasons],
        "unknown": decision.unknown,
        "counterfactual": [list(change) for change in decision.counterfactual],
        "rule": decision.rule,
        "error": "",
    }


def as_told(cells: dict[str, str]) -> dict[str, Any]:
    """A row's result, read back."""
    if cells["error"]:
        assert not any(cell for column, cell in cells.items() if column != "error")
        return {"error": cells["error"].split(" It goes over")[0]}
    return cells | {
        "probability": float(cells["probability"]),
        "reasons": [tuple(reason) for reason in json.loads(cells["reasons"])],
        "unknown": cells["unknown"].split(),
        "counterfactual": json.loads(cells["counterfactual"] or "[]"),
    }


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("name", MODEL_FILES)
def test_each_row_gets_what_an_application_by_itself_gets(name: str, policy: Policy) -> None:
    scorer, given = model(name), io.StringIO()
    csv.writer(given).writerows(ROWS)
    text, count, bad = RowScorer(scorer, policy, list(FIELDS)).score_text(given.getvalue())

    written = list(csv.reader(io.StringIO(text, newline="")))
    assert count == len(written) == len(ROWS)
    told = [dict(zip(RESULT_COLUMNS, row[len(FIELDS) :], strict=True)) for row in written]
    assert bad == sum(bool(cells["error"]) for cells in told) > 50
    assert {cells["decision"] for cells in told} >= {"approved", "declined", ""}
    for row, again, cells in zip(ROWS, written, told, strict=True):
        assert again[: len(FIELDS)] == [*row, ""][: len(FIELDS)]
        assert as_told(cells) == by_itself(row, scorer, policy)


@pytest.mark.parametrize("seed", range(40))
def test_a_text_s_rows_are_what_the_csv_module_reads_in_it(seed: int) -> None:
    random = Random(seed)
    pieces = ("a", "b c", ",", ",", ";", '"', '""', "\n", "\n", "\r\n", "\r", " ", "é")
    text = "".join(random.choices(pieces, k=60))
    assert [cells_of(row, ",") for row in rows_of(text, ",")] == list(
        filter(None, csv.reader(io.StringIO(text, newline="")))
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_is_written_is_what_the_csv_module_would_write(delimiter: str) -> None:
    given, expected = io.StringIO(), io.StringIO()
    csv.writer(given, delimiter=delimiter).writerows(ROWS[:60])
    text, _, _ = RowScorer(model("lightgbm"), simplest(0.3), list(FIELDS), 2, delimiter).score_text(
        given.getvalue()
    )
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    csv.writer(expected, delimiter=delimiter, lineterminator="\n").writerows(rows)
    assert text == expected.getvalue()


@pytest.mark.parametrize("delimiter", [",", "|", ".", "a", " "])
def test_results_are_put_into_quotation_marks_as_the_csv_module_does(delimiter: str) -> None:
    odd = ("", "0.25", "[]", '[["A", 1.5, "b"]]', "two\nlines", "a\rb", '"', "A B", "a|b", "nothing")
    random = Random(3)
    rows = [random.choices(odd, k=5) for _ in range(50)] + [["0.25", "", "", "", ""]]
    expected = io.StringIO()
    csv.writer(expected, delimiter=delimiter, lineterminator="\n").writerows(rows)
    assert "".join(f"{line}\n" for line in lines_of(rows, delimiter)) == expected.getvalue()
    plain = [[cell.replace("\r", "") for cell in row] for row in rows]
    assert list(lines_of(plain, delimiter)) == by_csv(plain, delimiter)


def test_many_tables_are_looked_up_as_a_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load(Settings().model_folder).encoder  # type: ignore[attr-defined]
    applications = list(synthetic_applicants(300, seed=4))
    columns = {name: [row[name] for row in applications] for name in encoder.fields}
    expected = encoder.transform(columns)
    monkeypatch.setattr("scoring.encoder._EXACT", 1)  # as if there were millions of places
    again = load(Settings().model_folder).encoder  # type: ignore[attr-defined]
    assert np.array_equal(again.transform(columns), expected, equal_nan=True)


def test_many_rows_of_shallow_trees_are_scored_to_the_bit_as_few_are() -> None:
    committee = model("lightgbm").model  # type: ignore[attr-defined]
    assert isinstance(committee, Committee)
    trees = next(member.trees for member in committee.members if hasattr(member, "trees"))
    assert isinstance(trees, Trees)
    random = np.random.default_rng(3)
    matrix = random.normal(size=(700, trees.column.max() + 2))
    asked = random.choice(trees.column.size, 4_000)  # values that lie on a threshold, and just beside one
    on = trees.threshold.ravel()[asked]
    matrix[random.integers(0, 700, 4_000), trees.column.ravel()[asked]] = np.where(
        asked % 2, on, np.nextafter(on, 9)
    )
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    log_odds, shares = trees.explained(matrix)
    few = [trees.explained(matrix[start : start + 50]) for start in range(0, 700, 50)]
    assert (log_odds == np.concatenate([each for each, _ in few])).all()
    assert (shares == np.concatenate([each for _, each in few])).all()
    assert (trees.log_odds(matrix) == log_odds).all()


def test_reasons_and_verdicts_of_many_are_those_of_each() -> None:
    random = Random(5)
    fields = list(FIELDS)[2:14]
    unseen = [tuple(random.sample(fields, random.choice((0, 0, 1, 3)))) for _ in range(300)]
    table = [[random.choice((None, 'say "a, b"\n', "é", 1, 2.5)) for _ in fields] for _ in unseen]
    parts = [[random.choice((0.4, -0.4, 0.001, -0.001, 0.0009, HALF, -HALF, random.gauss(0, 1))) for _ in fields] for _ in unseen]  # fmt: skip
    chances = [random.choice((0.25, 0.35, random.random())) for _ in unseen]
    policy = Policy("two", 0.35, refer_from=0.25)
    columns = dict(zip(fields, map(Repeated.of, zip(*table, strict=True)), strict=True))
    found = verdicts(policy, np.array(chances))
    reasons = principal_reasons(
        np.array(parts), fields, columns, unseen, found == APPROVED, 3, untold={fields[1]}
    )
    told = list(reasons.by_decision(list(zip(*reasons[:3], strict=True))))
    cells = list(reasons_cells(reasons))
    for at, chance in enumerate(chances):
        application = dict(zip(fields, table[at], strict=True))
        score = Score(chance, dict(zip(fields, parts[at], strict=True)), unseen[at])
        alone = decide(score, application, policy, "m", "v", "", most=3, untold={fields[1]})
        assert VERDICTS[found[at]] == ruling(policy, chance, application).verdict == alone.decision
        assert told[at] == alone.reasons
        assert cells[at] == reasons_cell(alone.reasons)
