"""The inputs and outputs of a graph that was handed over, found out by reading and by running it."""

from typing import Any

import numpy as np

from models.handover.graph_check import check_graph
from scoring.errors import UnreadableGraph
from scoring.foreign import Graph


def widths(data: bytes, file: str) -> list[int | None]:
    """The width of each input of a graph; None where the graph does not fix it."""
    model = check_graph(data, file)
    given = {entry.name for entry in model.graph.initializer}
    shapes = [e.type.tensor_type.shape.dim for e in model.graph.input if e.name not in given]
    return [int(shape[-1].dim_value) or None if len(shape) else None for shape in shapes]


def is_chances(output: Any) -> bool:
    """Whether an output is probabilities: one or two columns of fractions, or dictionaries of them."""
    if isinstance(output, list):
        return bool(output) and isinstance(output[0], dict)
    found = np.asarray(output)
    if found.dtype.kind != "f" or found.size not in (len(found), 2 * len(found)):
        return False
    return bool(((found >= 0) & (found <= 1)).all())


def chance_output(graph: Graph, matrix: Any) -> str:
    """The name of the output that holds probabilities. Raises UnreadableGraph when none does."""
    for name in graph.outputs:
        if is_chances(graph.run_matrix(matrix, name)):
            return str(name)
    raise no_chances(graph.name)


def no_chances(file: str) -> UnreadableGraph:
    """The error for a graph none of whose outputs holds probabilities."""
    return UnreadableGraph(
        f"{file} gives no probabilities (one column of class 1's, or one for each of two classes, from 0 to 1); "
        "let it end in a sigmoid or softmax."
    )
