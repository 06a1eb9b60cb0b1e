"""A new version from what the record has taught since: trained on all but the last months, judged on these."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from creditrisk.clock import timestamp
from creditrisk.counted import counted
from lifecycle.learning import HOLDOUT_MONTHS, Known, effective, enough, holdout_start, together
from lifecycle.promotion.comparison import Judged, judge, told
from models.store.versions import Store, Version
from models.training.data import Data
from models.training.parts import kept_in
from models.training.recipe import Recipe
from models.training.train import Training, save, train
from scoring import load

HOW: Final = "retrained"
HOLDOUT: Final = "holdout"
"""What the store keeps of a retraining: from when on applications were held out, and what each model was worth on them."""


@dataclass(frozen=True)
class Lesson:
    """What a retraining learns from and what judges it; nobody is in both. `start` is when the hold-out begins."""

    learned: Data
    holdout: Data
    start: str
    files: int
    recorded: int


@dataclass(frozen=True)
class Retrained:
    """The candidate in the store, its training, and what each of its models is worth on the hold-out."""

    version: Version
    training: Training
    judged: dict[str, Judged]


def lesson(files: Sequence[Data], known: Known, months: int = HOLDOUT_MONTHS) -> Lesson:
    """The files, which are taken to be older than the record, and all of the record but its last `months`, to learn from.

    Raises TooFewOutcomes when the last months cannot judge, or when there is nothing to learn from.
    """
    start = holdout_start(known.received, months)
    held, earlier = known.since(start), known.before(start)
    enough(held.data, f"The hold-out, from {start} on,")
    parts = [*files, *([earlier.data] if len(earlier.data) else [])]
    learned = together(parts) if parts else earlier.data
    enough(learned, "What came before the hold-out")
    return Lesson(learned, held.data, f"{start}-01", sum(map(len, files)), len(earlier.data))


def retrain(
    taught: Lesson,
    recipe: Recipe,
    store: Store,
    by: str,
    as_of: datetime,
    step: Callable[[], object],
) -> Retrained:
    """Train, judge on the hold-out, and keep the candidate in the store; the active layer stays as it is.

    The same lesson, recipe, moment and libraries give the same bytes: nothing in the layer tells of the day it was made on.
    The version that is judged is the very one that is kept: it is not trained anew with the hold-out. One that is killed
    leaves the parts that are done in the store's folder, out of sight; the same again goes on from there.

    Raises StoreUnavailable, and AlreadyUnderWay when another process is at the very same.
    """
    with kept_in(store.folder, taught.learned, recipe) as kept:
        training = _as_of(as_of, taught, train(taught.learned, recipe, step, kept))
        layer = kept.folder / "layer"
        shutil.rmtree(layer, ignore_errors=True)
        save(training, layer)
        judged = {name: judge(load(layer, name, law=recipe.law), taught.holdout) for name in training.models}
        about: dict[str, Any] = {
            HOLDOUT: {"from": taught.start, **{name: told(one) for name, one in judged.items()}}
        }
        version = store.keep(layer, HOW, by, card(training, taught, judged), about)
    return Retrained(version, training, judged)


def _as_of(as_of: datetime, taught: Lesson, training: Training) -> Training:
    """The training with what is told of its lesson, and with nothing of the day on which it was made."""
    facts = {name: value for name, value in training.facts.items() if name != "training_seconds"}
    facts |= {
        "trained_at": timestamp(as_of),
        "data": facts["data"] | {
            "files": taught.files, "recorded": taught.recorded, "holdout_from": taught.start,
            "effective_rows": round(effective(taught.learned), 1),
        },
    }  # fmt: skip
    return replace(training, facts=facts)


def card(training: Training, taught: Lesson, judged: dict[str, Judged]) -> str:
    """What a candidate is, as Markdown: what it learned from, and what it is worth on what it has not seen."""
    facts, held = training.facts, taught.holdout
    data = facts["data"]
    version = next(iter(judged.values())).version
    lines = [
        f"# Candidate {version}",
        "",
        f"Retrained as of {facts['trained_at']} under the law profile {facts['law']}, with seed {facts['seed']}.",
        "",
        "## What it learned from",
        "",
        f"{counted(data['rows'], 'application')}: {taught.files:,} from files, {taught.recorded:,} from the record before "
        f"{taught.start}, each of these weighted by 1 / the chance with which it was accepted. They tell as much as "
        f"{data['effective_rows']:,.0f} of equal weight. Bad rate {data['bad_rate']:.4f}.",
        f"Fingerprint of the data: `{data['sha256']}`.",
        "",
        f"Fields: {', '.join(facts['fields'])}.",
        "",
        "## What it is worth",
        "",
        f"On {counted(len(held), 'application')} from {taught.start} on, {int(held.bad.sum()):,} of them bad, that it did not learn "
        "from; 95 % intervals in brackets.",
        "",
        "| model | ROC-AUC | Gini | KS | Brier | calibration slope | calibration error |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in judged.items():
        found = one.figures
        auc, slope = found.roc_auc, found.calibration.slope
        lines.append(
            f"| {name} | {auc.value:.4f} ({auc.low:.4f} – {auc.high:.4f}) | {found.gini.value:.4f} | {found.ks:.4f} | "
            f"{found.brier.value:.4f} | {slope.value:.2f} ({slope.low:.2f} – {slope.high:.2f}) | "
            f"{found.calibration.error:.4f} |"
        )
    return "\n".join([*lines, ""])
