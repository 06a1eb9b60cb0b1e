"""`make bench-portfolios`: other lenders' files, each trained with nothing tuned by hand, beside LightGBM on one-hot
columns and a logistic regression, on the same splits."""

import csv
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks import tables
from creditrisk.application import Field
from creditrisk.portfolio.gaps import is_gap
from creditrisk.portfolio.kinds import Choice, Number, Text, Whole
from models.training.columns import ColumnChoice
from models.training.encoding import EncoderFit, cross_fitted
from models.training.fitting import FITTERS, Sample
from models.training.kinds import Kinds
from models.training.recipe import Recipe
from models.training.tuning import tuned
from scoring.features import Matrix, features_of

FOLDER: Final = Path(__file__).parents[2] / "shared" / "data" / "portfolios"
KNOWN: Final = ("german-credit.csv:creditability:bad", "taiwan-cards.csv:default.payment.next.month:1")
"""Published files that are tried when none is named, where FOLDER has them."""
DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "portfolios.md"
"""Quotes the figures of the files that are tried when none is named."""
HELD_OUT: Final = 0.2
BASELINES: Final = ("LightGBM", "logistic regression")
_LEVELS: Final = 60
"""A text with more values than these is typed rather than chosen."""
Row = tuple[str, ...]


@dataclass
class Lender:
    """A file as it is: every column but the target and an id is a feature, of the kind that its values show."""

    name: str
    bad: NDArray[np.int64]
    fields: dict[str, Field] = field(default_factory=dict)
    columns: dict[str, list[Any]] = field(default_factory=dict)


def lender(path: Path, target: str, bad: str) -> Lender:
    """Read a file. Raises OSError, or ValueError when it has no such target."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    if not table or target not in table[0]:
        raise ValueError(f"{path} has no column {target}; name the target after a colon: FILE:TARGET:BAD.")
    table = [row for row in table if not is_gap(row[target].strip())]
    found = Lender(path.stem, np.array([row[target].strip() == bad for row in table], np.int64))
    for name in table[0]:
        texts = [None if is_gap(text := (row[name] or "").strip()) else text for row in table]
        there = {text for text in texts if text is not None}
        if name != target and there and not _is_id(texts):
            found.fields[name], found.columns[name] = _field(name, texts, there)
    return found


def _is_id(texts: Sequence[str | None]) -> bool:
    """Whether the values count the rows."""
    return all(text == str(number) for number, text in enumerate(texts, 1))


def _field(name: str, texts: Sequence[str | None], there: set[str]) -> tuple[Field, list[Any]]:
    values: list[Any] = list(texts)
    kind: Any
    try:
        numbers = [None if text is None else float(text) for text in texts]
        known = [number for number in numbers if number is not None]
        whole = all(number.is_integer() for number in known)
        values = [None if n is None else int(n) if whole else n for n in numbers]
        kind = (Whole if whole else Number)(min(known), max(known))  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        kind = Choice({text: text for text in sorted(there)}) if len(there) <= _LEVELS else Text(1_000)
    return Field(name, name.lower(), "", name, kind, missing=None in values), values


def one_hot(of: Lender) -> Matrix:
    """The usual columns: numbers as they are, a flag for each level."""
    numbers = [name for name, each in of.fields.items() if each.is_number]
    texts = [name for name in of.fields if name not in numbers]
    blocks = [np.array([of.columns[name] for name in numbers], float).reshape(len(numbers), len(of.bad)).T]
    if texts:
        table = np.array([[str(value) for value in of.columns[name]] for name in texts], object).T
        blocks.append(OneHotEncoder(sparse_output=False, min_frequency=2).fit_transform(table))
    return np.hstack(blocks)


def baselines(matrix: Matrix, bad: NDArray[np.int64], train: Any, test: Any) -> Iterator[Matrix]:
    """The log-odds that each of BASELINES gives the rows held out; gaps are 0 for the regression."""
    boosted = LGBMClassifier(n_jobs=2, verbose=-1).fit(matrix[train], bad[train])
    yield np.asarray(boosted.predict(matrix[test], raw_score=True), float)
    filled = np.nan_to_num(matrix)
    line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000)).fit(filled[train], bad[train])
    yield line.decision_function(filled[test])


def ours(of: Lender, train: NDArray[np.int64], test: NDArray[np.int64]) -> Iterator[Matrix]:
    """The log-odds that each of our models gives the rows held out: everything is chosen within the others."""
    features = features_of(of.fields)
    recipe = Recipe(features=features, columns=ColumnChoice.of(features), ablations={})
    learned = {name: [values[row] for row in train] for name, values in of.columns.items()}
    recipe = tuned(learned, of.bad[train], recipe, lambda: None)
    fit = EncoderFit(of.columns, recipe)
    encoder, scaler, matrix = cross_fitted(fit, train, of.bad[train], recipe.seed)
    held_out = scaler.transform(fit.matrix(encoder, test))
    sample = Sample(matrix, of.bad[train], recipe, Kinds.of(encoder))
    for fitter in FITTERS.values():
        yield fitter(sample).log_odds(held_out)


def splits_of(rows: int) -> int:
    """How often a file is split: a small one's ROC-AUC differs much from split to split."""
    return int(os.environ.get("BENCH_SPLITS", 0)) or (30 if rows < 5_000 else 5 if rows < 50_000 else 2)


def measured(of: Lender, said: Callable[[str], object]) -> Matrix:
    """ROC-AUC on the rows held out (splits × models): ours, then BASELINES."""
    splits, usual, found = splits_of(len(of.bad)), one_hot(of), []
    drawn = StratifiedShuffleSplit(splits, test_size=HELD_OUT, random_state=2010).split(of.bad, of.bad)
    for number, (train, test) in enumerate(drawn, 1):
        scores = [*ours(of, train, test), *baselines(usual, of.bad, train, test)]
        found.append([float(roc_auc_score(of.bad[test], score)) for score in scores])
        said(f"… {of.name}, split {number} of {splits}: {' '.join(f'{auc:.4f}' for auc in found[-1])}")
    return np.array(found)


def row_of(of: Lender, aucs: Matrix) -> tuple[Row, dict[str, Any]]:
    """The table's row, and the bare figures: means over the splits, and by how much either of our models is above the
    better of the baselines, with the standard error of that over the splits."""
    names, mean = [*FITTERS, *BASELINES], aucs.mean(axis=0)
    best = len(FITTERS) + int(np.argmax(mean[len(FITTERS) :]))
    figures: dict[str, Any] = {"rows": len(of.bad), "fields": len(of.fields), "splits": len(aucs)}
    figures |= {name: round(float(value), 4) for name, value in zip(names, mean, strict=True)}
    gains = []
    for place, name in enumerate(FITTERS):
        gain = aucs[:, place] - aucs[:, best]
        error = float(gain.std(ddof=1) / len(gain) ** 0.5) if len(gain) > 1 else None
        figures[f"{name} above {names[best]}"] = [round(float(gain.mean()), 4), error and round(error, 4)]
        gains.append(f"{gain.mean():+.4f}" + (f" ± {error:.4f}" if error is not None else ""))
    cells = [f"{value:.4f}" for value in mean]
    return (of.name, f"{len(of.bad):,} × {len(of.fields)}", str(len(aucs)), *cells, *gains), figures


def files() -> list[tuple[Path, str, str]]:
    """What is measured: FILE:TARGET:BAD of the command line, else what there is of KNOWN."""
    asked = sys.argv[1:] or [f"{FOLDER / known}" for known in KNOWN]
    named = [(Path(path), target, bad) for path, target, bad in (each.rsplit(":", 2) for each in asked)]
    return [each for each in named if sys.argv[1:] or each[0].exists()]


def main() -> None:
    """Measure every file; write the table when it is of KNOWN."""
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    rows, data = [], {}
    for path, target, bad in files():
        of = lender(path, target, bad)
        row, data[of.name] = row_of(of, measured(of, lambda text: print(text, file=sys.stderr, flush=True)))
        rows.append(row)
    if not rows:
        sys.exit(
            f"There is no file in {FOLDER}; name some: make bench-portfolios FILES=loans.csv:outcome:bad."
        )
    header = ("file", "rows × fields", "splits", *FITTERS, *BASELINES, *(f"{name}, gain" for name in FITTERS))
    ours_alone = not sys.argv[1:]  # figures of a lender's own files are the lender's
    title = "Portfolios: ROC-AUC on a fifth of the rows, held out"
    tables.write("portfolios", title, header, rows, data, keep=ours_alone)
    if ours_alone:
        quote(DOCUMENT, (tables.RESULTS / "portfolios.md").read_text(encoding="utf-8"))


def quote(document: Path, result: str) -> None:
    """Put the result's table between the document's marks."""
    before, mark, rest = document.read_text(encoding="utf-8").partition("<!-- portfolios -->\n")
    after = rest.partition("<!-- /portfolios -->")[2]
    table = result.partition("\n\n")[2]
    document.write_text(f"{before}{mark}{table}<!-- /portfolios -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
