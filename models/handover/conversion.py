"""The stage that reads what was handed over and converts it. It runs in the closed process only."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from statistics import median_low, mode
from typing import Any, Final

import numpy as np
import sklearn.ensemble
import sklearn.linear_model
import sklearn.neural_network  # noqa: F401  pickles need it, and once closed the process may not be able to import it

from creditrisk.application import FIELDS
from models.handover.chain import Chain, chain_of
from models.handover.classifiers import bad_column, write_bad_probability
from models.handover.errors import UnknownLevels
from models.handover.given import chance_output, is_chances, no_chances, widths
from models.handover.graph import GraphBuilder
from models.handover.graph_check import check_graph, class_labels
from models.handover.learned import frame_of
from models.handover.reading import labels_of, read_object, require
from models.synthetic import synthetic_applicants
from scoring import plain
from scoring.encoder import Encoder
from scoring.errors import UnreadableGraph, UnreadablePickle
from scoring.estimators import Blend, Committee, Network
from scoring.foreign import DECLARED, Graph, bad_probabilities
from scoring.inputs import Input, Inputs
from scoring.manifest import GRAPH_FILES
from scoring.scaler import Scaler

PREPROCESS: Final = "_preprocess.onnx"
_OWN: Final = (Encoder, Scaler, Blend, Network, Committee)
_SHOWN: Final = 8


def convert(order: Mapping[str, Any]) -> dict[str, Any]:
    """Read the order's `files` (name → base64), and answer with what is to be served.

    That is `{"own": {name: base64}}` for a layer that this project's training made; else `{"models": {model: …}, "files",
    "rows", "warnings", "libraries", "baseline"}`, where each model has `originals`: the probabilities that the original gave
    the rows.
    """
    contents = {name: b64decode(text) for name, text in order["files"].items()}
    graphs = {name: data for name, data in contents.items() if name.endswith(".onnx")}
    parts = {name: read_object(data, name) for name, data in contents.items() if name not in graphs}
    if any(isinstance(part, _OWN) for part in parts.values()):
        return _own(parts, graphs)
    answer = _Conversion(parts, graphs, order)
    return answer.run()


def _own(parts: Mapping[str, Any], graphs: Mapping[str, bytes]) -> dict[str, Any]:
    odd = [name for name, part in parts.items() if not isinstance(part, _OWN)] + list(graphs)
    if odd:
        raise UnreadablePickle(
            f"{', '.join(odd)} is not of our own kind, and the other files are; hand over one kind."
        )
    return {"own": {name: b64encode(plain.dumps(part)).decode() for name, part in parts.items()}}


class _Conversion:
    """Converts one folder's models, each into a chain of graphs."""

    def __init__(
        self, parts: Mapping[str, Any], graphs: Mapping[str, bytes], order: Mapping[str, Any]
    ) -> None:
        self.parts, self.graphs, self.order = parts, graphs, order
        self.encoder, self.scaler = self._part("encoder_hot"), self._part("std_scaler")
        self.files: dict[str, bytes] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.warnings: list[str] = []

    def _part(self, stem: str) -> Any:
        for name, part in self.parts.items():
            if name.partition(".")[0] == stem:
                require(part, "transform", name)
                return part
        return None

    def run(self) -> dict[str, Any]:
        """Convert every model; see `convert`."""
        chains: dict[str, Chain | None] = {}
        for model, served in GRAPH_FILES.items():
            file = next(
                (n for n in (*self.parts, *self.graphs) if n.partition(".")[0] == served.partition(".")[0]),
                None,
            )
            if file:
                chains[model] = self._chain(file)
        rows = self._rows([chain for chain in chains.values() if chain])
        for model, chain in chains.items():
            file = next(
                n
                for n in (*self.parts, *self.graphs)
                if n.partition(".")[0] == GRAPH_FILES[model].partition(".")[0]
            )
            self.models[model] = self._converted(model, file, chain, rows)
        return {
            "models": self.models,
            "files": {name: b64encode(data).decode() for name, data in self.files.items()},
            "rows": rows,
            "warnings": list(dict.fromkeys(self.warnings)),
            "libraries": {
                name: version(name) for name in ("scikit-learn", "lightgbm", "numpy", "onnx", "skl2onnx")
            },
            "baseline": _typical(rows),
        }

    def _chain(self, file: str) -> Chain | None:
        """What comes before a model; None for a graph that takes the fields themselves."""
        if file in self.graphs:
            if self.encoder is None and self.scaler is None:
                return None
            (width, *_) = widths(self.graphs[file], file)
            return chain_of(self.encoder, self.scaler, None, file, width, self._expected(file))
        model = self.parts[file]
        if labels_of(model) is None:
            require(model, "predict_proba", file)
        return chain_of(self.encoder, self.scaler, model, file, None, self._expected(file))

    def _expected(self, file: str) -> tuple[list[dict[str, Any]], list[float]] | None:
        """The expected scores of a file's model: where nothing else tells the order of the columns, they do."""
        given = (self.order.get("expected") or {}).get(file.partition("_model")[0])
        return (given["rows"], given["probabilities"]) if given else None

    def _rows(self, chains: Sequence[Chain]) -> list[dict[str, Any]]:
        """Made-up applicants, with levels that the model learned, and after them the rows of the expected scores."""
        levels: dict[str, list[Any]] = {}
        for chain in chains:
            for entry in chain.fields.values():
                known = [value for value in entry.canonical if value is not None]
                if entry.levels is not None and known:
                    levels[entry.name] = known
        rows = list(synthetic_applicants(int(self.order["count"]), seed=2010, levels=levels))
        for chain in chains:
            self._look_at_levels(chain, rows)
        return rows

    def _look_at_levels(self, chain: Chain, rows: Sequence[Mapping[str, Any]]) -> None:
        """Refuse a model that does not know the levels of most applicants; warn when levels of some are unknown to it, and of
        levels that it learned and no applicant can have."""
        for entry in chain.fields.values():
            if entry.levels is None:
                continue
            given = [row[entry.name] for row in rows if row[entry.name] is not None]
            new = [value for value in given if value not in entry.canonical]
            learned = _listed(entry.levels)
            if len(new) * 2 > len(given):
                examples = _listed(list(dict.fromkeys(new)))
                raise UnknownLevels(
                    f"{entry.name} would be unknown to the model for most applicants: it learned {learned}, and is given "
                    f"{examples}; train it on the values as `creditrisk model template` writes them."
                )
            lost = [
                level for level, value in zip(entry.levels, entry.canonical, strict=True) if value is None
            ]
            if lost:
                self.warnings.append(
                    f"{entry.name}: no applicant can have {_listed(lost)}, which the model learned."
                )
            offered = [value for value in FIELDS[entry.name].choices if value not in entry.canonical]
            if offered:
                self.warnings.append(f"{entry.name}: {_listed(offered)} would be unknown to the model.")
            if FIELDS[entry.name].missing and not entry.gap_known:
                self.warnings.append(
                    f"{entry.name}: the model never saw it missing; a gap counts as unknown."
                )

    def _converted(
        self, model: str, file: str, chain: Chain | None, rows: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        bad, served = self.order.get("bad"), GRAPH_FILES[model]
        if file in self.graphs:
            data = self.graphs[file]
            proto = check_graph(data, file)
            column = bad_column(class_labels(proto) or [0, 1], bad, file)
            self.files[served] = data
        else:
            assert chain is not None
            labels = labels_of(chain.model)
            require(
                self.parts[file],
                "predict_proba" if not hasattr(self.parts[file], "num_feature") else "predict",
                file,
            )
            column = bad_column(labels, bad, file)
        if chain is None:
            return self._by_name(file, served, column, rows)
        converted = chain.graph()  # refuses what the originals could only raise for
        matrix = self._original_matrix(chain, rows, file)
        if file in self.graphs:
            graph = Graph(file, self.graphs[file])
            output = chance_output(graph, matrix[:4])
            originals = bad_probabilities(graph.run_matrix(matrix, output), column)
        else:
            originals = _original_chances(chain.model, matrix, column, file)
            builder = GraphBuilder("columns", matrix.shape[1])
            self.files[served] = builder.build(
                write_bad_probability(builder, chain.model, builder.input, matrix.shape[1], column)
            )
            output, column = "result", 1
        preprocess = model + PREPROCESS
        same = next((m for m in self.models if self.files.get(m + PREPROCESS) == converted), None)
        if same:
            preprocess = same + PREPROCESS
        else:
            self.files[preprocess] = converted
        return {
            "graphs": [preprocess, served],
            "inputs": [entry.to_input().to_dict() for entry in chain.fields.values()],
            "output": output,
            "bad_column": column,
            "originals": originals.tolist(),
            "order": chain.order,
        }

    def _by_name(
        self, file: str, served: str, column: int, rows: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        graph = Graph(file, self.graphs[file])
        odd = [name for name in graph.inputs if name not in DECLARED]
        if odd:
            raise UnreadableGraph(
                f"{file} takes {', '.join(odd[:6])}, and no encoder came along; hand over the encoder and scaler that were "
                "fitted with it, or a graph whose inputs have the names of fields."
            )
        inputs = Inputs([Input(name, by_name=True) for name in graph.inputs])
        fields = list(graph.inputs)
        table = inputs.table({name: [row[name] for row in rows] for name in fields})
        output = next((n for n in graph.outputs if is_chances(graph.run_fields(fields, table[:4], n))), None)
        if output is None:
            raise no_chances(file)
        return {
            "graphs": [served],
            "inputs": [entry.to_dict() for entry in inputs.entries],
            "output": output,
            "bad_column": column,
            "originals": bad_probabilities(graph.run_fields(fields, table, output), column).tolist(),
            "order": None,
        }

    def _original_matrix(self, chain: Chain, rows: Sequence[Mapping[str, Any]], file: str) -> Any:
        columns = {e.name: [row[e.name] for row in rows] for e in chain.fields.values()}
        try:
            return chain.matrix(frame_of(list(chain.fields.values()), columns))
        except Exception as error:  # whatever a foreign estimator raises
            raise UnreadablePickle(
                f"The encoder and scaler of {file} cannot encode an application ({type(error).__name__}: {' '.join(str(error).split())[:300]})."
            ) from None


def _original_chances(model: Any, matrix: Any, column: int, file: str) -> Any:
    try:
        if hasattr(model, "num_feature"):  # LightGBM's own
            second = np.asarray(model.predict(matrix), float)
            return second if column else 1.0 - second
        return np.asarray(model.predict_proba(matrix), float)[:, column]
    except Exception as error:
        raise UnreadablePickle(
            f"{file} cannot score an application ({type(error).__name__}: {' '.join(str(error).split())[:300]})."
        ) from None


def _listed(values: Sequence[Any]) -> str:
    """The first few of some values, as they are written in Python: 9 and "9" are not the same."""
    return ", ".join(map(repr, values[:_SHOWN])) + (" …" if len(values) > _SHOWN else "")


def _typical(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A typical made-up applicant, from whom reasons start: medians, and what most have."""
    values = {name: [row[name] for row in rows] for name in DECLARED}
    known = {name: [value for value in column if value is not None] for name, column in values.items()}
    return {
        name: median_low(known[name]) if FIELDS[name].is_number and known[name] else mode(column)
        for name, column in values.items()
    }
