"""From a finished training to its model card: which card a layer has, and what goes into it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.training import ablation, card, fairness, plots
from models.training.data import Data
from models.training.errors import CardNotWritten, PlotsUnavailable
from models.training.train import Training
from scoring import Scorer, load

_PROJECT = Path(__file__).parents[2]
LAYER = _PROJECT / "layers" / "model" / "pickles"
CARD = _PROJECT / "docs" / "model-card.md"


def card_of(layer: Path) -> Path | None:
    """The card of the project's own layer; another layer has none of its own."""
    return CARD if layer.resolve() == LAYER.resolve() else None


def can_draw() -> str:
    """Why no card can be drawn here, in one sentence; empty when one can."""
    try:
        plots.require()
    except PlotsUnavailable as error:
        return str(error)
    return ""


def publish(
    path: Path,
    training: Training,
    data: Data,
    layer: Path,
    step: Callable[[], object] | None,
    progress: Callable[[], object] = lambda: None,
) -> None:
    """Write the card of a training whose layer stands in `layer`. `progress` is called `fairness.steps()` times while the
    fairness of the training is measured.

    With `step`, called after each fold, what the protected fields are worth is measured and kept beside the card; without,
    the figures of an earlier training are shown, with that training's version. Raises CardNotWritten.
    """
    try:
        _publish(path, training, data, layer, step, progress)
    except OSError as error:
        raise CardNotWritten(
            f"The layer is in {layer}, but its card {path} cannot be written: {error.strerror or error}."
        ) from None


def _publish(
    path: Path,
    training: Training,
    data: Data,
    layer: Path,
    step: Callable[[], object] | None,
    progress: Callable[[], object],
) -> None:
    loaded = {name: load(layer, name, law=training.recipe.law) for name in training.models}
    served = {name: scorer for name, scorer in loaded.items() if isinstance(scorer, Scorer)}
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    subject = card.Subject(training, data, served, fairness.measure(training, data, progress))
    card.write(path, subject, ablation.kept(folder))  # what follows takes minutes and may be interrupted
    if step:
        recipe = training.recipe
        base = training.out_of_fold[card.MAIN].aucs[: recipe.folds]
        left_out = ablation.measure(data, recipe, base, step)
        version = served[card.MAIN].version
        measured = ablation.Ablation(version, training.facts["trained_at"], float(np.mean(base)), left_out)
        ablation.save(measured, folder)
        card.write(path, subject, measured)
