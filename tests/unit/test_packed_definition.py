"""The definition as packages carry it: a broken one is not packed, and a model only with its own."""

import json
from pathlib import Path

import pytest

from creditrisk.errors import UnusablePolicy, UnusablePortfolio
from creditrisk.policy.reading import read_policy
from creditrisk.portfolio import active, portfolio_folder, read_portfolio
from creditrisk.portfolio.reading import COMPILED, DEFINITION
from deploy.packages.definition import check_model, put
from deploy.packages.errors import PackageError
from tests.lenders import SMALL_LOANS, small_loans


def test_what_is_packed_says_what_the_definition_says(tmp_path: Path) -> None:
    for folder in (portfolio_folder(), small_loans(tmp_path / "lender")):
        packed = tmp_path / "packed" / folder.name
        put(folder, packed)
        assert [path.name for path in packed.iterdir()] == [COMPILED]
        assert read_portfolio(packed) == read_portfolio(folder)
        put(packed, tmp_path / "again" / folder.name)
        assert (tmp_path / "again" / folder.name / COMPILED).read_bytes() == (packed / COMPILED).read_bytes()


def test_a_policy_beside_the_definition_is_packed_with_it_and_a_broken_one_is_not(tmp_path: Path) -> None:
    folder = small_loans(tmp_path / "lender")
    policy = folder / "policy.toml"
    policy.write_text('name = "small"\ndeclineFrom = 0.25\n', encoding="utf-8")
    put(folder, tmp_path / "packed")
    assert sorted(path.name for path in (tmp_path / "packed").iterdir()) == ["policy.json", COMPILED]
    packed = read_policy(tmp_path / "packed" / "policy.json", read_portfolio(folder))
    assert packed == read_policy(policy, read_portfolio(folder))
    policy.write_text('name = "small"\ndeclineFrom = 25\n', encoding="utf-8")
    with pytest.raises(UnusablePolicy, match="declineFrom"):
        put(folder, tmp_path / "broken")
    assert not (tmp_path / "broken").exists()


def test_a_broken_definition_is_not_packed_and_every_mistake_is_told(tmp_path: Path) -> None:
    broken = SMALL_LOANS.replace('currency = "EUR"', 'currency = "euros"').replace(
        "maximum = 60", "maximum = -60"
    )
    (tmp_path / DEFINITION).write_text(broken, encoding="utf-8")
    with pytest.raises(UnusablePortfolio) as told:
        put(tmp_path, tmp_path / "packed")
    assert len(told.value.mistakes) == 2
    assert "currency" in str(told.value) and "months left" in str(told.value)
    assert not (tmp_path / "packed").exists()


@pytest.mark.parametrize(
    ("manifest", "refused"),
    [
        ({"portfolio": {"name": "pakdd-2010", "fingerprint": "0" * 12}}, True),
        ({"portfolio": {}}, False),
        ({}, False),
        ("{", False),
    ],
)
def test_a_model_of_another_portfolio_is_not_packed(
    manifest: dict[str, object] | str, refused: bool, tmp_path: Path
) -> None:
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    if not refused:
        check_model(portfolio_folder(), tmp_path)
        return
    with pytest.raises(PackageError, match=r"trained under another portfolio .* MODEL_DIR"):
        check_model(portfolio_folder(), tmp_path)


def test_a_model_of_this_portfolio_is_packed(tmp_path: Path) -> None:
    made_for = {"name": active().name, "fingerprint": active().fingerprint}
    (tmp_path / "manifest.json").write_text(json.dumps({"portfolio": made_for}), encoding="utf-8")
    check_model(portfolio_folder(), tmp_path)
