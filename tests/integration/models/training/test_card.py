"""The model card is complete after every training, and says the same of the same figures."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from creditrisk.application import FIELDS
from creditrisk.portfolio import active
from creditrisk.portfolio.definition import Target
from models.fairness import grouping
from models.fairness.report import Fairness
from models.training import ablation, card, fairness, plots, segments
from models.training.data import Data
from models.training.errors import CardNotWritten, PlotsUnavailable
from models.training.intervals import intervals
from models.training.publishing import CARD, LAYER, card_of, publish
from models.training.train import Training, save
from scoring.estimators import probability
from tests.integration.models.training.conftest import Train

SECTIONS = [
    "Data", "Fields", "Figures", "Gains by decile", "Law and fairness", "What the protected fields are worth",
    "Importance of the fields", "Tried, and did not help", "Limits of use", "How to make it anew",
]  # fmt: skip


@pytest.fixture
def layer(tmp_path: Path, trained: Training) -> Path:
    save(trained, tmp_path / "pickles")
    return tmp_path / "pickles"


@pytest.fixture(scope="module")
def fair(trained: Training, data: Data) -> Fairness:
    """The fairness of that training, which takes some seconds to measure."""
    return fairness.measure(trained, data, lambda: None)


@pytest.fixture
def known_fairness(fair: Fairness, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what else a card says."""
    monkeypatch.setattr(fairness, "measure", lambda *_: fair)


def test_only_the_projects_own_layer_has_a_card_of_its_own(tmp_path: Path) -> None:
    assert card_of(LAYER / ".." / LAYER.name) == CARD
    assert card_of(tmp_path) is None


@pytest.mark.usefixtures("known_fairness")
def test_the_card_has_every_section_and_its_plots(
    layer: Path, trained: Training, data: Data, tmp_path: Path
) -> None:
    path = tmp_path / "docs" / "card.md"
    publish(path, trained, data, layer, step=None)
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    for link in re.findall(r"!\[[^]]*\]\(([^)]*)\)", text):
        assert (path.parent / link).read_text(encoding="utf-8").startswith("<?xml")
    assert f"{trained.facts['cross_validation']['lightgbm']['roc_auc']:.4f} (" in text
    assert all(f"| `{name}` |" in text for name in trained.encoder.fields)
    assert "Not measured yet" in text
    assert tables(text) == 19 and "{" not in text
    first = {each.name: each.read_bytes() for each in (path.parent / "card").iterdir()}
    publish(path, trained, data, layer, step=None)
    assert path.read_text(encoding="utf-8") == text
    assert {each.name: each.read_bytes() for each in (path.parent / "card").iterdir()} == first


def tables(text: str) -> int:
    """How many tables a page of Markdown has; each must have a rule, and as many cells in every row as in its head."""
    found = [block.splitlines() for block in re.split(r"\n\n+", text) if block.startswith("|")]
    for head, rule, *rows in found:
        assert re.fullmatch(r"\|( -{3}:? \|)+", rule), head
        assert {line.count("|") for line in (rule, *rows)} == {head.count("|")}, head
        assert rows
    return len(found)


def test_the_committed_card_is_whole() -> None:
    assert tables(CARD.read_text(encoding="utf-8")) >= 12


def test_groups_that_are_too_small_are_told_and_not_compared(
    layer: Path, trained: Training, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "FEWEST", len(data) + 1)
    publish(tmp_path / "card.md", trained, data, layer, step=None)
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert text.count("No two groups are large enough to compare.") == 7
    assert "applications each: Female, Male." in text
    assert "What tells of the groups" not in text and "Less discriminatory" not in text
    assert not (tmp_path / "card" / "groups.svg").exists() and "groups.svg" not in text


def test_the_groups_are_those_of_the_definition_with_what_the_law_leaves_out(
    layer: Path, run: Train, data: Data, tmp_path: Path
) -> None:
    trained = run(excluded=frozenset({"SEX", "MATE_PROFESSION_CODE"}))
    trained.facts["law"] = "US"
    save(trained, layer)
    publish(tmp_path / "card.md", trained, data, layer, step=None)
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert f"- **Law profile**: `US` (the portfolio stands under `{active().law.profile}`)\n" in text
    (left_out,) = re.findall(r"^- \*\*Left out, and held.*: (.*)$", text, re.MULTILINE)
    assert left_out == "`SEX` (sex), `MATE_PROFESSION_CODE` (partner)"
    grouped = re.findall(r"^### `(.*)`: ", text, re.MULTILINE)
    assert grouped == [field.name for field in grouping.sensitive(FIELDS) if field.name != "CITY_OF_BIRTH"]
    assert "and not compared**, since they make no groups" in text and "`CITY_OF_BIRTH`" in text
    (row,) = re.findall(r"^\| `AGE` \| age \| (.*)$", text, re.MULTILINE)
    assert row.startswith("yes | ")  # the labels were made up from age: it is scored, and unequally
    assert "**fails** the four-fifths rule" in text.partition("### `AGE`")[2].partition("\n### ")[0]
    assert "| without `AGE` |" in text.partition("### Less discriminatory")[2]


@pytest.mark.usefixtures("known_fairness")
def test_the_card_of_another_portfolio_says_nothing_of_the_shipped_ones_data(
    layer: Path, trained: Training, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = active()._replace(name="other", title="Loans | others", target=Target("creditability", "bad"))
    monkeypatch.setattr(card, "active", lambda: other)
    publish(tmp_path / "card.md", trained, data, layer, step=None)
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "| portfolio | Loans \\| others (`other`" in text and "| creditability = bad |" in text
    assert "PAKDD" not in text and "Tried, and did not help" not in text and "Only those who got" in text


def test_fairness_calls_its_step_as_often_as_it_says_and_finds_the_same_again(
    trained: Training, data: Data, fair: Fairness
) -> None:
    steps: list[None] = []
    again = fairness.measure(trained, data, lambda: steps.append(None))
    assert len(steps) == fairness.steps()
    assert again.trials == fair.trials
    assert [each.groups for each in again.proxies] == [each.groups for each in fair.proxies]
    assert [each.ratios for each in again.comparisons] == [each.ratios for each in fair.comparisons]


def test_proxies_and_alternatives_are_looked_for_in_a_sample_of_a_large_file(
    trained: Training, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fairness, "MOST_ROWS", 900)
    found = fairness.measure(trained, data, lambda: None)
    assert (found.rows, found.out_of) == (900, len(data))
    (age,) = [each for each in found.comparisons if each.grouping.field.name == "AGE"]
    assert sum(group.bad.rows for group in age.groups) > 900  # rates are of all applications


@pytest.mark.usefixtures("known_fairness")
def test_what_a_field_is_worth_is_kept_for_later_cards_with_the_version_it_was_measured_with(
    layer: Path, run: Train, data: Data, tmp_path: Path
) -> None:
    trained = run(ablations={"age": ("AGE",)})
    steps: list[None] = []
    path = tmp_path / "card.md"
    publish(path, trained, data, layer, step=lambda: steps.append(None))
    assert len(steps) == trained.recipe.ablation_steps == trained.recipe.folds
    assert "Measured with this training." in path.read_text(encoding="utf-8")
    kept = ablation.kept(tmp_path / "card")
    assert kept and kept.left_out[0].lost > 0.02  # the labels were made up from age
    later = run(seed=65)
    save(later, layer)
    publish(path, later, data, layer, step=None)
    assert f"(version `{kept.model_version}`)" in path.read_text(encoding="utf-8")


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


def test_the_threshold_that_approves_a_share_does() -> None:
    probability = np.random.default_rng(1).random(10_000)
    assert (probability < segments.threshold_approving(probability, 0.8)).mean() == pytest.approx(
        0.8, abs=0.001
    )
