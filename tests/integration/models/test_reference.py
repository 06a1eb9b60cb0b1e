"""What a model learned from is kept as counts, in which nobody is found, and read back or refused in one sentence."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.application import FIELDS
from models.handover.check import install
from models.handover.distributions import FEWEST, count
from models.handover.errors import UnusableRows
from models.reference import Binning, levels_of, number_bins, reference_of, score_bins
from models.store.layer import PREVIOUS, add_reference, roll_back
from models.synthetic import synthetic_applicants
from scoring import load
from scoring.errors import FileChanged, ReferenceMissing, UnreadableReference
from scoring.manifest import MANIFEST, MODEL_FILES, REFERENCE, Manifest, read_manifest, sha256
from scoring.reference import Levels, Reference, loads, read_reference, shares
from scoring.scorer import AnyScorer
from tests.integration.models.conftest import CODES, NUMBERS, frame_of
from tests.integration.models.layers import LAYER, contents

BINNING = Binning()
EVERY = sorted(name for name, field in FIELDS.items() if field.role != "identity")


@pytest.fixture(scope="module")
def columns() -> dict[str, list[Any]]:
    rows = list(synthetic_applicants(2_000, seed=11))
    return {name: [row[name] for row in rows] for name in FIELDS}


@pytest.fixture(scope="module")
def reference(columns: dict[str, list[Any]]) -> Reference:
    scores = np.random.default_rng(1).beta(2, 6, 2_000)
    return reference_of(columns, EVERY, dict.fromkeys(MODEL_FILES, scores))


def test_every_application_is_counted_once_in_every_input_and_score(reference: Reference) -> None:
    assert list(reference.inputs) == EVERY and set(reference.scores) == set(MODEL_FILES)
    for each in (*reference.inputs.values(), *reference.scores.values()):
        assert sum(each.expected) == reference.rows == 2_000


def test_the_same_applications_fall_into_the_cells_that_are_expected(
    reference: Reference, columns: dict[str, list[Any]]
) -> None:
    for name, each in reference.inputs.items():
        assert each.count(columns[name]) == each.expected, name


def test_nobody_is_found_in_the_counts(reference: Reference) -> None:
    for name, each in (reference.inputs | reference.scores).items():
        cells = [*each.levels.values(), each.others] if isinstance(each, Levels) else each.counts
        assert all(count >= BINNING.fewest for count in cells if count) or len(cells) == 1, (name, cells)
        if isinstance(each, Levels):
            assert len(each.levels) <= BINNING.levels


@pytest.mark.parametrize(
    ("counts", "named", "others"),
    [
        ({"Curitiba": 300, "Londrina": 40, "Toledo": 1}, {"CURITIBA": 300}, 41),
        ({"Curitiba": 300, "Londrina": 40, "Toledo": 20}, {"CURITIBA": 300, "LONDRINA": 40, "TOLEDO": 20}, 0),
        ({"Curitiba": 19}, {}, 19),
        ({f"Vila {number}": 1 for number in range(500)}, {}, 500),
        ({"São Tomé": 11, "SAO TOME": 11, "Toledo": 25}, {"TOLEDO": 25, "SAO TOME": 22}, 0),
    ],
)
def test_a_rare_level_is_counted_with_others(
    counts: dict[str, int], named: dict[str, int], others: int
) -> None:
    values = [level for level, count in counts.items() for _ in range(count)]
    found = levels_of("RESIDENCIAL_CITY", values, BINNING)
    assert (dict(found.levels), found.others, found.missing) == (named, others, 0)


@pytest.mark.parametrize(
    ("name", "trained", "served"),
    [
        ("RESIDENCIAL_ZIP_3", "13", "013"),
        ("PROFESSIONAL_ZIP_3", "13", "013"),
        ("RESIDENCIAL_CITY", "NITEROI", "Niterói"),
        ("PROFESSIONAL_BOROUGH", "Sta. Rita", "STA RITA"),
        ("SEX", "F", "F"),
    ],
)
def test_a_value_is_the_same_level_however_it_is_spelt(name: str, trained: str, served: str) -> None:
    found = levels_of(name, [trained] * 30 + [None] * 2, BINNING)
    assert found.count([served, None, "?", "another"]) == [1, 1, 2]


@pytest.mark.parametrize("seed", range(3))
def test_quantities_have_bins_of_about_equally_many_and_edges_that_are_round(seed: int) -> None:
    draw = random.Random(seed)
    values = [draw.lognormvariate(6.4, 0.7) for _ in range(5_000)] + [None] * 7
    found = number_bins(values, BINNING)
    assert found.missing == 7 and len(found.counts) == BINNING.numbers
    assert max(found.counts) < 2 * 5_000 / BINNING.numbers
    for edge in found.edges:
        assert edge == float(f"{edge:.1e}"), "two digits"


def test_an_amount_that_is_mostly_nothing_leaves_bins_for_the_rest() -> None:
    found = number_bins([0] * 4_500 + list(range(1, 501)), BINNING)
    assert found.edges[0] == 1 and found.counts[0] == 4_500 and len(found.counts) >= 5


@pytest.mark.parametrize("values", [[], [None] * 50, [7] * 50, [0], [999_999_999] * 30, list(range(25))])
def test_few_or_equal_quantities_are_one_bin(values: list[Any]) -> None:
    found = number_bins(values, BINNING)
    assert (len(found.counts), sum(found.expected)) == (1, len(values))
    assert found.count([5, None]) == [1, 1]


def test_scores_fall_into_bins_of_equal_shares() -> None:
    scores = np.random.default_rng(2).beta(2, 6, 20_000)
    found = score_bins(scores, BINNING)
    assert len(found.counts) == BINNING.scores
    assert max(found.counts) / min(found.counts) < 1.3


def test_expected_shares_add_up_to_one_and_none_is_nothing(
    reference: Reference, columns: dict[str, list[Any]]
) -> None:
    for name, each in reference.inputs.items():
        expected, found = shares(each.expected), shares(each.count(columns[name]))
        assert sum(expected) == pytest.approx(1) and min(expected) > 0
        assert expected == found
    moved = shares(reference.inputs["AGE"].count([18] * 1_000))
    old = shares(reference.inputs["AGE"].expected)
    assert sum((a - e) * np.log(a / e) for a, e in zip(moved, old, strict=True)) > 1, "a PSI that shouts"


def test_what_is_written_is_read_back(reference: Reference) -> None:
    assert loads(reference.dumps()) == reference


def damaged(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def apply(content: bytes) -> bytes:
        data = json.loads(content)
        change(data)
        return json.dumps(data).encode()

    return apply


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"[" * 100_000,
        lambda content: b"\xff\xfe",
        lambda content: b"[]",
        damaged(lambda data: data.update(shape=2)),
        damaged(lambda data: data.pop("scores")),
        damaged(lambda data: data.update(rows=data["rows"] + 1)),
        damaged(lambda data: data["inputs"].update(HEIGHT=data["inputs"]["SEX"])),
        damaged(lambda data: data["inputs"].update(AGE=data["inputs"]["SEX"])),
        damaged(lambda data: data["inputs"].update(SEX=data["inputs"]["AGE"])),
        damaged(lambda data: data["inputs"]["AGE"]["edges"].reverse()),
        damaged(lambda data: data["inputs"]["AGE"]["edges"].append(999)),
        damaged(lambda data: data["inputs"]["AGE"]["edges"].__setitem__(0, float("nan"))),
        damaged(lambda data: data["inputs"]["AGE"]["counts"].__setitem__(0, -1)),
        damaged(lambda data: data["inputs"]["SEX"].update(missing=True)),
        damaged(lambda data: data["inputs"]["SEX"].update(others=0.5)),
        damaged(lambda data: data["inputs"].pop("SEX")),
        damaged(lambda data: data["scores"].pop("lightgbm")),
    ],
)
def test_distributions_that_are_none_are_refused(
    damage: Callable[[bytes], bytes], reference: Reference, tmp_path: Path
) -> None:
    content = damage(reference.dumps())
    (tmp_path / REFERENCE).write_bytes(content)
    files = {name: {"sha256": sha256(content)} for name in (REFERENCE, *MODEL_FILES.values())}
    with pytest.raises(UnreadableReference, match=r"install the layer again\. Scoring needs none\."):
        read_reference(tmp_path, Manifest({"files": files, "fields": EVERY}))


def test_a_layer_with_distributions_that_are_none_scores_but_replaces_no_other(
    reference: Reference, target: Path
) -> None:
    other = target.with_name(target.name + PREVIOUS)
    shutil.copytree(target, other)
    add_reference(other, replace(reference, rows=1))
    assert load(other).name == "lightgbm"
    before = contents(target)
    with pytest.raises(UnreadableReference):
        roll_back(target)
    assert contents(target) == before


def test_distributions_that_were_changed_are_not_read(reference: Reference, target: Path) -> None:
    add_reference(target, reference)
    (target / REFERENCE).write_bytes((target / REFERENCE).read_bytes() + b" ")
    with pytest.raises(FileChanged, match=REFERENCE):
        read_reference(target, read_manifest(target))


def without_reference(layer: Path) -> None:
    manifest = json.loads((layer / MANIFEST).read_bytes())
    manifest["files"].pop(REFERENCE, None)
    (layer / MANIFEST).write_text(json.dumps(manifest))
    (layer / REFERENCE).unlink(missing_ok=True)


def test_a_layer_without_distributions_loads_and_says_what_is_missing(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_reference(target)
    assert load(target).version == load(LAYER).version
    with pytest.raises(ReferenceMissing, match=r"no reference distributions .* `creditrisk train DATA`"):
        read_reference(target, read_manifest(target))
    monkeypatch.setenv("MODEL_DIR", str(target))
    shown = CliRunner().invoke(creditrisk, ["model", "show"])
    assert shown.exit_code == 0 and "reference     none: no drift can be measured" in shown.output


def test_distributions_change_no_version(reference: Reference, target: Path) -> None:
    version = load(target).version
    add_reference(target, reference)
    assert load(target).version == version
    assert read_reference(target, read_manifest(target)) == reference


def with_rows(folder: Path, frame: pd.DataFrame) -> Path:
    frame.to_csv(folder / "reference.csv", index=False)
    return folder


def test_a_hand_over_with_its_rows_gets_their_distributions_and_keeps_no_row(
    foreign: Path, frame: pd.DataFrame, target: Path, copy_of: Callable[[Path], Path]
) -> None:
    refused = frame.head(50).assign(AGE=17)
    report = install(with_rows(copy_of(foreign), pd.concat([refused, frame])), target)
    assert report.reference == len(frame) == 600 and report.left_alone == []
    assert "reference.csv: 50 rows are left out, since no form would accept them" in report.warnings
    found = read_reference(target, read_manifest(target))
    assert list(found.inputs) == sorted([*NUMBERS, *CODES])
    rows = list(synthetic_applicants(600, seed=3))
    for name, each in found.inputs.items():
        assert each.count([row[name] for row in rows]) == each.expected
    for model, bins in found.scores.items():
        served = [score.probability for score in load(target, model).score(rows, explained=False)]
        assert bins.count(served) == bins.expected
    assert not (target / "reference.csv").exists()


def test_a_hand_over_without_rows_serves_and_is_told_what_is_missing(foreign: Path) -> None:
    output = CliRunner().invoke(creditrisk, ["model", "check", str(foreign)]).output
    assert "no reference distributions: no drift will be measured" in output


@pytest.mark.parametrize("rows", [0, FEWEST])
def test_our_own_layer_keeps_its_distributions_or_gets_those_of_rows_that_come_along(
    rows: int, reference: Reference, target: Path, tmp_path: Path
) -> None:
    add_reference(target, reference)
    if rows:
        with_rows(target, frame_of(list(synthetic_applicants(rows, seed=8)), EVERY))
    report = install(target, tmp_path / "other")
    found = read_reference(tmp_path / "other", read_manifest(tmp_path / "other"))
    assert report.reference == found.rows == (rows or reference.rows)
    assert (found == reference) == (not rows)
    assert report.left_alone == ([REFERENCE] if rows else [])


@pytest.fixture(scope="module")
def own() -> AnyScorer:
    return load(LAYER)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return frame_of(list(synthetic_applicants(600, seed=3)), EVERY)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.head(20), "20 usable rows of 20.*or leave the file out"),
        (lambda frame: frame.assign(AGE=3), "0 usable rows of 600; the first field to fail is mostly AGE"),
        (lambda frame: frame.drop(columns="PAYMENT_DAY"), "lacks PAYMENT_DAY"),
        (
            lambda frame: frame.rename(columns={"RESIDENCIAL_CITY": "RESIDENTIAL_CITY"}),
            r"lacks RESIDENCIAL_CITY \(is RESIDENTIAL_CITY meant for it\?\)",
        ),
        (lambda frame: frame.assign(age=frame["AGE"]), "AGE is there twice"),
        (lambda frame: frame.head(0), "needs a header and up to"),
    ],
)
def test_rows_that_cannot_be_counted_are_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], said: str, whole: pd.DataFrame, own: AnyScorer
) -> None:
    with pytest.raises(UnusableRows, match=said):
        count(change(whole).to_csv(index=False).encode(), [own])


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"", b"1,2\n" * 600, b'"' * 100_000 + b"\n1"])
def test_rows_that_are_no_table_are_refused(data: bytes, own: AnyScorer) -> None:
    with pytest.raises(UnusableRows, match=r"reference\.csv"):
        count(data, [own])


def test_a_row_of_another_width_is_named(whole: pd.DataFrame, own: AnyScorer) -> None:
    lines = whole.to_csv(index=False).splitlines()
    lines[7] += ",1"
    with pytest.raises(UnusableRows, match="row 7 has 53 cells, and the header 52"):
        count("\n".join(lines).encode(), [own])


def test_an_install_that_is_refused_for_its_rows_changes_nothing(
    foreign: Path, frame: pd.DataFrame, target: Path, copy_of: Callable[[Path], Path]
) -> None:
    before = contents(target)
    with pytest.raises(UnusableRows):
        install(with_rows(copy_of(foreign), frame.head(20)), target)
    assert contents(target) == before
