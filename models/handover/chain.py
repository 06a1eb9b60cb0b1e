"""What comes before a handed-over model: encoder and scaler, one after the other or side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from models.handover.branches import Branch, branches_of, learn, write_branches
from models.handover.errors import WrongShape
from models.handover.graph import GraphBuilder
from models.handover.learned import Learned, frame_of, named_fields
from models.handover.numeric import write_numbers
from models.handover.tables import dense

_TOLERANCE = 1e-5


@dataclass
class Chain:
    """From a frame of fields to the matrix that a model takes.

    `matrix` computes it with the original objects, `graph` is the conversion. `order` says, where encoder and scaler are two
    files, whose columns come first.
    """

    fields: dict[str, Learned]
    branches: list[Branch]
    after: list[Any]
    model: Any
    matrix: Callable[[Any], Any]
    order: str | None = None
    _categorical: list[bool] = field(default_factory=list)
    _graph: bytes = b""

    def __post_init__(self) -> None:
        self._categorical = learn(self.branches, self.fields)

    def graph(self) -> bytes:
        """The conversion, as an ONNX graph: from a table of the fields to the matrix, both in double precision."""
        if not self._graph:
            builder = GraphBuilder("fields", len(self.fields))
            made = write_branches(builder, self.branches, self._categorical, self.fields)
            for step in self.after:
                width = int(getattr(step, "n_features_in_", 0)) or self._width()
                made = write_numbers(builder, step, made, width)
            self._graph = builder.build(made)
        return self._graph

    def _width(self) -> int:
        return int(self.matrix(_sample(self.fields)).shape[1])


def _sample(fields: Mapping[str, Learned]) -> Any:
    """A frame of one row, with a learned level in each column."""
    row = {
        entry.name: [
            next((c for c in entry.canonical if c is not None), None) if entry.levels is not None else 30
        ]
        for entry in fields.values()
    }
    return frame_of(list(fields.values()), row)


def _columns_of(part: Any, file: str) -> list[str]:
    named = getattr(part, "feature_names_in_", None)
    if named is None and isinstance(part, Pipeline):
        named = getattr(part.steps[0][1], "feature_names_in_", None)
    if named is None:
        raise WrongShape(
            f"{file} does not know the names of its columns; fit it on a DataFrame whose columns are named as the fields."
        )
    return [str(name) for name in named]


def chain_of(
    encoder: Any,
    scaler: Any,
    model: Any,
    file: str,
    width: int | None,
    expected: tuple[list[dict[str, Any]], list[float]] | None,
) -> Chain:
    """What comes before a model, which takes a matrix of `width` columns. Raises WrongShape."""
    if encoder is None and scaler is not None:
        encoder, scaler = scaler, None
    if encoder is None:
        return _whole(model, file)
    takes = _takes(model) or width
    columns = _columns_of(encoder, "encoder_hot")
    if scaler is None:
        chain = _in_line(encoder, None, model, columns)
    else:
        gives = int(dense(encoder.transform(_probe(encoder, columns))).shape[1])
        wide = int(getattr(scaler, "n_features_in_", gives))
        if wide != gives:
            return _side_by_side(encoder, scaler, model, takes, gives, wide, columns, expected)
        chain = _in_line(encoder, scaler, model, columns)
    given = int(chain.matrix(_sample(chain.fields)).shape[1])
    if takes is not None and takes != given:
        raise WrongShape(
            f"Encoder and scaler give {given} columns, and {file} takes {takes}; hand over the parts that were fitted together."
        )
    return chain


def _used(branches: Sequence[Branch], columns: Sequence[str]) -> list[str]:
    """The columns that any branch uses: the frame in training may have had others, such as the label."""
    taken = {column for branch in branches for column in branch.columns}
    return [column for column in columns if column in taken]


def _takes(model: Any) -> int | None:
    if hasattr(model, "num_feature"):
        return int(model.num_feature())
    found = getattr(model, "n_features_in_", None)
    return None if found is None else int(found)


def _probe(encoder: Any, columns: Sequence[str]) -> Any:
    branches = branches_of(encoder, columns)[0]
    fields = named_fields(_used(branches, columns), "encoder_hot")
    learn(branches, fields)
    return _sample(fields)


def _in_line(encoder: Any, scaler: Any, model: Any, columns: list[str]) -> Chain:
    branches, after = branches_of(encoder, columns)
    columns = _used(branches, columns)
    steps = [] if scaler is None else [scaler]

    def matrix(frame: Any) -> Any:
        given = encoder.transform(frame[columns])
        for step in steps:
            given = step.transform(given)
        return dense(given)

    return Chain(named_fields(columns, "encoder_hot"), branches, [*after, *steps], model, matrix)


def _whole(model: Any, file: str) -> Chain:
    """The chain of a model that takes the frame itself: a pipeline whose last step is the classifier."""
    if not isinstance(model, Pipeline) or len(model.steps) < 2:
        raise WrongShape(
            f"{file} came without encoder_hot and std_scaler; hand them over, or a Pipeline that takes the fields themselves."
        )
    before = Pipeline(model.steps[:-1])
    columns = _columns_of(before, file)
    branches, after = branches_of(before, columns)
    columns = _used(branches, columns)
    return Chain(
        named_fields(columns, file),
        branches,
        after,
        model.steps[-1][1],
        lambda frame: dense(before.transform(frame[columns])),
    )


def _side_by_side(
    encoder: Any,
    scaler: Any,
    model: Any,
    takes: int | None,
    gives: int,
    wide: int,
    columns: list[str],
    expected: tuple[list[dict[str, Any]], list[float]] | None,
) -> Chain:
    """The chain where encoder and scaler are two files: the encoder takes the texts, the scaler the numbers, and the model
    both, side by side."""
    if takes is not None and takes != gives + wide:
        raise WrongShape(
            f"The encoder gives {gives} columns, the scaler takes {wide}, and the model {takes}: neither one after the other "
            "nor side by side do they fit; hand over the parts that were fitted together."
        )
    numbers = _columns_of(scaler, "std_scaler")
    encoded, after = branches_of(encoder, columns)
    columns = _used(encoded, columns)
    both = [*numbers, *(column for column in columns if column not in numbers)]
    if after:
        raise WrongShape(
            "The encoder goes on after its columns stand side by side, and the scaler does not follow it."
        )

    def chain(numbers_first: bool) -> Chain:
        def matrix(frame: Any) -> Any:
            parts = [dense(scaler.transform(frame[numbers])), dense(encoder.transform(frame[columns]))]
            return np.hstack(parts if numbers_first else parts[::-1])

        branches = (
            [Branch(scaler, numbers), *encoded] if numbers_first else [*encoded, Branch(scaler, numbers)]
        )
        order = "scaler, encoder" if numbers_first else "encoder, scaler"
        return Chain(named_fields(both, "encoder_hot and std_scaler"), branches, [], model, matrix, order)

    named = [str(name) for name in getattr(model, "feature_names_in_", [])]
    if named[:wide] == numbers:
        return chain(True)
    if named and named[-wide:] == numbers:
        return chain(False)
    fitting = [made for made in (chain(True), chain(False)) if expected and _agrees(made, model, expected)]
    if len(fitting) != 1:
        raise WrongShape(
            "Encoder and scaler stand side by side, and nothing tells which of them comes first in the model's columns; "
            "fit the model on a DataFrame with their names, or hand over expected.csv with some rows and their probabilities."
        )
    return fitting[0]


def _agrees(chain: Chain, model: Any, expected: tuple[list[dict[str, Any]], list[float]]) -> bool:
    """Whether the chain and the model give the expected scores, as the probability of either class."""
    rows, probabilities = expected
    columns = {e.name: [row.get(e.name) for row in rows] for e in chain.fields.values()}
    try:
        matrix = chain.matrix(frame_of(list(chain.fields.values()), columns))
        given = np.asarray(model.predict_proba(matrix), float)
    except Exception:  # a model that raises fits no order
        return False
    return any(np.abs(given[:, column] - probabilities).max() <= _TOLERANCE for column in (0, 1))
