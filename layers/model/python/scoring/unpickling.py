"""Reading a pickle that came from somebody else: only what a model is made of may be imported, nothing else is run.

Plain pickles alone are read (protocol 3 or later, as `pickle.dump` writes them); what joblib or cloudpickle writes is
refused. A pickle can still hold a model that answers nonsense, or arrays that a library's compiled code trusts: take
files from people you trust, and let golden rows say what they answer.
"""

import io
import pickle
import re
import warnings
from typing import Any

from scoring.errors import UnreadablePickle, UnsafePickle

_MODULES = re.compile(
    r"""
      scoring\.(encoder|scaler|estimators|trees)
    | numpy
    | numpy\.(_core|core)\.(multiarray|numeric|_multiarray_umath)
    | numpy\.(dtypes|ma|ma\.core)
    | numpy\.random(\.(mtrand|bit_generator|_generator|_pickle|_mt19937|_pcg64|_philox|_sfc64))?
    | scipy\.(sparse|interpolate|spatial)(\.(?!tests\b)\w+)*
    | lightgbm\.(basic|sklearn)
    | sklearn\.(?!tests|utils|externals|datasets|experimental|conftest|_build_utils|__check_build)\w+(\.(?!tests\b)\w+)*
    | sklearn\.utils\.(_bunch|_metadata_requests|_encode)
    """,
    re.VERBOSE,
)
"""Modules that models are made of. Elsewhere in the same libraries stand classes that run what a pickle tells them
(scipy.stats executes a distribution's `_parse_arg_template`), start pytest or a process, or fetch files."""
_FORBIDDEN_CLASSES = frozenset({"memmap", "Dataset", "_InnerPredictor", "vectorize"})
"""Classes in these modules that open files, or call what they are given, when they are made."""
_CONSTRUCTORS = frozenset({"_reconstruct", "_mareconstruct", "_frombuffer", "scalar", "newObj",
    "__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"})  # fmt: skip
"""Functions in these modules that pickles call to make arrays, generators and trees."""
_SETTINGS = frozenset({
    ("scipy._lib.array_api_compat.numpy._aliases", "asarray"),
    *(("sklearn.feature_selection._univariate_selection", name) for name in ("chi2", "f_classif")),
})  # fmt: skip
"""Functions that estimators keep as settings."""
_ELSEWHERE = frozenset({
    *(("builtins", name) for name in ("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set", "slice", "str", "tuple")),
    ("collections", "OrderedDict"), ("collections", "defaultdict"), ("copyreg", "_reconstructor"), ("_codecs", "encode"),
})  # fmt: skip
_ADVICE = {
    "joblib": "it was written by joblib; write it with pickle.dump",
    "cloudpickle": "it was written by cloudpickle; write it with pickle.dump, of classes from the libraries alone",
    "scipy.stats": "it asks for scipy.stats, which can run what a pickle tells it; hand over the search's best_estimator_",
    "__main__": "it asks for a class or function of the script that made it; hand over the libraries' own alone",
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ELSEWHERE or (module, name) in _SETTINGS:
            return super().find_class(module, name)
        if not _MODULES.fullmatch(module) or not name.isidentifier():
            for start, advice in _ADVICE.items():
                if module == start or module.startswith(start + "."):
                    raise UnsafePickle(advice)
            raise UnsafePickle(f"it asks for {module}.{name}, which a model has no use for")
        found = super().find_class(module, name)
        if not (_is_class_of_a_model(found) or _is_constructor(name) or _is_ufunc(found)):
            raise UnsafePickle(f"it asks for {module}.{name}, which is no class that a model is made of")
        return found


def _is_class_of_a_model(found: Any) -> bool:
    """Whether something is a class that one of these modules defines itself, and that touches no file when it is made."""
    return (
        isinstance(found, type)
        and _MODULES.fullmatch(found.__module__) is not None
        and found.__name__ not in _FORBIDDEN_CLASSES
    )


def _is_constructor(name: str) -> bool:
    return name in _CONSTRUCTORS or name.startswith("__pyx_unpickle_")


def _is_ufunc(found: Any) -> bool:
    """Whether something is one of numpy's element-wise functions, such as the log1p of a FunctionTransformer."""
    return type(found).__module__ == "numpy" and type(found).__name__ == "ufunc"


def unpickle(data: bytes, file: str) -> Any:
    """The object in a pickle. Raises UnsafePickle or UnreadablePickle, naming the `file`; then nothing of it was run
    but the constructors of allowed classes."""
    try:
        with warnings.catch_warnings():
            # scikit-learn's files of another version load with a warning, and score as they please
            warnings.filterwarnings("error", message=".*unpickle estimator")
            return _Unpickler(io.BytesIO(data)).load()
    except UnsafePickle as error:
        raise UnsafePickle(f"{file} is refused: {error}.") from None
    except Warning as warning:
        told = " ".join(str(warning).partition(". ")[0].split())
        raise UnreadablePickle(f"{file} was made by another version of its library: {told}.") from None
    except ModuleNotFoundError as error:
        raise UnreadablePickle(f"{file} needs {error.name}, which is not installed here.") from None
    except Exception as error:  # a broken pickle may raise anything
        raise UnreadablePickle(
            f"{file} cannot be read ({type(error).__name__}): it is cut off, or made by another version of its library."
        ) from error
