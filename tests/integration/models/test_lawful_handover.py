"""A folder whose model uses what the portfolio's law forbids is refused before anything is replaced."""

from pathlib import Path

import pytest
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder

from creditrisk.portfolio import in_force
from creditrisk.portfolio.law import PROFILES
from models.handover.check import check, install
from models.synthetic import synthetic_applicants
from scoring.errors import UnlawfulModel
from tests.integration.models.conftest import bad_of, frame_of, write
from tests.integration.models.layers import contents


def folder_of(path: Path, numbers: list[str], codes: list[str]) -> Path:
    """A hand-over that takes these fields."""
    rows = list(synthetic_applicants(600, seed=3))
    frame = frame_of(rows, [*numbers, *codes])
    encoder = ColumnTransformer(
        [("numbers", "passthrough", numbers), ("codes", OneHotEncoder(handle_unknown="ignore"), codes)],
        sparse_threshold=0,
    ).fit(frame)
    model = LGBMClassifier(n_estimators=5, verbose=-1).fit(encoder.transform(frame), bad_of(frame_of(rows)))
    return write(path, encoder_hot=encoder, lightgbm_model=model)


def test_check_and_install_refuse_it_by_field_and_the_layer_stays(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, before = folder_of(tmp_path / "sex", ["AGE"], ["SEX", "PAYMENT_DAY"]), contents(target)
    monkeypatch.setattr(in_force, "profile", lambda: PROFILES["BR"])
    for refused in (lambda: check(folder), lambda: install(folder, target)):
        with pytest.raises(UnlawfulModel, match=r"breaks the law profile BR.*SEX is protected \(sex, Lei"):
            refused()
    assert contents(target) == before
    monkeypatch.setattr(in_force, "profile", lambda: PROFILES["none"])
    assert check(folder).models


def test_the_refusal_names_every_field_to_leave_out_in_one_sentence(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "two", ["AGE"], ["SEX", "PAYMENT_DAY", "MARITAL_STATUS"])
    with pytest.raises(UnlawfulModel, match="anew without SEX, MARITAL_STATUS, as the script of") as refused:
        check(folder)
    assert "held" not in str(refused.value), "the definition is not the data scientist's to change"
    assert str(refused.value).count(". ") == str(refused.value).count("art. ")


def test_age_is_refused_where_it_needs_figures_that_no_hand_over_has(
    foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_force, "profile", lambda: PROFILES["US"])
    with pytest.raises(UnlawfulModel, match=r"US: AGE .*62 and older.*anew without AGE, as"):
        check(foreign)
