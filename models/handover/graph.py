"""Writes an ONNX graph node by node; graphs that skl2onnx made can be inserted."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.compose import add_prefix

OPSETS: Final = {"": 18, "ai.onnx.ml": 3}
DOUBLE, FLOAT, INTEGER = TensorProto.DOUBLE, TensorProto.FLOAT, TensorProto.INT64


class GraphBuilder:
    """A graph that is being written, with one input: a table of doubles (rows × `width`)."""

    def __init__(self, name: str, width: int) -> None:
        self.input = name
        self._width = width
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._count = 0

    def constant(self, values: Any) -> str:
        """Add a constant array; returns its name."""
        self._count += 1
        name = f"c{self._count}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> Any:
        """Add an operator; returns the name of its output, a list of names where it has several."""
        self._count += 1
        names = [f"n{self._count}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def cast(self, name: str, kind: int) -> str:
        """The array `name`, converted to another type."""
        return str(self.node("Cast", name, to=kind))

    def columns(self, name: str, places: Sequence[int]) -> str:
        """Some columns of a table, in this order."""
        return str(self.node("Gather", name, self.constant(np.array(places, np.int64)), axis=1))

    def beside(self, names: Sequence[str]) -> str:
        """Tables side by side."""
        return names[0] if len(names) == 1 else str(self.node("Concat", *names, axis=1))

    def take_in(self, model: Any, given: str) -> list[str]:
        """Insert the nodes of a converted model, with the array `given` as its only input; returns its outputs' names.

        Raises ValueError when it uses operators that are not ONNX' own.
        """
        odd = {node.domain or "" for node in model.graph.node} - set(OPSETS)
        if odd:
            raise ValueError(f"it needs operators of {', '.join(sorted(odd))}")
        self._count += 1
        graph = add_prefix(model, f"m{self._count}_").graph
        start = graph.input[0].name
        for node in graph.node:
            node.input[:] = [given if name == start else name for name in node.input]
            self._nodes.append(node)
        self._constants.extend(graph.initializer)
        return [output.name for output in graph.output]

    def build(self, result: str, kind: int = DOUBLE) -> bytes:
        """The finished graph's bytes; `result` becomes its output "result"."""
        nodes = [*self._nodes, helper.make_node("Identity", [result], ["result"])]
        graph = helper.make_graph(
            nodes,
            "creditrisk",
            [helper.make_tensor_value_info(self.input, DOUBLE, [None, self._width])],
            [helper.make_tensor_value_info("result", kind, [None, None])],
            self._constants,
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="creditrisk")
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())
