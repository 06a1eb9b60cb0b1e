"""Transformers of numbers as nodes of a graph, in double precision: the usual ones here, the others by skl2onnx."""

from typing import Any

import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

from models.handover.errors import NotConvertible
from models.handover.graph import DOUBLE, FLOAT, OPSETS, GraphBuilder


def write_numbers(builder: GraphBuilder, transformer: Any, given: str, width: int) -> str:
    """The nodes of a transformer of numbers (rows × width, doubles)."""
    if isinstance(transformer, Pipeline):
        for _, step in transformer.steps:
            if step not in (None, "passthrough"):
                given = write_numbers(builder, step, given, width)
                width = _width_after(step, width)
        return given
    if transformer in (None, "passthrough"):
        return given
    affine = _affine(transformer)
    if affine is not None:
        shift, scale = affine
        moved = builder.node("Sub", given, builder.constant(np.broadcast_to(shift, (1, width)).astype(float)))
        return str(
            builder.node("Div", moved, builder.constant(np.broadcast_to(scale, (1, width)).astype(float)))
        )
    if type(transformer) is SimpleImputer and transformer.missing_values != transformer.missing_values:
        fill = np.asarray(transformer.statistics_, float)
        if not np.isnan(fill).any():
            return _imputed(builder, transformer, given, fill)
    if type(transformer) is FunctionTransformer and transformer.func is np.log1p:
        return str(builder.node("Log", builder.node("Add", given, builder.constant(np.array(1.0)))))
    if isinstance(transformer, SelectorMixin):
        return builder.columns(given, np.flatnonzero(transformer.get_support()).tolist())
    return _by_skl2onnx(builder, transformer, given, width)


def _imputed(builder: GraphBuilder, transformer: Any, given: str, fill: Any) -> str:
    """Fill the gaps; where the imputer adds indicators, there is one more column for each column with gaps in training."""
    gaps = builder.node("IsNaN", given)
    filled = str(builder.node("Where", gaps, builder.constant(fill[None]), given))
    if not transformer.add_indicator:
        return filled
    flags = builder.columns(builder.cast(gaps, DOUBLE), transformer.indicator_.features_.tolist())
    return builder.beside([filled, flags])


def _width_after(transformer: Any, width: int) -> int:
    return int(np.asarray(transformer.transform(np.zeros((1, width)))).shape[1])


def _affine(transformer: Any) -> tuple[Any, Any] | None:
    """(shift, scale) of a transformer that gives (x − shift) / scale."""
    kind = type(transformer)
    if kind is StandardScaler:
        return (transformer.mean_ if transformer.with_mean else 0.0), (
            transformer.scale_ if transformer.with_std else 1.0
        )
    if kind is RobustScaler:
        return (transformer.center_ if transformer.with_centering else 0.0), (
            transformer.scale_ if transformer.with_scaling else 1.0
        )
    if kind is MaxAbsScaler:
        return 0.0, transformer.scale_
    if kind is MinMaxScaler and not transformer.clip:
        return -transformer.min_ / transformer.scale_, 1.0 / transformer.scale_
    return None


def _by_skl2onnx(builder: GraphBuilder, transformer: Any, given: str, width: int) -> str:
    """The conversion by skl2onnx: in double precision where onnxruntime can run that, else in single precision."""
    import onnxruntime

    problem = ""
    for kind, number in ((DoubleTensorType, DOUBLE), (FloatTensorType, FLOAT)):
        try:
            model = convert_sklearn(
                transformer, initial_types=[("x", kind([None, width]))], target_opset=OPSETS
            )
            onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            (result, *_) = builder.take_in(model, builder.cast(given, number))
        except Exception as error:  # it raises many kinds
            problem = " ".join(str(error).split())[:160]
            continue
        return builder.cast(result, DOUBLE)
    raise NotConvertible(
        f"{type(transformer).__name__} has no exact conversion ({problem}); use one of scikit-learn's scalers, imputers "
        "and encoders, or hand over an ONNX file whose inputs are the fields."
    )
