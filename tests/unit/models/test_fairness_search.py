"""Proxies and alternatives: what tells of a group is found, what is by chance is not, and the trade is a true one."""

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from creditrisk.application import Field
from creditrisk.portfolio.kinds import Choice
from models.fairness.alternatives import (  # fmt: skip
    AS_IT_IS,
    Alternative,
    Trial,
    fairest,
    marked,
    proposals,
    reweighing,
    search,
    targets_of,
)
from models.fairness.grouping import GAP, Grouping
from models.fairness.inputs import Fold
from models.fairness.proxies import Proxies, chance_limit, proxies_of
from models.fairness.rates import Labels, compare
from scoring.features import Matrix

ROWS = 1_200
DRAW = np.random.default_rng(7)
SEX = Field("SEX", "sex", "s", "Sex", Choice({"F": "Female", "M": "Male"}), protected=("sex",))
OF = DRAW.integers(0, 2, ROWS)
GROUPS = Grouping(SEX, ("Female", "Male"), OF)
HEIGHT = 2.0 * OF + DRAW.normal(size=ROWS)
LUCK, RISK = DRAW.normal(size=ROWS), DRAW.normal(size=ROWS)
BAD = (DRAW.random(ROWS) < 1 / (1 + np.exp(1.0 - RISK - 1.2 * OF))).astype(int)


def folds(**columns: Matrix) -> list[Fold]:
    """Three folds of these columns; a name's first word is the field, `A × B` are two."""
    inputs = np.stack(list(columns.values()), axis=1)
    made_of = tuple(tuple(name.split("_x_")) for name in columns)
    places = np.arange(ROWS)
    parts = [(places[places % 3 != part], places[places % 3 == part]) for part in range(3)]
    return [Fold(learn, judge, inputs[learn], inputs[judge], made_of) for learn, judge in parts]


def proxies(given: Sequence[Fold], score: Matrix = LUCK, used: bool = False) -> Proxies:
    found = proxies_of(GROUPS, given, score, used, seed=1)
    assert found
    return found


def test_what_blind_guessing_stays_below() -> None:
    assert chance_limit(50, 50, groups=2) == pytest.approx(0.6137, abs=5e-5)  # 0.5 + 1.96 √(101 / 30,000)
    assert chance_limit(50, 50, groups=5) == pytest.approx(0.6495, abs=5e-5)  # 2.576 deviations


def test_a_group_that_an_input_tells_is_told_and_the_input_named() -> None:
    found = proxies(folds(HEIGHT=HEIGHT, LUCK=LUCK), score=HEIGHT)
    assert found.verdict == "strongly"
    assert (
        found.best.inputs > 0.85 and found.best.score > 0.9
    )  # two normal distributions, two deviations apart: 0.92
    assert found.by[0][0] == "HEIGHT" and found.by[0][1] > 0.5
    assert sum(share for _, share in found.by) == pytest.approx(1)


def test_a_group_that_no_input_tells_is_not_told_by_chance() -> None:
    found = proxies(folds(LUCK=LUCK, RISK=RISK))
    assert found.verdict == "no" and found.best.inputs <= found.best.chance
    assert abs(found.best.score - 0.5) < 0.04


def test_columns_of_the_field_itself_are_no_proxies() -> None:
    own = OF.astype(float)
    found = proxies(folds(SEX=own, SEX_x_LUCK=own + LUCK / 100, LUCK=LUCK, RISK=RISK), used=True)
    assert found.verdict == "no" and found.used
    assert {name for name, _ in found.by} <= {"LUCK", "RISK"}


def test_a_score_that_falls_for_a_group_tells_it_as_well() -> None:
    assert proxies(folds(LUCK=LUCK), score=-HEIGHT).best.score > 0.9


def test_several_groups_are_told_one_by_one_and_gaps_left_out() -> None:
    third = np.where(np.arange(ROWS) % 4 == 0, 2, OF)
    third[:100] = GAP
    told = proxies_of(
        Grouping(SEX, ("a", "b", "c"), third), folds(HEIGHT=HEIGHT, THIRD=(third == 2) * 1.0), LUCK, False, 1
    )
    assert told and [each.name for each in told.groups] == ["a", "b", "c"]
    assert told.best.name == "c" and told.best.inputs > 0.99
    assert {told.by[0][0], told.by[1][0]} == {"HEIGHT", "THIRD"}


def test_groups_that_are_too_small_tell_nothing() -> None:
    few = np.where(np.arange(ROWS) < 50, 1, 0)
    assert proxies_of(Grouping(SEX, ("a", "b"), few), folds(LUCK=LUCK), LUCK, False, 1) is None


def test_weights_make_group_and_outcome_independent() -> None:
    of = np.repeat([0, 1], 100)
    bad = np.array([1] * 40 + [0] * 60 + [1] * 20 + [0] * 80)
    weights = reweighing(Grouping(SEX, ("a", "b"), of), bad)
    assert weights[[0, 40, 100, 120]].tolist() == pytest.approx([0.75, 7 / 6, 1.5, 0.875])
    for group in (0, 1):
        assert np.average(bad[of == group], weights=weights[of == group]) == pytest.approx(0.3)
    of[:10] = GAP
    assert reweighing(Grouping(SEX, ("a", "b"), of), bad)[:10].tolist() == [1.0] * 10


def fit(
    inputs: Matrix, bad: Labels, weights: Matrix, stronger: float, held_back: Matrix
) -> tuple[Matrix, Matrix]:
    model = LogisticRegression(C=1 / stronger).fit(inputs, bad, sample_weight=weights)
    log_odds = model.decision_function(held_back)
    return log_odds, log_odds / 2


def trials(*alternatives: Alternative) -> list[Trial]:
    given = folds(SEX=OF.astype(float), RISK=RISK, HEIGHT=HEIGHT)
    return search(alternatives, given, BAD, [GROUPS], fit, 0.5, 0.8, lambda: None)


def test_the_search_tells_what_each_alternative_costs_and_gains() -> None:
    as_it_is, without, blind = trials(
        Alternative("without SEX", ("SEX",)), Alternative("without both", ("SEX", "HEIGHT"))
    )
    assert as_it_is.alternative is AS_IT_IS and (as_it_is.lost, as_it_is.spread) == (0, 0)
    assert as_it_is.roc_auc > without.roc_auc > blind.roc_auc  # a default was made to depend on sex
    assert as_it_is.worst < without.worst < blind.worst  # HEIGHT tells most of sex
    assert blind.ratios["SEX"] > 0.9
    assert blind.lost == pytest.approx(as_it_is.roc_auc - blind.roc_auc)
    assert all(trial.best_trade for trial in (as_it_is, without, blind))


def test_weights_make_approvals_more_equal_without_leaving_a_field_out() -> None:
    as_it_is, weighed = trials(Alternative("weights", weighed_by="SEX"))
    assert weighed.worst > as_it_is.worst + 0.1


def test_an_alternative_that_leaves_nothing_to_learn_from_is_not_tried() -> None:
    assert len(trials(Alternative("nothing", ("SEX", "RISK", "HEIGHT")))) == 1


def trial(auc: float, ratio: float) -> Trial:
    return Trial(Alternative(f"{auc} {ratio}"), auc, 0.7 - auc, 0.0, {"SEX": ratio})


def test_what_another_beats_in_both_is_no_best_trade() -> None:
    found = marked([trial(0.7, 0.6), trial(0.698, 0.8), trial(0.69, 0.9), trial(0.697, 0.7)])
    assert [each.best_trade for each in found] == [True, True, True, False]
    best = fairest(found)
    assert best and best.worst == 0.8  # 0.69 costs more than is nearly equal


def test_nothing_is_fairest_where_nothing_is_fairer() -> None:
    assert fairest([]) is None
    assert fairest([trial(0.7, 0.9), trial(0.699, 0.8)]) is None


def test_what_is_tried_begins_with_the_field_and_goes_on_with_what_tells_of_it() -> None:
    probabilities = np.where(OF == 1, 0.6, 0.2)
    (target,) = targets_of([compare(GROUPS, probabilities, BAD, [0.5])])
    told = proxies(folds(HEIGHT=HEIGHT, LUCK=LUCK, RISK=RISK))
    tried = proposals([target], [told], used=["SEX", "HEIGHT", "LUCK", "RISK"])
    assert [each.dropped for each in tried[:2]] == [("SEX",), ("SEX", "HEIGHT")]
    assert len(tried[2].dropped) == 4 and tried[3].weighed_by == "SEX"
    assert [each.stronger for each in tried[4:]] == [10.0, 1.0, 1.0]
    blind = proxies(folds(LUCK=LUCK, RISK=RISK))
    assert all(not each.dropped for each in proposals([target], [blind], used=[]))
