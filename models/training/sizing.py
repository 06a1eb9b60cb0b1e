"""The settings of a training that follow from how many applications it learns from.

PAKDD 2010's, of 40,000 applications, are those that the recipe has of itself; fewer need less shrinkage for each and
fewer columns, since a figure that is looked up for a level is learned from fewer.
"""

from dataclasses import replace

import numpy as np

from models.table import UnusableData
from models.training.arrays import Labels
from models.training.columns import coded
from models.training.encoding import PER
from models.training.recipe import Recipe

FEWEST_OF_A_KIND = 20
"""Good clients, and bad ones, that a training needs: fewer cannot stand in every fold."""
FEW = 5_000
"""With fewer applications than these, bands of a number have no flags: each would be learned from too few."""
_MOST_FIGURES = 50_000_000
"""Figures of a matrix, for its memory's sake: 400 MB."""


def sized(recipe: Recipe, bad: Labels) -> Recipe:
    """The recipe for so many applications, for the portfolios that no recipe was made for by hand.

    Raises UnusableData when there are too few clients of a kind.
    """
    rows, rarer = len(bad), int(min(bad.sum(), len(bad) - bad.sum()))
    if rarer < FEWEST_OF_A_KIND:
        raise UnusableData(
            f"Only {rarer} of the rows are of the rarer outcome; at least {FEWEST_OF_A_KIND} of either are needed. "
            "Add older applications, or look whether `bad` names the right value."
        )
    share = rows / PER
    columns = recipe.columns
    if rows < FEW:
        own = coded(recipe.features)
        columns = replace(columns, one_hot=tuple(part for part in columns.one_hot if part in own))
    fewest = int(np.clip(rows // 100, 5, 20))
    encoding = replace(
        recipe.encoding,
        smoothing=float(np.clip(50 * share**0.25, 10, 100)),
        fewest_one_hot=max(fewest, rows // 20_000),
        fewest_effect=int(np.clip(rows // 200, 3, 10)),
        effect_penalty=float(np.clip(0.03 * share**-0.3, 0.01, 0.1)),
        most_one_hot=max(20, _MOST_FIGURES // rows - len(recipe.features.parts) * 3),
    )
    trees = {
        **recipe.lightgbm.trees,
        "min_child_samples": int(np.clip(rows // 400, 5, 100)),
        "colsample_bytree": 0.3,
    }
    if rows < FEW:
        trees |= {"n_jobs": 1}  # threads would wait for each other longer than they count
    batch = int(np.clip(rows // 40, 16, 256))
    deeplearning = replace(
        recipe.deeplearning, networks=3, settings={**recipe.deeplearning.settings, "batch_size": batch}
    )
    return replace(
        recipe,
        columns=columns,
        encoding=encoding,
        lightgbm=replace(recipe.lightgbm, trees=trees, network_weight=0.0, rising=False),
        deeplearning=deeplearning,
    )
