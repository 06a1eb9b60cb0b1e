"""The files of a served layer: plain data in a pickle that names nothing.

A pickle can call whatever it names. These files name nothing: they hold numbers, strings, lists, dictionaries and the
bytes of arrays, and the unpickler that reads them knows no class and no function at all. Which of our own few classes
a dictionary stands for is said by its entry `""`, and looked up in the table here.
"""

import io
import pickle
from dataclasses import fields
from typing import Any, Final

import numpy as np

from scoring.chains import Chain
from scoring.deep import DeepTrees
from scoring.encoder import Encoder, Lookup
from scoring.errors import UnreadablePickle, UnsafePickle
from scoring.estimators import Blend, Committee, Network
from scoring.scaler import Scaler
from scoring.trees import Trees

KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (Encoder, Lookup, Chain, Scaler, Blend, Network, Committee, Trees, DeepTrees)
}
"""What a file may hold beside plain data: name → class."""

_ARRAY = "array"
_DTYPES = frozenset({"<f8", "<f4", "<i8", "<i4", "|b1"})
_ATOMS = frozenset({str, int, float, bool, type(None)})


class _Unpickler(pickle.Unpickler):
    """Knows no class, no function, no extension, no persistent object."""

    def find_class(self, module: str, name: str) -> Any:
        raise UnsafePickle(f"it asks for {module}.{name}")


def dumps(thing: object) -> bytes:
    """The file of an encoder, scaler or model (one of KINDS). The same object gives the same bytes."""
    return pickle.dumps(_flat(thing), protocol=5)


def loads(data: bytes, file: str) -> Any:
    """The object in a file of a layer. Raises UnsafePickle or UnreadablePickle, naming the `file`."""
    try:
        return _Builder(len(data)).build(_Unpickler(io.BytesIO(data)).load())
    except UnsafePickle as error:
        raise UnsafePickle(
            f"{file} is refused: {error}, and a layer holds plain data alone; "
            "put it through `creditrisk model install FOLDER`."
        ) from None
    except Exception as error:  # a broken pickle may raise anything
        raise UnreadablePickle(
            f"{file} cannot be read ({type(error).__name__}): it is cut off, or not a file of a layer. "
            "Install the layer again, or go back with `creditrisk model rollback`."
        ) from error


def _flat(thing: Any) -> Any:
    if isinstance(thing, np.ndarray):
        little = np.ascontiguousarray(thing, thing.dtype.newbyteorder("<"))
        return {"": _ARRAY, "dtype": little.dtype.str, "shape": thing.shape, "data": little.tobytes()}
    if isinstance(thing, np.generic):
        return thing.item()
    if type(thing) in KINDS.values():
        return {
            "": type(thing).__name__,
            **{name: _flat(getattr(thing, name)) for name in _state(type(thing))},
        }
    if isinstance(thing, dict):
        return {name: _flat(value) for name, value in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)(map(_flat, thing))
    if type(thing) in _ATOMS:
        return thing
    raise TypeError(f"a {type(thing).__name__} is no plain data")


class _Builder:
    """Builds what plain data stands for. Every entry takes a byte of the file at least: what has more entries than the
    file has bytes names one list again and again, and would be ever so many objects."""

    def __init__(self, most: int) -> None:
        self._left = most

    def build(self, flat: Any) -> Any:
        """Raises TypeError, KeyError or ValueError when it is no plain data."""
        if type(flat) in _ATOMS:
            return flat
        if type(flat) not in (dict, list, tuple):
            raise TypeError(f"a {type(flat).__name__} is no plain data")
        self._left -= len(flat)
        if self._left < 0:
            raise ValueError("it stands for more than it holds")
        if type(flat) is not dict:
            if _ATOMS.issuperset(map(type, flat)):  # tens of thousands of levels: nothing to build in them
                return flat
            return type(flat)(map(self.build, flat))
        kind = flat.get("")
        if kind == _ARRAY:
            return _array(flat["dtype"], flat["shape"], flat["data"])
        if kind is None:
            return {name: self.build(value) for name, value in flat.items()}
        made = KINDS[kind]
        # A layer written before a kind had all of these takes the defaults; what has none is a TypeError.
        return made(**{name: self.build(flat[name]) for name in _state(made) if name in flat})


def _array(dtype: str, shape: Any, data: bytes) -> Any:
    """A copy of its own, since the bytes' own cannot be written to."""
    if dtype not in _DTYPES:
        raise TypeError(f"arrays of {dtype} are not known")
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _state(kind: type[Any]) -> list[str]:
    """What makes up an object of a kind; what begins with an underscore is worked out anew."""
    return [field.name for field in fields(kind) if not field.name.startswith("_")]
