"""The branches of a fitted encoder: which fields go through which transformer, and what it learned of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from models.handover.errors import NotConvertible
from models.handover.graph import GraphBuilder
from models.handover.learned import Learned
from models.handover.numeric import write_numbers
from models.handover.tables import write_levels


@dataclass(frozen=True)
class Branch:
    """Columns of the frame that go through a transformer together; None passes them on."""

    transformer: Any
    columns: list[str]


def branches_of(encoder: Any, columns: Sequence[str]) -> tuple[list[Branch], list[Any]]:
    """The branches of an encoder, in the order of their columns in its output, and the transformers that are applied to all
    of that output afterwards."""
    if isinstance(encoder, Pipeline):
        steps = [step for _, step in encoder.steps if step not in (None, "passthrough")]
        if steps and isinstance(steps[0], ColumnTransformer | FeatureUnion | Pipeline):
            branches, after = branches_of(steps[0], columns)
            return branches, [*after, *steps[1:]]
    if isinstance(encoder, ColumnTransformer):
        parts = [(part, _names(where, columns)) for _, part, where in encoder.transformers_ if part != "drop"]
    elif isinstance(encoder, FeatureUnion):
        parts = [(part, list(columns)) for _, part in encoder.transformer_list]
    else:
        return [Branch(encoder, list(columns))], []
    branches = []
    for part, names in parts:
        if names:
            branches += _inner(part, names)
    return branches, []


def _inner(part: Any, names: list[str]) -> list[Branch]:
    """The branches of one part of an encoder: one, or several when the part is made of parts itself."""
    if part == "passthrough" or _passes(part):
        return [Branch(None, names)]
    if isinstance(part, ColumnTransformer | FeatureUnion):
        return branches_of(part, names)[0]
    return [Branch(part, names)]


def _passes(part: Any) -> bool:
    return isinstance(part, FunctionTransformer) and part.func is None


def _names(where: Any, columns: Sequence[str]) -> list[str]:
    """The columns that a ColumnTransformer's selection names: a name, names, places, a mask or a slice."""
    if isinstance(where, str):
        return [where]
    if isinstance(where, slice):
        return list(columns)[where]
    entries = list(where)
    if len(entries) == len(columns) and all(isinstance(entry, bool | np.bool_) for entry in entries):
        return [column for column, taken in zip(columns, entries, strict=True) if taken]
    return [str(entry) if isinstance(entry, str) else columns[int(entry)] for entry in entries]


def learn(branches: Sequence[Branch], fields: dict[str, Learned]) -> list[bool]:
    """Write down in `fields` which levels the branches learned; returns which branches learned any."""
    categorical = []
    for branch in branches:
        learner = _learner(branch.transformer)
        categorical.append(learner is not None)
        if learner is None:
            continue
        known = learner.categories_
        if len(known) != len(branch.columns):
            raise NotConvertible(
                f"{type(learner).__name__} learned {len(known)} columns of {len(branch.columns)}; encode each field by itself."
            )
        for column, categories in zip(branch.columns, known, strict=True):
            fields[column].add(list(categories))
        imputer = _imputer(branch.transformer)
        if imputer is not None:
            for column in branch.columns:
                fields[column].gap, fields[column].gap_known = imputer.missing_values, True
    return categorical


def _imputer(transformer: Any) -> Any:
    """The imputer that fills gaps before the levels are learned; None when there is none."""
    first = transformer.steps[0][1] if isinstance(transformer, Pipeline) else None
    return first if isinstance(first, SimpleImputer) else None


def _learner(transformer: Any) -> Any:
    """The part of a branch that learned levels; None when none did."""
    steps = [step for _, step in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]
    return next((step for step in steps if hasattr(step, "categories_")), None)


def write_branches(
    builder: GraphBuilder, branches: Sequence[Branch], categorical: Sequence[bool], fields: dict[str, Learned]
) -> str:
    """Write the branches into a graph, and their outputs side by side as one matrix; returns its name. The graph's input has
    one column for each of `fields`, in that order."""
    place = {column: number for number, column in enumerate(fields)}
    parts = []
    for branch, levels in zip(branches, categorical, strict=True):
        if levels:
            parts.append(
                write_levels(
                    builder, branch.transformer, [fields[column] for column in branch.columns], place
                )
            )
        else:
            given = builder.columns(builder.input, [place[column] for column in branch.columns])
            parts.append(
                given
                if branch.transformer is None
                else write_numbers(builder, branch.transformer, given, len(branch.columns))
            )
    return builder.beside(parts)
