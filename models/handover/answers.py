"""Reads what a closed process answered, and checks its form before anything is done with it.

Reading a stranger's files may have put that process under the stranger's control, so it may answer anything. Whatever it
answers becomes an object of this module, or a refusal in one sentence.
"""

import math
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS
from creditrisk.errors import one_line
from models.handover.errors import HandoverFailed
from scoring.foreign import DECLARED
from scoring.inputs import Input
from scoring.manifest import FILES, GRAPH_FILES

_GRAPHS: Final = frozenset({*GRAPH_FILES.values(), *(f"{model}_preprocess.onnx" for model in GRAPH_FILES)})
_MOST_WARNINGS: Final = 200
_LONGEST_TEXT: Final = 1_000


@dataclass(frozen=True)
class Converted:
    """Models as graphs: for each model, what the manifest is to say of it, and the probabilities that the original gave the
    made-up `rows`; the `files`; a typical applicant (`baseline`); and warnings."""

    models: dict[str, dict[str, Any]]
    originals: dict[str, NDArray[np.float64]]
    files: dict[str, bytes]
    rows: list[dict[str, Any]]
    baseline: dict[str, Any]
    warnings: list[str]


@dataclass(frozen=True)
class Served:
    """One model as it will be served: the probabilities of all rows, the fields unknown to it in each, microseconds for
    one application, for one with reasons, and each of a thousand."""

    probabilities: NDArray[np.float64]
    unknown: list[list[str]]
    one: float
    one_with_reasons: float
    many: float


def own_files(answer: Mapping[str, Any]) -> dict[str, bytes] | None:
    """The files of a layer that this project's training made; None when the answer is about graphs. Raises HandoverFailed."""
    if "own" not in answer:
        return None
    with _of_proper_form():
        return _files(answer["own"], FILES)


def converted(answer: Mapping[str, Any], count: int) -> Converted:
    """The answer of a conversion, with probabilities for `count` made-up applicants. Raises HandoverFailed."""
    with _of_proper_form():
        rows = [{_field(name): _value(value) for name, value in row.items()} for row in answer["rows"]]
        _require(len(rows) == count and all(set(DECLARED) <= set(row) for row in rows))
        models, originals = {}, {}
        for name, said in answer["models"].items():
            _require(name in GRAPH_FILES)
            models[name] = _model(said)
            originals[name] = _numbers(said["originals"], count)
        _require(bool(models))
        return Converted(
            models,
            originals,
            _files(answer["files"], _GRAPHS),
            rows,
            {_field(name): _value(value) for name, value in answer["baseline"].items()},
            [one_line(str(note), _LONGEST_TEXT) for note in answer["warnings"][:_MOST_WARNINGS]],
        )


def served(answer: Mapping[str, Any], model: str, count: int) -> Served:
    """What the answer says of one model and `count` rows. Raises HandoverFailed."""
    with _of_proper_form():
        said = answer[model]
        unknown = [[_field(name) for name in names] for names in said["unknown"]]
        _require(len(unknown) == count)
        times = [float(said[name]) for name in ("one", "one_with_reasons", "many")]
        _require(all(math.isfinite(time) and time >= 0 for time in times))
        return Served(_numbers(said["probabilities"], count), unknown, *times)


@contextmanager
def _of_proper_form() -> Iterator[None]:
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        raise HandoverFailed(
            "The files cannot be read: what came of them is no layer. Nothing was changed; hand over files that the "
            "libraries themselves wrote."
        ) from None


def _require(true: bool) -> None:
    if not true:
        raise ValueError


def _files(said: Mapping[str, str], allowed: Sequence[str] | frozenset[str]) -> dict[str, bytes]:
    _require(set(said) <= set(allowed))
    return {name: b64decode(text, validate=True) for name, text in said.items()}


def _model(said: Mapping[str, Any]) -> dict[str, Any]:
    order, column = said["order"], said["bad_column"]
    _require(column in (0, 1) and (order is None or isinstance(order, str)))
    return {
        "graphs": _list(said["graphs"], _graph),
        "inputs": _list(said["inputs"], _input),
        "output": _text(said["output"]),
        "bad_column": int(column),
        "order": None if order is None else one_line(order, _LONGEST_TEXT),
    }


def _input(said: Mapping[str, Any]) -> dict[str, Any]:
    _field(said["field"])
    for level in said.get("levels") or ():
        _value(level)
    return Input.from_dict(said).to_dict()


def _list(said: Any, read: Callable[[Any], Any]) -> list[Any]:
    _require(isinstance(said, list) and bool(said))
    return [read(entry) for entry in said]


def _graph(name: Any) -> str:
    _require(name in _GRAPHS)
    return str(name)


def _field(name: Any) -> str:
    _require(isinstance(name, str) and name in FIELDS)
    return str(name)


def _value(value: Any) -> Any:
    """A canonical value: a text, a number not larger than a field can have, or None."""
    if isinstance(value, str):
        return _text(value)
    _require(value is None or (isinstance(value, int | float) and abs(value) < 1e15))
    return value


def _text(text: Any) -> str:
    _require(isinstance(text, str) and len(text) <= _LONGEST_TEXT)
    text.encode()
    return str(text)


def _numbers(said: Any, count: int) -> NDArray[np.float64]:
    """`count` numbers. That they are probabilities is checked where they are compared."""
    _require(isinstance(said, list) and all(isinstance(entry, int | float) for entry in said))
    _require(len(said) == count)
    return np.array(said, float)
