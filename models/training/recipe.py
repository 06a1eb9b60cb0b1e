"""Every choice of a training in one object, which every step takes: what is changed here is changed everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from creditrisk.application import FIELDS
from models.reference import Binning
from models.training.columns import ColumnChoice
from models.training.errors import UnusableRecipe
from scoring.features import NUMBERS, PARTS, SAME

PROTECTED: Final = tuple(name for name, field in FIELDS.items() if field.protected and name != "AGE")
"""Left out by --exclude-protected: sex, marital status, nationality, place of birth. Age has a switch of its own."""


@dataclass(frozen=True)
class Encoding:
    """How levels become figures."""

    folds: int = 8
    """The training matrix is cross-fitted over so many parts of the rows."""
    smoothing: float = 50.0
    """Applications' worth of the overall bad rate that is mixed into a level's own."""
    fewest_one_hot: int = 20
    """Applications that a level needs for a column of its own."""
    fewest_effect: int = 10
    """Applications that a level needs for an effect of its own; rarer ones share none."""
    effect_penalty: float = 0.03
    """scikit-learn's C of the regression on all levels: strong shrinkage."""


@dataclass(frozen=True)
class LightGBM:
    """Trees and a logistic regression, blended. Many weak trees with thresholds drawn at random: on data this noisy a
    greedy threshold learns the noise."""

    trees: Mapping[str, Any] = field(
        default_factory=lambda: {
            "n_estimators": 1200,
            "learning_rate": 0.04,
            "max_depth": 3,
            "num_leaves": 8,
            "extra_trees": True,
            "min_child_samples": 100,
            "colsample_bytree": 0.3,
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
    """Share of the trees' log-odds in the blend."""
    regression_penalty: float = 0.002
    """scikit-learn's C of the regression."""


@dataclass(frozen=True)
class DeepLearning:
    """A bag of multi-layer perceptrons with one hidden layer each."""

    networks: int = 3
    settings: Mapping[str, Any] = field(
        default_factory=lambda: {
            "hidden_layer_sizes": (16,),
            "alpha": 3.0,
            "batch_size": 256,
            "max_iter": 12,
        }
    )
    """Settings of scikit-learn's MLPClassifier, the same for each."""


def _left_out_together() -> dict[str, tuple[str, ...]]:
    return {
        "sex": ("SEX",),
        "marital status": ("MARITAL_STATUS",),
        "nationality": ("NACIONALITY",),
        "place of birth (state and city)": ("STATE_OF_BIRTH", "CITY_OF_BIRTH"),
        "all of these (`--exclude-protected`)": PROTECTED,
        "age": ("AGE",),
        "all of these and age": (*PROTECTED, "AGE"),
    }


@dataclass(frozen=True)
class Recipe:
    """How a model is made of data. The same data, recipe and library versions give the same predictions."""

    seed: int = 64
    """What is drawn at random follows from it; each repeat, and each network of a bag, takes the next number."""
    excluded: frozenset[str] = frozenset()
    """Fields that no column may be made of."""
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
            "field": (FIELDS, {*self.excluded, *_flat(self.ablations)}),
            "number": (NUMBERS, {*columns.numbers}),
            "pair of parts": (SAME, {*columns.same}),
            "part": (
                PARTS,
                {*columns.one_hot, *columns.rates, *_flat(columns.crosses), *columns.frequencies, *columns.effects},
            ),
        }  # fmt: skip
        for what, (known, names) in named.items():
            if unknown := sorted(names - set(known)):
                raise UnusableRecipe(
                    f"There is no {what} {unknown[0]}; the recipe may name: {', '.join(known)}."
                )
        if self.folds < 2 or self.encoding.folds < 2 or self.repeats < 1:
            raise UnusableRecipe("A recipe needs at least 2 folds, each time, and 1 repeat.")

    @property
    def steps(self) -> int:
        """How often a training calls its `step`."""
        return self.repeats * self.folds + 3

    @property
    def ablation_steps(self) -> int:
        """How often measuring the ablations does."""
        return len(self.ablations) * self.folds

    def reseeded(self, repeat: int) -> "Recipe":
        """The recipe of a repeat (0 the first): the same, but for its seed."""
        return replace(self, seed=self.seed + repeat)

    def without(self, *fields: str) -> "Recipe":
        """The recipe that leaves these fields out, too."""
        return replace(self, excluded=self.excluded | set(fields))


def _flat(named: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {name for names in named.values() for name in names}
