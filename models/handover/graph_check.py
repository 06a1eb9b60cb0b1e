"""Whether a graph that somebody handed over may be served: it must use standard operators only, contain all of its data, and
need about the same time and memory for every applicant.

ONNX can do more than compute a score: read weights from a file that it names, call operators of other libraries, loop for
ever, draw random numbers, or treat one applicant in another way than all others (by a branch, or by an array whose size is
the value of a field). All of that is refused. So what a graph needs for made-up applicants is what it needs for any.
"""

from collections.abc import Iterator
from typing import Any, Final

import onnx
from onnx.external_data_helper import uses_external_data

from scoring.errors import UnreadableGraph

_DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_REFUSED: Final = frozenset({
    "If", "Loop", "Scan", "SequenceMap", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
    "Multinomial", "Bernoulli", "ImageDecoder", "StringNormalizer", "RegexFullMatch",
})  # fmt: skip
_SIZES: Final = {
    "ConstantOfShape": (0,), "Expand": (1,), "Tile": (1, 2), "Range": (0, 1, 2), "OneHot": (1,), "Pad": (1,),
    "Resize": (2, 3), "Upsample": (1,), "CenterCropPad": (1,), "AffineGrid": (1,), "MaxUnpool": (2,), "Col2Im": (1, 2),
    "HannWindow": (0,), "HammingWindow": (0,), "BlackmanWindow": (0,), "MelWeightMatrix": (0, 1), "DFT": (1,),
    "STFT": (1, 2, 3), "NonMaxSuppression": (2,),
}  # fmt: skip
"""Operator → which of its inputs say how large its result becomes."""
_DEEPEST: Final = 16
_MOST_NODES: Final = 100_000


def check_graph(data: bytes, file: str) -> Any:
    """The graph (onnx.ModelProto). Raises UnreadableGraph, naming the file and what to change."""
    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf's and the checker's own
        raise UnreadableGraph(
            f"{file} is not a valid ONNX graph ({' '.join(str(error).split())[:160]}); export it again."
        ) from None
    for domain in {entry.domain for entry in model.opset_import} - _DOMAINS:
        if any(node.domain == domain for node in _nodes(model, file)):
            raise UnreadableGraph(
                f"{file} uses operators of {domain}, which onnxruntime alone does not know; export it with standard ones."
            )
    for count, node in enumerate(_nodes(model, file)):
        if node.op_type in _REFUSED:
            raise UnreadableGraph(
                f"{file} uses the operator {node.op_type}, which no score needs; export the fitted model alone, for inference."
            )
        if count > _MOST_NODES:
            raise UnreadableGraph(f"{file} has more than {_MOST_NODES:,} nodes.")
    _check_sizes(model, file)
    if any(uses_external_data(tensor) for tensor in _tensors(model, file)):
        raise UnreadableGraph(f"{file} keeps its weights in another file; save it as one file.")
    return model


def _check_sizes(model: Any, file: str) -> None:
    """Raises UnreadableGraph when an array's size depends on what an applicant gives, beyond how many there are."""
    if model.functions:
        raise UnreadableGraph(f"{file} defines operators of its own; export it with standard ones.")
    known = {entry.name for entry in model.graph.initializer}
    given = {entry.name for entry in model.graph.input} - known
    for node in model.graph.node:  # in the order in which they run: the checker has seen to it
        for place in _SIZES.get(node.op_type, ()):
            if place < len(node.input) and node.input[place] in given:
                raise UnreadableGraph(
                    f"{file} makes an array ({node.op_type}) as large as an applicant's values say; export it with sizes "
                    "that are fixed."
                )
        if node.op_type not in ("Shape", "Size") and not given.isdisjoint(node.input):
            given.update(node.output)


def class_labels(model: Any) -> list[Any] | None:
    """The classes that the graph's classifier names; None when it names none."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if (
                attribute.name in ("classlabels_strings", "cats_strings")
                and attribute.strings
                and "lassif" in node.op_type
            ):
                return [entry.decode("utf-8", "replace") for entry in attribute.strings]
            if attribute.name in ("classlabels_int64s", "classlabels_ints") and attribute.ints:
                return list(attribute.ints)
    return None


def _graphs(model: Any, file: str) -> Iterator[Any]:
    waiting = [(model.graph, 0), *((function, 0) for function in model.functions)]
    while waiting:
        graph, depth = waiting.pop()
        if depth > _DEEPEST:
            raise UnreadableGraph(f"{file} nests graphs too deeply.")
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                inner = (
                    [attribute.g] if attribute.type == onnx.AttributeProto.GRAPH else list(attribute.graphs)
                )
                waiting += [(entry, depth + 1) for entry in inner]


def _nodes(model: Any, file: str) -> Iterator[Any]:
    for graph in _graphs(model, file):
        yield from graph.node


def _tensors(model: Any, file: str) -> Iterator[Any]:
    for graph in _graphs(model, file):
        yield from getattr(graph, "initializer", ())
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.TENSOR:
                    yield attribute.t
                yield from attribute.tensors
