"""What it costs that applicants are asked less than a model knows: one that never saw them judges the same applications as
they stand in the file, and with gaps where the lender's own pages ask nothing. `python -m benchmarks.online modeling.txt.gz`

It is trained on four fifths of the file, by the recipe of the portfolio's own model.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit

from benchmarks import tables
from creditrisk.application import FIELDS
from creditrisk.portfolio import in_force
from models.training.data import Data, read
from models.training.encoding import EncoderFit, cross_fitted
from models.training.fitting import FITTERS, Sample
from models.training.kinds import Kinds
from models.training.recipe import Recipe
from scoring.features import Matrix
from web.pages import is_asked

MODEL: Final = "lightgbm"
HELD_OUT: Final = 0.2
DRAWS: Final = 400
"""Draws of the applications held out, for the intervals of what is lost."""
LEFT_OPEN: Final = tuple(name for name, field in FIELDS.items() if field.online == "")
"""What nobody is asked online, and nothing tells."""
Columns = Mapping[str, list[Any]]


def variants(columns: Columns) -> Iterator[tuple[str, Columns]]:
    """What is tried, in words, and the applications as they are then."""
    yield "as in the file", columns
    yield f"without {', '.join(f'`{name}`' for name in LEFT_OPEN)}", _without(columns, LEFT_OPEN)
    for name in LEFT_OPEN:
        yield f"without `{name}` alone", _without(columns, [name])
    unasked = [name for name, field in FIELDS.items() if not is_asked(field)]
    known = {name: FIELDS[name].parse(told) for name in unasked if (told := FIELDS[name].online)}
    rows = len(next(iter(columns.values())))
    constant = {name: [value] * rows for name, value in known.items() if name in columns}
    yield (
        "as applicants answer online: the lender's codes too are open",
        {**_without(columns, unasked), **constant},
    )


def _without(columns: Columns, names: Iterable[str]) -> Columns:
    gaps = {name: [None] * len(columns[name]) for name in names if name in columns}
    return {**columns, **gaps}


def scores(data: Data) -> tuple[NDArray[np.int64], dict[str, Matrix]]:
    """The outcomes of the applications held out, and their log-odds in each variant."""
    recipe = Recipe().under(in_force.profile())
    split = StratifiedShuffleSplit(1, test_size=HELD_OUT, random_state=recipe.seed)
    ((train, test),) = split.split(data.bad, data.bad)
    encoder, scaler, matrix = cross_fitted(
        EncoderFit(data.columns, recipe), train, data.bad[train], recipe.seed
    )
    model = FITTERS[MODEL](Sample(matrix, data.bad[train], recipe, Kinds.of(encoder)))
    found = {
        what: model.log_odds(scaler.transform(EncoderFit(dict(columns), recipe).matrix(encoder, test)))
        for what, columns in variants(data.columns)
    }
    return data.bad[test], found


def lost(bad: NDArray[np.int64], whole: Matrix, less: Matrix, draws: int = DRAWS) -> tuple[float, float]:
    """The 95 % interval of the ROC-AUC that `less` loses beside `whole`, over draws of the applications."""
    random = np.random.default_rng(2010)
    differences = []
    for _ in range(draws):
        rows = random.integers(0, len(bad), len(bad))
        differences.append(roc_auc_score(bad[rows], whole[rows]) - roc_auc_score(bad[rows], less[rows]))
    low, high = np.quantile(differences, (0.025, 0.975))
    return float(low), float(high)


def main() -> None:
    """Measure, and write the table."""
    if len(sys.argv) != 2:
        sys.exit("Name the file that the model is trained on: python -m benchmarks.online modeling.txt.gz")
    bad, found = scores(read(Path(sys.argv[1])))
    whole = next(iter(found.values()))
    rows, data = [], {}
    for what, log_odds in found.items():
        auc = float(roc_auc_score(bad, log_odds))
        low, high = lost(bad, whole, log_odds)
        beside = (
            "" if log_odds is whole else f"{roc_auc_score(bad, whole) - auc:.4f} ({low:.4f} – {high:.4f})"
        )
        rows.append((what, f"{auc:.4f}", beside))
        data[what] = {"roc_auc": round(auc, 4), "lost": [round(low, 4), round(high, 4)]}
    title = f"Questions that are not asked online: ROC-AUC on {len(bad):,} applications, held out"
    tables.write("online", title, ("applications", "ROC-AUC", "lost (95 %)"), rows, data)


if __name__ == "__main__":
    main()
