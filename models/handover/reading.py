"""From the bytes of a hand-over's files to objects. It runs in the closed process only."""

from collections.abc import Mapping
from typing import Any, Final

from models.handover.unpickling import names_a_model_class, unpickle
from scoring import plain
from scoring.errors import ModelError, UnreadablePickle, UnsafePickle

_TRUSTED: Final = ("numpy.dtype", "collections.OrderedDict", "collections.defaultdict")
"""What a skops file may name in addition to classes of models and to what skops itself trusts."""


def read_object(data: bytes, file: str) -> Any:
    """The object in a .pkl, .skops or .txt file. Raises UnsafePickle or UnreadablePickle, naming the file."""
    if file.endswith(".skops"):
        return _skops(data, file)
    if file.endswith(".txt"):
        return _booster(data, file)
    try:
        return plain.loads(data, file)  # a layer that this project's training made
    except ModelError:
        return _unwrapped(unpickle(data, file), file)


def _unwrapped(thing: Any, file: str) -> Any:
    if type(thing).__module__.startswith("sklearn.model_selection"):
        raise UnsafePickle(f"{file} holds a {type(thing).__name__}; hand over its best_estimator_.")
    return thing


def _skops(data: bytes, file: str) -> Any:
    """A skops file; its types must be scikit-learn's, LightGBM's, NumPy's or SciPy's."""
    import skops.io

    try:
        foreign = skops.io.get_untrusted_types(data=data)
        odd = [name for name in foreign if not names_a_model_class(name) and name not in _TRUSTED]
        if odd:
            raise UnsafePickle(
                f"{file} is refused: it asks for {', '.join(sorted(odd)[:4])}, which no model is made of; "
                "hand over classes of scikit-learn and LightGBM alone."
            )
        return _unwrapped(skops.io.loads(data, trusted=foreign), file)
    except ModelError:
        raise
    except Exception as error:
        raise UnreadablePickle(
            f"{file} cannot be read as skops ({type(error).__name__}); write it with skops.io.dump(model, file)."
        ) from None


def _booster(data: bytes, file: str) -> Any:
    from lightgbm import Booster

    try:
        booster = Booster(model_str=data.decode("utf-8"))
    except Exception as error:
        raise UnreadablePickle(
            f"{file} is not LightGBM's text ({type(error).__name__}); write it with booster.save_model(file)."
        ) from None
    if not str(booster.params.get("objective", "binary")).startswith(("binary", "cross_entropy")):
        raise UnreadablePickle(
            f"{file} has the objective {booster.params.get('objective')}; a credit decision needs binary."
        )
    return booster


def labels_of(model: Any) -> Any:
    """The classes of a classifier; 0 and 1 where it does not name them. Raises UnreadablePickle when it is no classifier."""
    from lightgbm import Booster

    if isinstance(model, Booster):
        return [0, 1]
    return getattr(model, "classes_", None)


def require(thing: Any, method: str, file: str) -> None:
    """Raises UnreadablePickle unless an object has the method that its role needs."""
    if not callable(getattr(thing, method, None)):
        raise UnreadablePickle(
            f"{file} holds a {type(thing).__name__}, which has no {method}; hand over a fitted one."
        )


Parts = Mapping[str, Any]
