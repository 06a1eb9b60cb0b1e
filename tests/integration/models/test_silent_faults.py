"""Hand-overs that used to pass the check and score wrongly: labels, gaps, types of levels, orders of columns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from models.handover.check import check, install
from models.handover.errors import (
    NotConvertible,
    UnexpectedScores,
    UnknownLevels,
    WrongLabels,
    WrongShape,
)
from models.synthetic import synthetic_applicants
from scoring import load
from scoring.manifest import read_manifest
from tests.integration.models.conftest import CODES, NUMBERS, bad_of, frame_of, usual_encoder, write


def chain(frame: pd.DataFrame, labels: Any, encoder: Any = None, model: Any = None) -> dict[str, Any]:
    """Encoder, scaler and a regression, fitted one after the other."""
    encoder = (encoder or usual_encoder()).fit(frame, bad_of(frame))
    scaler = StandardScaler().fit(encoder.transform(frame))
    fitted = (model or LogisticRegression(max_iter=500)).fit(
        scaler.transform(encoder.transform(frame)), labels
    )
    return {"encoder_hot": encoder, "std_scaler": scaler, "lightgbm_model": fitted}


def chances(parts: dict[str, Any], frame: pd.DataFrame, column: int = 1) -> Any:
    matrix = parts["std_scaler"].transform(parts["encoder_hot"].transform(frame))
    return parts["lightgbm_model"].predict_proba(matrix)[:, column]


def served(target: Path, rows: list[dict[str, Any]]) -> Any:
    return np.array([score.probability for score in load(target).score(rows, explained=False)])


# Labels


def test_labels_that_are_words_need_the_bad_one_named(tmp_path: Path, frame: pd.DataFrame) -> None:
    words = np.where(bad_of(frame) == 1, "bad", "good")
    parts = chain(frame, words)
    folder, target = write(tmp_path / "words", **parts), tmp_path / "pickles"
    with pytest.raises(WrongLabels, match="--bad bad or --bad good"):
        check(folder)
    with pytest.raises(WrongLabels, match=r"no class 'awful'.*'bad', 'good'"):
        check(folder, bad="awful")
    install(folder, target, bad="bad")
    rows = list(synthetic_applicants(40, seed=9))
    assert served(target, rows) == pytest.approx(chances(parts, frame_of(rows), 0), abs=1e-6)
    assert read_manifest(target).data["foreign"]["bad"] == "bad"
    install(folder, target, bad="good")
    assert served(target, rows) == pytest.approx(chances(parts, frame_of(rows), 1), abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "bad", "column"),
    [
        (lambda y: y.astype(bool), None, 1),
        (lambda y: y.astype(float), None, 1),
        (lambda y: 1 - y, "0", 0),
        (lambda y: y + 1, "2", 1),
        (lambda y: 2 - y, "1", 0),
    ],
)
def test_numbers_and_truths_are_read_as_they_are_meant(
    tmp_path: Path,
    frame: pd.DataFrame,
    labels: Callable[[Any], Any],
    bad: str | None,
    column: int,
) -> None:
    parts = chain(frame, labels(bad_of(frame)))
    install(write(tmp_path / "numbers", **parts), tmp_path / "pickles", bad=bad)
    rows = list(synthetic_applicants(40, seed=9))
    assert served(tmp_path / "pickles", rows) == pytest.approx(
        chances(parts, frame_of(rows), column), abs=1e-6
    )


def test_three_classes_and_classes_that_do_not_say_are_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    three = np.arange(len(frame)) % 3
    with pytest.raises(WrongLabels, match="knows 3 classes"):
        check(write(tmp_path / "three", **chain(frame, three)))
    with pytest.raises(WrongLabels, match="--bad 1 or --bad 2"):
        check(write(tmp_path / "one-two", **chain(frame, bad_of(frame) + 1)))


# Gaps, and types of levels


def as_pandas_reads_it(frame: pd.DataFrame) -> pd.DataFrame:
    """Text gaps as NaN, codes as numbers: what pandas.read_csv makes of a file of codes."""
    found = frame.copy()
    for name in CODES:
        numbers = pd.to_numeric(found[name], errors="coerce")
        whole = numbers.notna().eq(found[name].notna()).all()
        found[name] = numbers if whole else found[name].where(found[name].notna(), np.nan).astype(object)
    return found


def test_gaps_and_codes_are_given_as_the_encoder_learned_them(tmp_path: Path, frame: pd.DataFrame) -> None:
    learned = as_pandas_reads_it(frame)
    parts = chain(learned, bad_of(frame))
    kinds = [
        categories.dtype.kind for categories in parts["encoder_hot"].named_transformers_["codes"].categories_
    ]
    assert "i" in kinds or "f" in kinds, "payment days are numbers to it"
    install(write(tmp_path / "pandas", **parts), tmp_path / "pickles")
    rows = list(synthetic_applicants(200, seed=9))
    expected = chances(parts, as_pandas_reads_it(frame_of(rows)))
    assert served(tmp_path / "pickles", rows) == pytest.approx(expected, abs=1e-6)
    assert not any(score.unknown for score in load(tmp_path / "pickles").score(rows[:50], explained=False))


def test_a_gap_that_was_never_learned_is_unknown(tmp_path: Path, frame: pd.DataFrame) -> None:
    whole = frame.assign(PROFESSIONAL_STATE=frame["PROFESSIONAL_STATE"].fillna("AC"))
    report = install(write(tmp_path / "whole", **chain(whole, bad_of(frame))), tmp_path / "pickles")
    (row,) = synthetic_applicants(1, seed=5)
    (score,) = load(tmp_path / "pickles").score([row | {"PROFESSIONAL_STATE": None}], explained=False)
    assert score.unknown == ("PROFESSIONAL_STATE",)
    assert any(note.startswith("PROFESSIONAL_STATE") and "gap" in note for note in report.warnings)


def test_levels_that_no_applicant_has_are_refused_with_both_sides(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    worded = frame.assign(PAYMENT_DAY="day " + frame["PAYMENT_DAY"])
    with pytest.raises(UnknownLevels, match=r"PAYMENT_DAY.*'day 1'.*is given .*'1'"):
        check(write(tmp_path / "words", **chain(worded, bad_of(frame))))


def test_an_encoder_that_raises_for_what_applicants_give_is_refused(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    strict = ColumnTransformer(
        [("numbers", SimpleImputer(), NUMBERS), ("codes", OneHotEncoder(), ["RESIDENCIAL_STATE"])],
        sparse_threshold=0,
    )
    few = frame[frame["RESIDENCIAL_STATE"].isin(["AC", "AL", "AM"])]
    with pytest.raises(NotConvertible, match="handle_unknown"):
        check(write(tmp_path / "strict", **chain(few, bad_of(few), strict)))


# Expected scores


def expected_file(folder: Path, rows: list[dict[str, Any]], probabilities: Any, **changed: Any) -> None:
    frame = frame_of(rows).assign(**changed)
    frame["probability"] = probabilities
    frame.to_csv(folder / "expected.csv", index=False)


def test_expected_scores_that_come_out_are_counted(tmp_path: Path, frame: pd.DataFrame) -> None:
    parts = chain(frame, bad_of(frame))
    folder, rows = write(tmp_path / "good", **parts), list(synthetic_applicants(30, seed=12))
    assert check(folder).expected is None
    expected_file(folder, rows, chances(parts, frame_of(rows)))
    assert check(folder).expected == 30


def test_expected_scores_that_differ_are_told_by_row_and_field(tmp_path: Path, frame: pd.DataFrame) -> None:
    parts = chain(frame, bad_of(frame))
    folder, rows = write(tmp_path / "off", **parts), list(synthetic_applicants(30, seed=12))
    probabilities = chances(parts, frame_of(rows))
    probabilities[4] += 2e-5
    expected_file(folder, rows, probabilities)
    with pytest.raises(UnexpectedScores, match=r"1 of 30 rows: row 5 expects"):
        check(folder)
    states = [row["RESIDENCIAL_STATE"] for row in rows]
    expected_file(folder, rows, chances(parts, frame_of(rows)) * 0.9, RESIDENCIAL_STATE=["ZZ", *states[1:]])
    with pytest.raises(UnexpectedScores, match="RESIDENCIAL_STATE 'ZZ' cannot be read"):
        check(folder)


def test_expected_scores_of_the_other_class_say_so(tmp_path: Path, frame: pd.DataFrame) -> None:
    """1 = good in the notebook: nothing in the files can tell, the expected scores do."""
    parts = chain(frame, 1 - bad_of(frame))
    folder, rows = write(tmp_path / "good-is-1", **parts), list(synthetic_applicants(30, seed=12))
    expected_file(folder, rows, chances(parts, frame_of(rows), 0))
    with pytest.raises(UnexpectedScores, match="other class: say with --bad"):
        check(folder)
    assert check(folder, bad="0").expected == 30


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("AGE,PERSONAL_MONTHLY_INCOME\n30,500\n", "no column of probabilities"),
        ("AGE,probability\n30,1.5\n", "row 1 expects '1.5'"),
        ("AGE,probability\n30,0.5\n", "lacks"),
        ("AGE,probability\n", "1 to"),
        ("AGE,probability\n30\n", "row 1 has 1 cells"),
    ],
)
def test_an_expected_file_that_cannot_be_understood_says_why(
    foreign: Path, copy_of: Callable[[Path], Path], text: str, told: str
) -> None:
    folder = copy_of(foreign)
    (folder / "expected.csv").write_text(text)
    with pytest.raises(UnexpectedScores, match=told):
        check(folder)


# Shapes


@pytest.mark.parametrize("numbers_first", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_the_manuals_own_shape_is_accepted_when_its_order_is_known(
    tmp_path: Path, frame: pd.DataFrame, numbers_first: bool, named: bool
) -> None:
    """One-hot on the texts, the scaler on the numbers alone, side by side."""
    whole = frame.fillna({"MONTHS_IN_RESIDENCE": 12.0})
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(whole[CODES])
    scaler = StandardScaler().fit(whole[NUMBERS])

    def matrix(given: pd.DataFrame) -> Any:
        sides = [
            pd.DataFrame(scaler.transform(given[NUMBERS]), columns=NUMBERS),
            pd.DataFrame(encoder.transform(given[CODES]), columns=encoder.get_feature_names_out()),
        ]
        both = pd.concat(sides if numbers_first else sides[::-1], axis=1)
        return both if named else both.to_numpy()

    model = LGBMClassifier(n_estimators=20, verbose=-1).fit(matrix(whole), bad_of(whole))
    folder = write(tmp_path / "manual", encoder_hot=encoder, std_scaler=scaler, lightgbm_model=model)
    rows = list(synthetic_applicants(60, seed=9))
    expected = model.predict_proba(matrix(frame_of(rows)))[:, 1]
    if not named:
        with pytest.raises(WrongShape, match=r"which of them comes first.*expected\.csv"):
            check(folder)
        expected_file(folder, rows, expected)
    install(folder, tmp_path / "pickles")
    assert served(tmp_path / "pickles", rows) == pytest.approx(expected, abs=1e-6)


def test_a_whole_pipeline_needs_no_encoder_beside_it(tmp_path: Path, frame: pd.DataFrame) -> None:
    pipeline = make_pipeline(usual_encoder(), StandardScaler(), LogisticRegression(max_iter=500)).fit(
        frame, bad_of(frame)
    )
    install(write(tmp_path / "pipeline", lightgbm_model=pipeline), tmp_path / "pickles")
    rows = list(synthetic_applicants(40, seed=9))
    expected = pipeline.predict_proba(frame_of(rows))[:, 1]
    assert served(tmp_path / "pickles", rows) == pytest.approx(expected, abs=1e-6)


def test_parts_that_do_not_fit_together_say_their_sizes(tmp_path: Path, frame: pd.DataFrame) -> None:
    parts = chain(frame, bad_of(frame))
    parts["lightgbm_model"] = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(WrongShape, match=r"give \d+ columns, and lightgbm_model\.pkl takes 4"):
        check(write(tmp_path / "odd", **parts))


def test_columns_that_are_no_fields_or_tell_who_it_is_are_refused(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    renamed = frame.rename(columns={"PROFESSIONAL_STATE": "work_state"})
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder.fit(renamed[["work_state", "PAYMENT_DAY"]])
    model = LogisticRegression().fit(
        np.nan_to_num(encoder.transform(renamed[["work_state", "PAYMENT_DAY"]])), bad_of(frame)
    )
    with pytest.raises(WrongShape, match="no fields: work_state"):
        check(write(tmp_path / "work_state", encoder_hot=encoder, lightgbm_model=model))
    who = frame.assign(DNI="123456")[["DNI", "PAYMENT_DAY"]]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(who)
    with pytest.raises(WrongShape, match="DNI, which tell who somebody is"):
        check(write(tmp_path / "who", encoder_hot=encoder, lightgbm_model=model))


def test_lower_case_names_of_the_manuals_form_are_fields_too(tmp_path: Path, frame: pd.DataFrame) -> None:
    lower = frame.rename(columns=str.lower)
    encoder = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), [name.lower() for name in NUMBERS]),
            ("codes", OneHotEncoder(handle_unknown="ignore"), [name.lower() for name in CODES]),
        ],
        sparse_threshold=0,
    )
    pipeline = Pipeline([("e", encoder), ("m", LogisticRegression(max_iter=500))]).fit(lower, bad_of(frame))
    install(write(tmp_path / "lower", lightgbm_model=pipeline), tmp_path / "pickles")
    rows = list(synthetic_applicants(40, seed=9))
    expected = pipeline.predict_proba(frame_of(rows).rename(columns=str.lower))[:, 1]
    assert served(tmp_path / "pickles", rows) == pytest.approx(expected, abs=1e-6)
