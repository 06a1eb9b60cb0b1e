"""Reading a pickle that came from somebody else: only what a model is made of may be imported, nothing else is run."""

import io
import pickle
from typing import Any

from scoring.errors import UnreadablePickle, UnsafePickle

ALLOWED_PACKAGES = ("scoring", "sklearn", "lightgbm", "numpy", "scipy")
"""Packages whose classes a model may be made of."""
_ALLOWED_ELSEWHERE = {
    ("builtins", name) for name in ("bytearray", "complex", "dict", "frozenset", "list", "object", "range", "set", "slice", "tuple", "float", "int", "str", "bool", "bytes")
} | {("collections", "OrderedDict"), ("collections", "defaultdict"), ("copyreg", "_reconstructor"), ("_codecs", "encode")}  # fmt: skip
_FORBIDDEN_MODULES = ("numpy.distutils", "numpy.f2py", "numpy.testing", "numpy.lib.npyio", "numpy.lib._npyio_impl", "scipy.io", "sklearn.utils._testing", "sklearn.datasets")  # fmt: skip
"""Corners of the allowed packages that read files, reach the network or run programs."""
_FORBIDDEN_CLASSES = frozenset({"memmap", "DataSource", "Repository", "NpzFile", "Dataset", "Parallel"})
"""Classes of theirs that open files, addresses or processes when they are made."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        package = module.partition(".")[0]
        allowed = (
            package in ALLOWED_PACKAGES and not module.startswith(_FORBIDDEN_MODULES) and "." not in name
        )
        if not allowed and (module, name) not in _ALLOWED_ELSEWHERE:
            raise UnsafePickle(f"it asks for {module}.{name}, which a model has no use for")
        found = super().find_class(module, name)
        if allowed and not _is_class_of_a_model(found) and not _is_constructor(module, name):
            raise UnsafePickle(f"it asks for {module}.{name}, which is no class that a model is made of")
        return found


def _is_class_of_a_model(found: Any) -> bool:
    """Whether something is a class that an allowed package defines itself, and that touches no file when it is made."""
    return (
        isinstance(found, type)
        and found.__module__.partition(".")[0] in ALLOWED_PACKAGES
        and found.__name__ not in _FORBIDDEN_CLASSES
    )


def _is_constructor(module: str, name: str) -> bool:
    """Functions that numpy, scikit-learn and lightgbm put into pickles to make their objects."""
    return (
        name.startswith(("_reconstruct", "__pyx_unpickle", "_frombuffer", "scalar", "__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor", "_unpickle", "_construct_"))
        or (module.startswith("sklearn") and name in {"newObj", "__newobj__"})
        or (module.startswith("numpy") and name in {"dtype"})
    )  # fmt: skip


def unpickle(data: bytes, file: str) -> Any:
    """The object in a pickle. Raises UnsafePickle or UnreadablePickle, naming the `file`; then nothing of it was run
    but the constructors of allowed classes."""
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except UnsafePickle as error:
        raise UnsafePickle(f"{file} is refused: {error}.") from None
    except ModuleNotFoundError as error:
        raise UnreadablePickle(f"{file} needs {error.name}, which is not installed here.") from None
    except Exception as error:  # a broken pickle may raise anything
        raise UnreadablePickle(
            f"{file} cannot be read ({type(error).__name__}): it is cut off, or made by another version of its library."
        ) from error
