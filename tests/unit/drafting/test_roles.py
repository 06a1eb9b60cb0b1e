"""What no model should learn from is found: ids, what was known only afterwards, what says nothing; and who applies."""

import random
from pathlib import Path
from typing import Any

import pytest

from creditrisk.portfolio import Role
from creditrisk.portfolio.kinds import Digits, Text
from models.drafting.draft import draft
from models.table import UnusableData, read_table
from tests.unit.drafting.lender import ROWS, as_csv, definition, outcomes, refused, text_of

BAD = [each == "bad" for each in outcomes()]


def noise(seed: int) -> list[int]:
    draw = random.Random(seed)
    return [draw.randint(0, 5_000) for _ in range(ROWS)]


def leaking(share: float, seed: int = 2) -> list[int]:
    """Follows the outcome in that share of the rows."""
    draw = random.Random(seed)
    return [int(bad if draw.random() < share else draw.random() < 0.5) for bad in BAD]


X: dict[str, list[Any]] = {"x": noise(1), "y": noise(2)}


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("ID", noise(8), "the number of a row"),
        ("SK_ID_CURR", random.Random(1).sample(range(100_000), ROWS), "the number of a row"),
        ("customer_number", random.Random(1).sample(range(100_000), ROWS), "the number of a row"),
        ("line", list(range(1, ROWS + 1)), "it counts the rows"),
        ("contract", [f"C-{number * 7}" for number in range(ROWS)], "every row has a value of its own"),
        ("country", ["BR"] * ROWS, "every row says the same"),
        ("remark", [""] * ROWS, "every row says the same"),
        ("x_again", X["x"], "it says in every row what x says"),
        ("days_in_default", [90 * bad for bad in BAD], "ROC-AUC of 1.000"),
        ("call_back", leaking(0.85), "far above the next"),
        ("recoveries", leaking(0.4), "its name tells of what comes later"),
    ],
)
def test_what_a_model_should_not_learn_from_is_recorded_and_told(
    name: str, values: list[Any], why: str, tmp_path: Path
) -> None:
    portfolio = definition(tmp_path, {**X, name: values})
    assert portfolio.fields[name].role is Role.RECORDED
    assert portfolio.fields["x"].role is portfolio.fields["y"].role is Role.FEATURE
    told = [line for line in text_of(tmp_path).splitlines() if "no model may use it" in line]
    assert len(told) == 1 and why in text_of(tmp_path).replace("\n# ", " ")
    assert refused(portfolio, tmp_path / "loans.csv") == []


def test_what_predicts_well_and_not_too_well_is_a_feature(tmp_path: Path) -> None:
    portfolio = definition(tmp_path, {**X, "score": leaking(0.4)})
    assert portfolio.fields["score"].role is Role.FEATURE


def test_a_day_after_the_decision_is_found(tmp_path: Path) -> None:
    applied = [f"2024-{1 + row % 12:02}-01" for row in range(ROWS)]
    closed = [f"2025-{1 + row % 12:02}-15" if bad else "" for row, bad in enumerate(BAD)]
    born = [f"19{50 + row % 50}-03-03" for row in range(ROWS)]
    columns = {**X, "application_date": applied, "charge_off_date": closed, "date_of_birth": born}
    portfolio = definition(tmp_path, columns)
    roles = {name: field.role for name, field in portfolio.fields.items() if name in columns}
    assert roles == {
        "x": Role.FEATURE, "y": Role.FEATURE, "application_date": Role.RECORDED, "charge_off_date": Role.RECORDED,
        "date_of_birth": Role.RECORDED,
    }  # fmt: skip
    asked = {name: field.asked for name, field in portfolio.fields.items() if name in columns}
    assert asked == {
        "x": True, "y": True, "application_date": True, "charge_off_date": False, "date_of_birth": True
    }  # fmt: skip
    assert portfolio.fields["date_of_birth"].protected == ("age",)


def test_who_applies_is_added_where_the_file_does_not_tell(tmp_path: Path) -> None:
    portfolio = definition(tmp_path, X)
    assert portfolio.identity == ("FULL_NAME", "DNI")
    assert [portfolio.fields[name].missing for name in portfolio.identity] == [False, False]


def test_who_applies_is_the_files_where_it_tells(tmp_path: Path) -> None:
    draw = random.Random(9)
    columns = {
        "Customer Name": [f"Ana Souza {chr(65 + row % 26)}{row}" for row in range(ROWS)],
        "cpf": [f"{draw.randint(10**10, 10**11 - 1)}" for _ in range(ROWS)],
        **X,
    }
    portfolio = definition(tmp_path, columns)
    assert list(portfolio.fields) == ["FULL_NAME", "DNI", "x", "y"]
    assert portfolio.fields["FULL_NAME"].accepted == ("Customer Name",)
    assert isinstance(portfolio.fields["FULL_NAME"].kind, Text)
    assert isinstance(portfolio.fields["DNI"].kind, Digits)
    assert refused(portfolio, tmp_path / "loans.csv") == []


def test_names_that_the_record_has_itself_are_replaced(tmp_path: Path) -> None:
    columns = {
        **X,
        "model": noise(3),
        "Decision": noise(4),
        "credit amount": noise(5),
        "credit-amount": noise(6),
    }
    portfolio = definition(tmp_path, columns)
    assert {"model_field", "Decision_field"} < set(portfolio.fields)
    forms = [field.form_name for field in portfolio.fields.values()]
    assert len(set(forms)) == len(forms) and {"credit_amount", "credit_amount_2"} < set(forms)
    assert "model in the file" in text_of(tmp_path)  # fmt: skip


def test_only_what_an_applicant_can_change_is_changeable(tmp_path: Path) -> None:
    names = (
        "credit_amount", "duration_in_month", "savings", "valor_emprestimo", "age", "credit_history", "monthly_income",
        "months_in_job", "BILL_AMT1", "number_of_existing_credits", "present_employment_since",
    )  # fmt: skip
    portfolio = definition(tmp_path, {name: noise(seed) for seed, name in enumerate(names)})
    changeable = {name for name, field in portfolio.fields.items() if field.changeable}
    assert changeable == {"credit_amount", "duration_in_month", "savings", "valor_emprestimo"}


@pytest.mark.parametrize(
    ("columns", "said"),
    [({"a": ["same"] * ROWS}, "no column that a model could use"), ({}, "no column beside outcome")],
)
def test_a_table_of_which_nothing_can_be_learned_is_told_so(
    columns: dict[str, list[Any]], said: str, tmp_path: Path
) -> None:
    data = tmp_path / "loans.csv"
    data.write_text(as_csv({"outcome": outcomes(), **(columns or {"": range(ROWS)})}))
    with pytest.raises(UnusableData, match=said):
        draft(read_table(data), "outcome", "bad", "none", "loans")


def test_fields_with_like_names_stand_together(tmp_path: Path) -> None:
    names = (
        "age",
        "marital_status",
        "loan_amount",
        "duration",
        "job",
        "income",
        "BILL_AMT1",
        "BILL_AMT2",
        "zzz",
    )
    portfolio = definition(tmp_path, {name: noise(seed) for seed, name in enumerate(names)})
    sections = {name: portfolio.fields[name].section for name in names}
    assert sections["age"] == sections["marital_status"] == "applicant"
    assert sections["loan_amount"] == sections["duration"] == "loan"
    assert sections["job"] == sections["income"] == "work"
    assert sections["BILL_AMT1"] == sections["BILL_AMT2"]
    assert next(iter(portfolio.sections)) == "applicant"
    (tmp_path / "other").mkdir()
    anonymous = definition(tmp_path / "other", {f"x{number}": noise(number) for number in range(9)})
    assert {field.section for name, field in anonymous.fields.items() if name[0] == "x"} == {"application"}
