"""The model card is complete after every training, and says the same of the same figures."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from models.training import ablation, plots, segments
from models.training.data import Data
from models.training.errors import CardNotWritten, PlotsUnavailable
from models.training.intervals import intervals
from models.training.publishing import CARD, LAYER, card_of, publish
from models.training.train import Training, save
from scoring.estimators import probability
from tests.integration.models.training.conftest import Train

SECTIONS = [
    "Data", "Fields", "Figures", "Gains by decile", "Sex and age", "What the protected fields are worth",
    "Importance of the fields", "Tried, and did not help", "Limits of use", "How to make it anew",
]  # fmt: skip


@pytest.fixture
def layer(tmp_path: Path, trained: Training) -> Path:
    save(trained, tmp_path / "pickles")
    return tmp_path / "pickles"


def test_only_the_projects_own_layer_has_a_card_of_its_own(tmp_path: Path) -> None:
    assert card_of(LAYER / ".." / LAYER.name) == CARD
    assert card_of(tmp_path) is None


def test_the_card_has_every_section_and_its_plots(
    layer: Path, trained: Training, data: Data, tmp_path: Path
) -> None:
    card = tmp_path / "docs" / "card.md"
    publish(card, trained, data, layer, step=None)
    text = card.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    for link in re.findall(r"!\[[^]]*\]\(([^)]*)\)", text):
        assert (card.parent / link).read_text(encoding="utf-8").startswith("<?xml")
    assert f"{trained.facts['cross_validation']['lightgbm']['roc_auc']:.4f} (" in text
    assert all(f"| `{name}` |" in text for name in trained.encoder.fields)
    assert "Not measured yet" in text
    assert tables(text) == 11 and "{" not in text
    first = {path.name: path.read_bytes() for path in (card.parent / "card").iterdir()}
    publish(card, trained, data, layer, step=None)
    assert card.read_text(encoding="utf-8") == text
    assert {path.name: path.read_bytes() for path in (card.parent / "card").iterdir()} == first


def tables(text: str) -> int:
    """How many tables a page of Markdown has; each must have a rule, and as many cells in every row as in its head."""
    found = [block.splitlines() for block in re.split(r"\n\n+", text) if block.startswith("|")]
    for head, rule, *rows in found:
        assert re.fullmatch(r"\|( -{3}:? \|)+", rule), head
        assert {line.count("|") for line in (rule, *rows)} == {head.count("|")}, head
        assert rows
    return len(found)


def test_the_committed_card_is_whole() -> None:
    assert tables(CARD.read_text(encoding="utf-8")) == 12


def test_groups_that_are_too_small_are_not_compared(
    layer: Path, trained: Training, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "FEWEST", len(data) + 1)
    publish(tmp_path / "card.md", trained, data, layer, step=None)
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert text.count("No two groups are large enough to compare.") == 2 and "four-fifths" not in text


def test_what_a_field_is_worth_is_kept_for_later_cards_with_the_version_it_was_measured_with(
    layer: Path, run: Train, data: Data, tmp_path: Path
) -> None:
    trained = run(ablations={"age": ("AGE",)})
    steps: list[None] = []
    card = tmp_path / "card.md"
    publish(card, trained, data, layer, step=lambda: steps.append(None))
    assert len(steps) == trained.recipe.ablation_steps == trained.recipe.folds
    assert "Measured with this training." in card.read_text(encoding="utf-8")
    kept = ablation.kept(tmp_path / "card")
    assert kept and kept.left_out[0].lost > 0.02  # the labels were made up from age
    later = run(seed=65)
    save(later, layer)
    publish(card, later, data, layer, step=None)
    assert f"(version `{kept.model_version}`)" in card.read_text(encoding="utf-8")


def test_without_matplotlib_the_card_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PlotsUnavailable, match="matplotlib is not installed"):
        plots.require()


def test_a_card_that_cannot_be_written_is_told_in_one_sentence(
    layer: Path, trained: Training, data: Data, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CardNotWritten, match=r"The layer is in .* cannot be written: Not a directory\."):
        publish(tmp_path / "file" / "card.md", trained, data, layer, step=None)


def test_bootstrap_intervals_hold_the_figures_that_scikit_learn_gives() -> None:
    random = np.random.default_rng(1)
    log_odds = random.normal(size=(1, 4_000))
    bad = (random.random(4_000) < probability(log_odds[0])).astype(int)
    found = intervals(log_odds, bad, seed=1, draws=200)
    low, high = found["roc_auc"]
    auc = roc_auc_score(bad, log_odds[0])
    error = np.sqrt(auc * (1 - auc) / min(bad.sum(), (1 - bad).sum()))  # an upper bound of the standard error
    assert low < 0 < high and high - low < 4 * error
    low, high = found["brier"]
    assert low < 0 < high < 0.1 * brier_score_loss(bad, probability(log_odds[0]))
    assert intervals(log_odds, bad, seed=1, draws=200) == found


def test_deciles_hold_everyone_once_and_end_with_all_bad_clients() -> None:
    random = np.random.default_rng(1)
    probability = random.random(1_003)
    bad = (random.random(1_003) < probability).astype(int)
    found = segments.deciles(probability, bad)
    assert (sum(d.rows for d in found), sum(d.bads for d in found)) == (1_003, bad.sum())
    assert found[0].bad_rate > found[-1].bad_rate and found[-1].share_of_bads == 1.0


def test_groups_tell_whom_a_threshold_declines() -> None:
    probability = np.array([0.2] * 600 + [0.6] * 300 + [0.2] * 300)
    bad = np.array([0] * 600 + [1] * 200 + [0] * 100 + [0] * 300)
    found = segments.groups(np.array(["a"] * 600 + ["b"] * 600), probability, bad, [0.5])
    assert [group.outcomes[0].approved for group in found] == [1.0, 0.5]
    assert found[1].outcomes[0].good_declined == 0.25 and found[1].outcomes[0].bad_rate == 0.0
    assert segments.impact_ratio(found, 0) == (0.5, "b", "a")


def test_the_threshold_that_approves_a_share_does() -> None:
    probability = np.random.default_rng(1).random(10_000)
    assert (probability < segments.threshold_approving(probability, 0.8)).mean() == pytest.approx(
        0.8, abs=0.001
    )


def test_age_bands_and_sexes_cover_every_applicant() -> None:
    assert set(segments.age_band_of(range(18, 121))) == {
        "18 – 24", "25 – 34", "35 – 44", "45 – 54", "55 – 64", "65 and older",
    }  # fmt: skip
    assert segments.sex_of(["F", "M", "N", None]).tolist() == ["female", "male", "not given", "not given"]
