"""Every choice of a training in one object, which every step takes: what is changed here is changed everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from creditrisk.application import FIELDS
from creditrisk.portfolio.law import PROFILES, Profile, left_out
from models.reference import Binning
from models.training.columns import ColumnChoice
from models.training.errors import UnusableRecipe
from scoring.features import ACTIVE, Features

PROTECTED: Final = tuple(name for name, field in FIELDS.items() if set(field.protected) - {"age"})
"""Left out by --exclude-protected: sex, marital status, nationality and the like. Age has a switch of its own."""

MANY: Final = 5_000
"""Applications with which the cross-validation is done once, unless the portfolio's settings were chosen by hand."""
TUNING_STEPS: Final = 10
"""How often choosing the settings calls a training's `step`: see `models.training.tuning`."""


@dataclass(frozen=True)
class Encoding:
    """How levels become figures."""

    folds: int = 8
    """The training matrix is cross-fitted over so many parts of the rows."""
    smoothing: float = 50.0
    """Applications' worth of the overall bad rate that is mixed into a level's own, and of what two parts say one by
    one into that of the pair."""
    chain_smoothing: float = 20.0
    """Applications' worth of the wider place's bad rate that is mixed into a narrower one's."""
    fewest_one_hot: int = 20
    """Applications that a level needs for a column of its own."""
    most_one_hot: int = 1_000
    """Such columns, of all parts: the most frequent levels have them."""
    fewest_effect: int = 10
    """Applications that a level needs for an effect of its own; rarer ones share none."""
    effect_penalty: float = 0.03
    """scikit-learn's C of the regression on all levels: strong shrinkage."""


@dataclass(frozen=True)
class LightGBM:
    """Trees and a logistic regression, blended, beside the networks of the other model. Many weak trees with thresholds
    drawn at random: on data this noisy a greedy threshold learns the noise."""

    trees: Mapping[str, Any] = field(
        default_factory=lambda: {
            "n_estimators": 1000,
            "learning_rate": 0.04,
            "max_depth": 3,
            "num_leaves": 8,
            "extra_trees": True,
            "min_child_samples": 100,
            "colsample_bytree": 0.2,
            "subsample": 0.8,
            "subsample_freq": 1,
            "reg_lambda": 10.0,
            "deterministic": True,
            "force_row_wise": True,
            "n_jobs": 2,
            "verbose": -1,
        }
    )
    """LightGBM's settings."""
    trees_weight: float = 0.65
    """Share of the trees' log-odds in the blend with the regression."""
    network_weight: float = 0.5
    """Share of the networks' log-odds beside that blend: what trees and networks get wrong is not the same."""
    rising: bool = True
    """Whether the trees may only rise with a column that is learned from labels, as a bad rate is."""
    regression_penalty: float = 0.002
    """scikit-learn's C of the regression."""


@dataclass(frozen=True)
class DeepLearning:
    """A bag of multi-layer perceptrons with one hidden layer each."""

    networks: int = 5
    settings: Mapping[str, Any] = field(
        default_factory=lambda: {
            "hidden_layer_sizes": (16,),
            "alpha": 3.0,
            "batch_size": 256,
            "max_iter": 12,
        }
    )
    """Settings of scikit-learn's MLPClassifier, the same for each."""
    linear_weight: float = 0.0
    """Share that a logistic regression, with the penalty of LightGBM's, has in the log-odds."""


def _left_out_together() -> dict[str, tuple[str, ...]]:
    """Each ground alone, then all that --exclude-protected leaves out, and these with age."""
    by_ground = {
        ground: tuple(name for name, field in FIELDS.items() if ground in field.protected)
        for ground in dict.fromkeys(ground for name in PROTECTED for ground in FIELDS[name].protected)
    }
    age = tuple(name for name, field in FIELDS.items() if "age" in field.protected)
    together = {
        **by_ground,
        "all of these (`--exclude-protected`)": PROTECTED,
        "age": age,
        "all of these and age": (*PROTECTED, *age),
    }
    return {what: fields for what, fields in together.items() if fields}


@dataclass(frozen=True)
class Recipe:
    """How a model is made of data. The same data, recipe and library versions give the same predictions."""

    seed: int = 64
    """What is drawn at random follows from it; each repeat, and each network of a bag, takes the next number."""
    excluded: frozenset[str] = frozenset()
    """Fields that no column may be made of."""
    features: Features = field(default=ACTIVE, repr=False)
    """What columns may be made of: the portfolio's."""
    law: Profile = PROFILES["none"]
    """What the models must keep: see `under`."""
    columns: ColumnChoice = field(default_factory=ColumnChoice)
    encoding: Encoding = Encoding()
    lightgbm: LightGBM = LightGBM()
    deeplearning: DeepLearning = DeepLearning()
    folds: int = 5
    """Of the cross-validation."""
    repeats: int = 3
    """How often the cross-validation is done, on other folds each time."""
    bootstrap_draws: int = 400
    """Draws of the applications for the intervals of the model card's figures."""
    ablations: Mapping[str, tuple[str, ...]] = field(default_factory=_left_out_together)
    """What is left out together, to measure what it is worth → its fields."""
    binning: Binning = field(default_factory=Binning)
    """How the reference distributions are cut."""

    def __post_init__(self) -> None:
        """Raises UnusableRecipe when a name is not known: a field that is misspelt would not be left out."""
        columns = self.columns
        named: dict[str, tuple[Mapping[str, Any], set[str]]] = {
            "field": (self.features.fields, {*self.excluded, *_flat(self.ablations)}),
            "number": (self.features.numbers, {*columns.numbers}),
            "pair of parts": (self.features.same, {*columns.same}),
            "part": (self.features.parts, columns.parts),
        }  # fmt: skip
        for what, (known, names) in named.items():
            if unknown := sorted(names - set(known)):
                raise UnusableRecipe(
                    f"There is no {what} {unknown[0]}; the recipe may name: {', '.join(known)}."
                )
        if self.folds < 2 or self.encoding.folds < 2 or self.repeats < 1:
            raise UnusableRecipe("A recipe needs at least 2 folds, each time, and 1 repeat.")

    @property
    def tuned(self) -> bool:
        """Whether a training sizes and tunes the settings itself: for every portfolio that does not forbid it."""
        return self.features.search

    @property
    def steps(self) -> int:
        """How often a training calls its `step`."""
        return self.repeats * self.folds + 2 + (TUNING_STEPS if self.tuned else 0)

    @property
    def ablation_steps(self) -> int:
        """How often measuring the ablations does."""
        return len(self.measurable) * self.folds

    @property
    def measurable(self) -> dict[str, tuple[str, ...]]:
        """The ablations that leave out anything that the recipe does not leave out by itself."""
        return {
            what: fields for what, fields in self.ablations.items() if not self.excluded.issuperset(fields)
        }

    def for_rows(self, rows: int) -> "Recipe":
        """The recipe for so many applications: of many, one repeat says how good the models are."""
        return replace(self, repeats=1) if self.tuned and rows >= MANY else self

    def reseeded(self, repeat: int) -> "Recipe":
        """The recipe of a repeat (0 the first): the same, but for its seed."""
        return replace(self, seed=self.seed + repeat)

    def without(self, *fields: str) -> "Recipe":
        """The recipe that leaves these fields out, too."""
        return replace(self, excluded=self.excluded | set(fields))

    def under(self, law: Profile) -> "Recipe":
        """The recipe that keeps a law: without the fields that are held, and those that it forbids to score by."""
        return replace(self.without(*left_out(law, FIELDS)), law=law)


def _flat(named: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {name for names in named.values() for name in names}
