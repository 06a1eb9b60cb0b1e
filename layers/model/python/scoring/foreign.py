"""Other people's models behind the same interface: ONNX graphs, scored by onnxruntime.

`creditrisk model install` makes such a layer of a data scientist's folder (models.handover); no library that trained
the model, and no pickle, is left in it. A model is a chain of graphs: the first takes the fields (as one table, or
each as an input of its own), each further one what the one before gives, and the last gives the probabilities.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS, Role
from scoring.counterfactual import Changes, counterfactuals
from scoring.errors import LibraryMissing, UnreadableGraph
from scoring.features import Columns, Matrix
from scoring.inputs import Input, Inputs
from scoring.manifest import Manifest
from scoring.scorer import Challenger, Score, Scores

DECLARED = tuple(name for name, field in FIELDS.items() if field.role is not Role.IDENTITY)
"""The fields that a model may be given: identity is never among them."""
_PERMUTATIONS = 8
_SMALLEST = 1e-9
_ROUNDING = 1e-5
_TYPES: Mapping[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(string)": object,
}


class Graph:
    """One ONNX graph, on one thread."""

    def __init__(self, name: str, data: bytes) -> None:
        """Raises LibraryMissing where onnxruntime is not installed, UnreadableGraph when it does not take the graph."""
        try:
            import onnxruntime  # needed for foreign layers alone
        except ImportError:
            raise LibraryMissing(
                "This layer holds ONNX graphs, and onnxruntime is not installed here; "
                "install requirements/onnx.txt, or build the packages anew with `make package`."
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own kinds
            raise UnreadableGraph(f"{name} is no graph that onnxruntime takes: {_brief(error)}.") from None
        self.name = name
        self.inputs = {wanted.name: _TYPES.get(wanted.type) for wanted in self._session.get_inputs()}
        self.outputs = [given.name for given in self._session.get_outputs()]

    def run(self, given: Mapping[str, NDArray[Any]], output: str) -> Any:
        """The output of that name, for inputs by name, each of the type that the graph wants."""
        return self._session.run([output], given)[0]

    def run_matrix(self, matrix: NDArray[Any], output: str) -> Any:
        """The output for the only input."""
        ((name, kind),) = self.inputs.items()
        return self.run({name: matrix.astype(kind, copy=False)}, output)

    def run_fields(self, names: Sequence[str], table: NDArray[Any], output: str) -> Any:
        """The output where every field is an input of its own; a missing text is empty."""
        return self.run(
            {name: _as(table[:, [place]], self.inputs[name]) for place, name in enumerate(names)},
            output,
        )


def _as(column: NDArray[Any], kind: Any) -> NDArray[Any]:
    if kind is object:
        return np.array([["" if value is None else str(value)] for (value,) in column], object)
    return column.astype(float).astype(kind)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(". ")


class ForeignScorer:
    """The active model of a layer that somebody handed over; a challenger may score beside it and decides nothing."""

    def __init__(self, manifest: Manifest, name: str, graphs: Sequence[Graph]) -> None:
        """Raises UnreadableGraph when the graphs are not what the manifest says of them."""
        self.manifest, self.name, self.version = manifest, name, manifest.version
        self.challenger: Challenger | None = None
        self._graphs = graphs
        try:
            handed = manifest.data["foreign"]
            of_model = handed["models"][name]
            self._output, self._bad_column = str(of_model["output"]), int(of_model["bad_column"])
            self._inputs = Inputs([Input.from_dict(entry) for entry in of_model["inputs"]])
            self._typical = dict(handed["baseline"])
            self.fields = [entry.field for entry in self._inputs.entries]
            self.columns_of_fields: Mapping[str, list[str]] = {name: [name] for name in self.fields}
            self._check()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableGraph(
                f"The manifest does not say what goes into the graphs of {name} and comes out of them "
                f"({type(error).__name__}: {error}); install the folder again with `creditrisk model install`."
            ) from None

    def _check(self) -> None:
        """Raises ValueError when the graphs do not fit together, or want what no application has."""
        first, *rest = self._graphs
        if not set(self.fields) <= set(DECLARED):
            raise ValueError(f"no fields: {', '.join(set(self.fields) - set(DECLARED))}")
        if self._inputs.by_name and set(first.inputs) != set(self.fields):
            raise ValueError(f"{first.name} takes {', '.join(first.inputs)}")
        for graph in rest if self._inputs.by_name else self._graphs:
            if len(graph.inputs) != 1:
                raise ValueError(f"{graph.name} takes {', '.join(graph.inputs)}")
        if self._output not in self._graphs[-1].outputs:
            raise ValueError(f"{self._graphs[-1].name} gives no {self._output}")

    def score(self, applications: Sequence[Mapping[str, Any]], explained: bool = True) -> list[Score]:
        """Score applications (field → canonical value), with what each field contributed when `explained`."""
        if not applications:
            return []
        scores = self.score_columns(
            {name: [application.get(name) for application in applications] for name in self.fields}, explained
        )
        if self.challenger is None:
            return scores
        beside = self.challenger.probabilities(applications)
        return [score._replace(challenger=other) for score, other in zip(scores, beside, strict=True)]

    def score_columns(self, columns: Columns, explained: bool = True) -> list[Score]:
        """Score many applications, given by columns (field → canonical values); the challenger is not asked."""
        return self.scores(columns, explained).each(self.fields)

    def scores(self, columns: Columns, explained: bool = True) -> Scores:
        """The same, as arrays."""
        table = self._inputs.table(columns)
        contributions = None
        if explained:
            values = zip(*(columns[name] for name in self.fields), strict=True)
            shares = [
                self._shares(row, dict(zip(self.fields, given, strict=True)))[0]
                for row, given in zip(table, values, strict=True)
            ]
            contributions = np.array(shares).reshape(len(table), len(self.fields))
        return Scores(self._probabilities(table), contributions, self._inputs.unknown(columns))

    def probabilities(self, columns: Columns) -> Matrix:
        """Probabilities of default of many applications, given by columns (field → canonical values)."""
        return self._probabilities(self._inputs.table(columns))

    def counterfactuals(self, declined: Sequence[Mapping[str, Any]], threshold: float) -> list[Changes]:
        """With which answers declined applications would have been approved: see `scoring.counterfactual`."""
        return counterfactuals(self, declined, threshold)

    def contributions(self, application: Mapping[str, Any]) -> tuple[Matrix, float]:
        """What each of `fields` adds to the baseline's log-odds, and those log-odds (see `baseline`).

        Shapley values by sampling: in each of _PERMUTATIONS orders (half of them the others reversed) the fields go
        from the baseline's value to the applicant's one by one. The steps of an order add up to the whole difference,
        so their mean does, too; only its division among fields that work together is sampled: exact where at most two
        work together, otherwise, on the tests' network, 0.01 off on average and 0.11 at worst, beside contributions of
        up to 3.9 (tests/integration/models/test_handover.py). The orders are the same every time.
        Source: Štrumbelj and Kononenko, Knowledge and Information Systems 41 (2014).
        """
        row = self._inputs.table({name: [application.get(name)] for name in self.fields})[0]
        return self._shares(row, application)

    def _shares(self, row: NDArray[Any], application: Mapping[str, Any]) -> tuple[Matrix, float]:
        start = self._inputs.table({name: [value] for name, value in self.baseline(application).items()})[0]
        moving = np.flatnonzero([_differ(a, b) for a, b in zip(row.tolist(), start.tolist(), strict=True)])
        contributions = np.zeros(len(self.fields))
        orders = _orders(len(moving))
        steps = np.arange(1, len(moving))  # where an order starts and ends is the same for all
        paths = [start[None], row[None]]
        for order in orders:
            path = np.repeat(start[None], len(steps), axis=0)
            place_in_order = np.argsort(order)
            path[:, moving] = np.where(place_in_order[None, :] < steps[:, None], row[moving], start[moving])
            paths.append(path)
        probabilities = np.clip(self._probabilities(np.concatenate(paths)), _SMALLEST, 1 - _SMALLEST)
        log_odds = np.log(probabilities / (1 - probabilities))
        if len(moving):
            between = log_odds[2:].reshape(len(orders), len(steps))
            for order, path in zip(orders, between, strict=True):
                whole = np.concatenate([log_odds[:1], path, log_odds[1:2]])
                contributions[moving[order]] += np.diff(whole) / len(orders)
        return contributions, float(log_odds[0])

    def baseline(self, application: Mapping[str, Any]) -> dict[str, Any]:
        """The applicant that an application is compared with: the one in the manifest (`baseline`; installing writes a
        typical one of the made-up applicants). A field that is not there has its gap, or, where none is allowed, the
        application's own value, so that it is never a reason."""
        return {
            name: self._typical.get(name, None if FIELDS[name].missing else application.get(name))
            for name in self.fields
        }

    def _probabilities(self, table: NDArray[Any]) -> Matrix:
        *before, last = self._graphs
        given: Any = table
        for graph in before:
            given = self._run(graph, given, graph.outputs[0])
        return bad_probabilities(self._run(last, given, self._output), self._bad_column)

    def _run(self, graph: Graph, given: Any, output: str) -> Any:
        if self._inputs.by_name and graph is self._graphs[0]:
            return graph.run_fields(self.fields, given, output)
        return graph.run_matrix(given, output)


@cache
def _orders(count: int) -> list[NDArray[np.int64]]:
    """_PERMUTATIONS orders of so many fields; the same in every process.

    One order is drawn, and turned on by a part of its length each time, so that every field stands early, late and in
    the middle; half of them are the others reversed. Over forty draws this is a quarter nearer to the exact values than
    orders drawn apart.
    """
    drawn = np.array(
        Random(0).sample(range(count), count), np.int64
    )  # numpy's own draws take 3 MB of the layer
    turns = _PERMUTATIONS // 2
    orders = [np.roll(drawn, -(turn * count // turns)) for turn in range(turns)]
    return orders + [order[::-1] for order in orders]


def bad_probabilities(output: Any, bad_column: int) -> Matrix:
    """The probabilities of the bad class in what a classifier's graph gives.

    That is two columns, a list of dictionaries by class (skl2onnx's ZipMap), or one column that is class 1's.
    """
    if isinstance(output, list):
        output = [list(row.values()) for row in output]
    by_class = np.asarray(output, float)
    by_class = by_class.reshape(len(by_class), -1)
    if by_class.shape[1] > 1:
        result: Matrix = by_class[:, bad_column]
    else:
        result = by_class[:, 0] if bad_column else 1.0 - by_class[:, 0]
    # sums in single precision end a little outside; what is further out is no probability, and is told as such
    return np.where((result > -_ROUNDING) & (result < 1 + _ROUNDING), np.clip(result, 0.0, 1.0), result)


def _differ(a: Any, b: Any) -> bool:
    return bool(a != b and not (a != a and b != b))  # two gaps are the same
