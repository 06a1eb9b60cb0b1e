"""Reading a pickle that came from somebody else: the second of two defences.

The first is the process in which it is read (models.handover.sandbox): whatever a pickle does there, it can write no file,
open no socket and start no process. The second is here: a pickle may name only what models are made of, may call only what
makes arrays and trees, and may set attributes only of objects, not of classes. One that does more is refused.
"""

import io
import pickle
import re
import warnings
from collections import OrderedDict
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, Final

from models.handover.advice import advice_on
from scoring.errors import UnreadablePickle, UnsafePickle

_MODULES: Final = re.compile(
    r"""
      scoring\.(encoder|scaler|estimators|trees|chains)
    | numpy
    | numpy\.(_core|core)\.(multiarray|numeric|_multiarray_umath)
    | numpy\.(dtypes|ma|ma\.core)
    | numpy\.random(\.(mtrand|bit_generator|_generator|_pickle|_mt19937|_pcg64|_philox|_sfc64))?
    | scipy\.(sparse|interpolate|spatial)(\.(?!tests\b)\w+)*
    | lightgbm\.(basic|sklearn)
    | sklearn\.(?!tests|utils|externals|datasets|experimental|conftest|metrics|_build_utils|__check_build)\w+(\.(?!tests\b)\w+)*
    | sklearn\.utils\.(_bunch|_metadata_requests|_encode)
    """,
    re.VERBOSE,
)
"""Modules with the classes that models are made of. Other modules of the same libraries have classes that run code from a
pickle (scipy.stats executes a distribution's `_parse_arg_template`), start pytest or a process, or fetch files."""
_FORBIDDEN_CLASSES: Final = frozenset({"memmap", "Dataset", "_InnerPredictor", "vectorize"})
"""Classes in these modules that open files, or call something that they are given, when an object is made."""
_CONSTRUCTORS: Final = frozenset({"_reconstruct", "_mareconstruct", "_frombuffer", "scalar", "newObj",
    "__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"})  # fmt: skip
"""Functions in these modules that pickles call to make arrays, generators and trees."""
_SETTINGS: Final = frozenset({
    ("scipy._lib.array_api_compat.numpy._aliases", "asarray"),
    *(("sklearn.feature_selection._univariate_selection", name) for name in ("chi2", "f_classif")),
})  # fmt: skip
"""Functions that estimators keep as settings; they are kept, and never called by a pickle."""
_BUILTINS: Final = frozenset({"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set", "slice", "str", "tuple"})  # fmt: skip
_MADE: Final = {
    "builtins": frozenset(
        {"bytearray", "complex", "dict", "frozenset", "list", "range", "set", "slice", "tuple"}
    ),
    "collections": frozenset({"OrderedDict", "defaultdict"}),
    "copyreg": frozenset({"_reconstructor"}),
    "_codecs": frozenset({"encode"}),
    "numpy": frozenset({"dtype", "ndarray"}),
}
"""What a pickle may call besides constructors: module → names."""
_FACTORIES: Final = (None, dict, list, int, float, set, OrderedDict)
"""What a defaultdict may call to make a missing value."""
_FEW: Final = 64
"""Most arguments that a call may have."""


_Python: Any = pickle._Unpickler  # type: ignore[attr-defined]
"""The standard library's unpickler in its version written in Python: its steps can be overridden."""


class _Unpickler(_Python):  # type: ignore[misc]
    """Checks every step that names, makes, calls or changes something, before it is done."""

    dispatch: ClassVar[dict[int, Any]] = dict(_Python.dispatch)

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self._called: list[Any] = []
        """Functions and classes that the pickle has named, and may call."""

    def find_class(self, module: str, name: str) -> Any:
        """The object of this name, if a pickle may name it."""
        found: Any
        if name in _MADE.get(module, ()):
            found = super().find_class(module, name)
            self._called.append(found)
            return found
        if (module == "builtins" and name in _BUILTINS) or (module, name) in _SETTINGS:
            return super().find_class(module, name)
        if not _MODULES.fullmatch(module) or not name.isidentifier():
            raise UnsafePickle(advice_on(module, name))
        found = super().find_class(module, name)
        constructor = not isinstance(found, type) and (
            name in _CONSTRUCTORS or name.startswith("__pyx_unpickle_")
        )
        if constructor or (
            _is_class_of_a_model(found) and module.startswith("sklearn.") and _is_compiled(found)
        ):
            self._called.append(found)
        elif not (_is_class_of_a_model(found) or _is_ufunc(found)):
            raise UnsafePickle(f"it asks for {module}.{name}, which is no class that a model is made of")
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafePickle("it asks for an object that is not in it (a persistent id)")

    def get_extension(self, code: int) -> Any:
        raise UnsafePickle("it asks for an object by an extension code")

    def load_reduce(self) -> None:
        """Call a constructor. Calling anything else (an object, an estimator's class, a method) is refused."""
        arguments = self.stack.pop()
        called = self.stack[-1]
        if not any(called is known for known in self._called):
            raise UnsafePickle(
                f"it calls {_told(called)}, and a model's pickle has nothing to call but what makes arrays and trees"
            )
        _check_arguments(getattr(called, "__name__", ""), arguments)
        self.stack[-1] = called(*arguments)

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self) -> None:
        """Make an object without calling its __init__."""
        arguments = self.stack.pop()
        self.stack[-1] = _new(self.stack[-1], arguments, {})

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self) -> None:
        named, arguments = self.stack.pop(), self.stack.pop()
        self.stack[-1] = _new(self.stack[-1], arguments, named)

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def load_build(self) -> None:
        """Set an object's attributes. Changing a class or a function, or replacing a method of the object, is refused."""
        state = self.stack.pop()
        _build(self.stack[-1], state)

    dispatch[pickle.BUILD[0]] = load_build

    def _protocol_0(self) -> None:
        raise UnsafePickle(
            "it is written in a protocol of before 2006; write it with pickle.dump(model, file)"
        )

    for _code in (pickle.INST, pickle.OBJ):
        dispatch[_code[0]] = _protocol_0


def _check_arguments(name: str, arguments: Any) -> None:
    """Raises UnsafePickle when a constructor is given other arguments than pickles of models give it."""
    if type(arguments) is not tuple or len(arguments) > _FEW:
        raise UnsafePickle("it calls something with what are no arguments")
    if name == "_reconstructor" and not (_is_made_plainly(arguments[0]) and arguments[1] is object):
        raise UnsafePickle(f"it makes {_told(arguments[0])} in an unusual way")
    if name == "defaultdict" and arguments and arguments[0] not in _FACTORIES:
        raise UnsafePickle("it holds a dictionary that calls something for what is not in it")


def _new(kind: Any, arguments: Any, named: Any) -> Any:
    if not isinstance(kind, type) or type(arguments) is not tuple or not isinstance(named, dict):
        raise UnsafePickle("it makes an object of what is no class")
    plain = kind.__module__ == "builtins" and kind.__name__ in _BUILTINS
    if not plain and not _is_made_plainly(kind):
        raise UnsafePickle(f"it makes a {_told(kind)} in an unusual way")
    if (arguments or named) and not (plain and not named and len(arguments) <= 1):
        raise UnsafePickle(f"it makes a {_told(kind)} in an unusual way")
    return kind.__new__(kind, *arguments)


def _build(thing: Any, state: Any) -> None:
    kind = type(thing)
    if isinstance(thing, type) or not (_is_class_of_a_model(kind) or _is_numpy(kind)):
        raise UnsafePickle(f"it changes {_told(thing)}, which is no part of a model")
    if hasattr(thing, "__setstate__") and (_is_compiled(kind) or _is_numpy(kind)):
        thing.__setstate__(state)
        return
    if not isinstance(state, dict):
        raise UnsafePickle(f"it gives a {kind.__name__} what are no attributes")
    listed = {field.name for field in fields(kind)} if is_dataclass(kind) else None
    for name in state:
        if type(name) is not str or not name.isidentifier() or name.startswith("__"):
            raise UnsafePickle(f"it gives a {kind.__name__} an attribute that has no proper name")
        if listed is not None and name not in listed:
            raise UnsafePickle(f"it gives a {kind.__name__} an attribute that it does not have")
        if callable(getattr(kind, name, None)):
            raise UnsafePickle(f"it replaces {kind.__name__}.{name}, which is code of the library")
    if hasattr(thing, "__setstate__") and kind.__module__.partition(".")[0] in (
        "sklearn",
        "lightgbm",
        "scipy",
    ):
        thing.__setstate__(state)
    else:
        vars(thing).update(state)


def _is_class_of_a_model(found: Any) -> bool:
    """Whether something is a class that one of these modules defines itself, and that touches no file when it is made."""
    return (
        isinstance(found, type)
        and _MODULES.fullmatch(found.__module__) is not None
        and found.__name__ not in _FORBIDDEN_CLASSES
    )


def names_a_model_class(dotted: str) -> bool:
    """Whether a dotted name could be that of a class that models are made of, judged by the name alone."""
    module, _, name = dotted.rpartition(".")
    return _MODULES.fullmatch(module) is not None and name not in _FORBIDDEN_CLASSES


def _is_made_plainly(kind: Any) -> bool:
    """Whether making an object of a class runs no code of the class."""
    return _is_class_of_a_model(kind) and (
        kind.__new__ in (object.__new__, dict.__new__) or _is_compiled(kind) or _is_numpy(kind)
    )


def _is_compiled(kind: type) -> bool:
    """Whether a class of scikit-learn's is one of its C extensions (trees, losses, binners)."""
    return not kind.__flags__ & (1 << 9) and kind.__module__.startswith("sklearn.")  # Py_TPFLAGS_HEAPTYPE


def _is_numpy(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "numpy" and kind.__name__ not in _FORBIDDEN_CLASSES


def _is_ufunc(found: Any) -> bool:
    """Whether something is one of numpy's element-wise functions, such as the log1p of a FunctionTransformer."""
    return type(found).__module__ == "numpy" and type(found).__name__ == "ufunc"


def _told(thing: Any) -> str:
    kind = thing if isinstance(thing, type) else type(thing)
    what = kind.__name__ if isinstance(thing, type) else f"an object of {kind.__name__}"
    return f"{what} ({kind.__module__})"


def unpickle(data: bytes, file: str) -> Any:
    """The object in a pickle. Raises UnsafePickle or UnreadablePickle, naming the `file`."""
    try:
        with warnings.catch_warnings():
            # files of another scikit-learn version load with a warning only, and may give other scores
            warnings.filterwarnings("error", message=".*unpickle estimator")
            return _Unpickler(data).load()
    except UnsafePickle as error:
        raise UnsafePickle(f"{file} is refused: {error}.") from None
    except Warning as warning:
        told = " ".join(str(warning).split()).partition(". ")[0]
        raise UnreadablePickle(
            f"{file} was made by another version of its library: {told}. Train with the version that is installed here, "
            "or hand over ONNX."
        ) from None
    except ModuleNotFoundError as error:
        raise UnreadablePickle(
            f"{file} needs {error.name}, which is not installed here; export the model to ONNX and hand over that."
        ) from None
    except MemoryError:
        raise
    except Exception as error:  # a broken pickle may raise anything
        raise UnreadablePickle(
            f"{file} cannot be read ({type(error).__name__}): it is cut off, or made by another version of its library; write "
            "it anew with pickle.dump and the versions that are installed here, or hand over ONNX."
        ) from error
