"""What looks protected by law is found by its name in three languages or by its levels, and held where the law says so."""

from pathlib import Path

import pytest

from creditrisk.portfolio import Role
from models.drafting.protection import grounds_of
from tests.unit.drafting.lender import ROWS, definition, text_of


@pytest.mark.parametrize(
    ("name", "grounds"),
    [
        ("SEX", ("sex",)),
        ("personal_status_and_sex", ("sex",)),
        ("sexo", ("sex",)),
        ("CODE_GENDER", ("sex",)),
        ("gênero", ("sex",)),
        ("customerGender", ("sex",)),
        ("MARRIAGE", ("marital status",)),
        ("marital.status", ("marital status",)),
        ("estado_civil", ("marital status",)),
        ("EstadoCivil", ("marital status",)),
        ("nacionalidade", ("nationality",)),
        ("foreign_worker", ("nationality",)),
        ("país de nacimiento", ("place of birth",)),
        ("STATE_OF_BIRTH", ("place of birth",)),
        ("cidade_nascimento", ("place of birth",)),
        ("naturalidade", ("place of birth",)),
        ("race", ("race",)),
        ("raça/cor", ("race",)),
        ("etnia", ("origin",)),
        ("religião", ("religion",)),
        ("age_in_years", ("age",)),
        ("idade", ("age",)),
        ("Edad del cliente", ("age",)),
        ("birth_date", ("age",)),
        ("data_nascimento", ("age",)),
        ("mate_profession_code", ("partner",)),
        ("spouse_income", ("partner",)),
        ("renda_conjuge", ("partner",)),
        ("disability", ("health",)),
        ("average_balance", ()),
        ("mortgage", ()),
        ("age_of_oldest_account", ()),
        ("car_age", ()),
        ("estado", ()),
        ("status_of_existing_checking_account", ()),
        ("language", ()),
        ("single_payment", ()),
        ("business_partner", ()),
        ("health_insurance", ()),
        ("percentage", ()),
    ],
)
def test_a_name_tells_on_which_grounds_a_field_may_be_protected(name: str, grounds: tuple[str, ...]) -> None:
    assert grounds_of(name) == grounds


@pytest.mark.parametrize(
    ("levels", "grounds"),
    [
        (("male : single", "female : married"), ("sex", "marital status")),
        (("M", "F"), ("sex",)),
        (("F", "M", "XNA"), ("sex",)),
        (("H", "M"), ("sex",)),
        (("masculino", "feminino"), ("sex",)),
        (("Mr", "Mrs"), ("sex",)),
        (("single", "married", "other"), ("marital status",)),
        (("solteiro(a)", "casado(a)"), ("marital status",)),
        (("white", "black", "asian"), ("race",)),
        (("white", "black", "red"), ()),
        (("catholic", "none", "muslim"), ("religion",)),
        (("own", "rent"), ()),
        (("A", "F", "M", "Z", "Q"), ()),
    ],
)
def test_levels_tell_it_under_any_name(levels: tuple[str, ...], grounds: tuple[str, ...]) -> None:
    assert grounds_of("x1", levels) == grounds


COLUMNS = {
    "x": list(range(0, 3 * ROWS, 3))[::-1],
    "sexo": ["F", "M", "F", "M", "M"] * (ROWS // 5),
    "age": [20 + row % 50 for row in range(ROWS)],
    "status": ["male : single", "female : married", "male : married", "female : single"] * (ROWS // 4),
    "amount": [100 + (row * 37) % 991 for row in range(ROWS)],
}


@pytest.mark.parametrize("law", ["BR", "US", "EU"])
def test_what_the_law_forbids_to_score_by_is_held_and_need_not_be_answered(law: str, tmp_path: Path) -> None:
    fields = definition(tmp_path, COLUMNS, law).fields
    assert {name for name, field in fields.items() if field.role is Role.HELD} == {"sexo", "status"}
    assert fields["sexo"].missing and fields["sexo"].asked
    assert fields["status"].protected == ("sex", "marital status")
    assert (fields["age"].role, fields["age"].protected) == (Role.FEATURE, ("age",))
    assert f"{law} forbids to score by sex" in text_of(tmp_path)


def test_without_a_law_it_is_a_feature_and_that_is_said_aloud(tmp_path: Path) -> None:
    portfolio = definition(tmp_path, COLUMNS)
    assert portfolio.fields["sexo"].role is Role.FEATURE
    assert portfolio.fields["sexo"].protected == ("sex",)
    text = text_of(tmp_path)
    assert "NO LAW IS HEEDED" in text and "BR, EU, US would forbid to score by it" in text
