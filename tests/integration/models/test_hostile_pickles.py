"""What a hostile author can write into a pickle: nothing executes, and each gets one sentence that names the file."""

import copyreg
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lightgbm import Booster
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics._scorer import _MultimetricScorer
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from models.handover.unpickling import unpickle
from scoring import plain
from scoring.errors import ModelError, UnreadablePickle, UnsafePickle
from scoring.estimators import Network

FILE = "lightgbm_model.pkl"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def name(dotted: str) -> bytes:
    module, _, attribute = dotted.partition(":")
    return text(module) + text(attribute) + b"\x93"


def call(dotted: str, *arguments: bytes) -> bytes:
    return name(dotted) + b"(" + b"".join(arguments) + b"tR"


def made(dotted: str) -> bytes:
    """An object of a class, made without its __init__."""
    return name(dotted) + b")\x81"


def whole(*steps: bytes) -> bytes:
    return b"\x80\x04" + b"".join(steps) + b"."


class Calls:
    """Pickles as a call of something with arguments, and with a state or items."""

    def __init__(self, called: Any, *arguments: Any, state: Any = None) -> None:
        self.parts = (called, arguments, state) if state is not None else (called, arguments)

    def __reduce__(self) -> Any:
        return self.parts


NETWORK, LOGISTIC = "scoring.estimators:Network", "sklearn.linear_model._logistic:LogisticRegression"
DICT = b"}"


def state(**entries: bytes) -> bytes:
    return DICT + b"".join(text(key) + value + b"s" for key, value in entries.items()) + b"b"


EXECUTES: dict[str, Callable[[str], bytes]] = {
    "os.system": lambda trace: whole(call("os:system", text(f"touch {trace}"))),
    "posix.system": lambda trace: whole(call("posix:system", text(f"touch {trace}"))),
    "eval": lambda trace: whole(call("builtins:eval", text(f"open({trace!r}, 'w')"))),
    "exec": lambda trace: whole(call("builtins:exec", text(f"open({trace!r}, 'w')"))),
    "open": lambda trace: whole(call("builtins:open", text(trace), text("w"))),
    "io.open": lambda trace: whole(call("io:open", text(trace), text("w"))),
    "getattr": lambda trace: whole(call("builtins:getattr", name("os:system"), text("__call__"))),
    "dotted name": lambda trace: whole(call("numpy:memmap.tofile", text(trace))),
    "dotted to a module's globals": lambda trace: whole(name("numpy:dtype.__init__.__globals__")),
    "dotted to a class's subclasses": lambda trace: whole(call("builtins:object.__subclasses__")),
    "array's tofile": lambda trace: whole(call("numpy:ndarray.tofile", call("numpy:ndarray", b"K\x04\x85"), text(trace))),
    "fromfile": lambda trace: whole(call("numpy:fromfile", text(trace))),
    "save": lambda trace: whole(call("numpy:save", text(trace), b"N")),
    "memmap made": lambda trace: whole(name("numpy:memmap"), b"(", text(trace), b"t\x81"),
    "memmap through reconstruct": lambda trace: whole(call("numpy._core.multiarray:_reconstruct", name("numpy:memmap"), b"K\x00\x85", b"C\x01b")),
    "booster from a file": lambda trace: whole(call("lightgbm.basic:Booster", b"N", b"N", text(trace))),
    "booster made with a file": lambda trace: whole(name("lightgbm.basic:Booster"), b"(NN", text(trace), b"t\x81"),
    "booster made with a named file": lambda trace: whole(name("lightgbm.basic:Booster"), b")", DICT, text("model_file"), text(trace), b"s\x92"),
    "old instance": lambda trace: b"(S'" + f"touch {trace}".encode() + b"'\nios\nsystem\n.",
    "old instance of an allowed class": lambda trace: b"(ilightgbm.basic\nBooster\n.",
    "old object": lambda trace: b"(cos\nsystem\nS'" + f"touch {trace}".encode() + b"'\no.",
    "extension 1": lambda trace: b"\x80\x02\x82\x01.",
    "extension 2": lambda trace: b"\x80\x02\x83\x01\x01.",
    "extension 4": lambda trace: b"\x80\x02\x84\x01\x01\x01\x00.",
    "registered extension": lambda trace: whole(b"\x82\xf0(", text(f"touch {trace}"), b"tR"),
    "persistent": lambda trace: b"P" + trace.encode() + b"\n.",
    "persistent in binary": lambda trace: whole(text(trace), b"Q"),
    "out of band": lambda trace: b"\x80\x05\x97.",
    "distribution's template": lambda trace: whole(made("scipy.stats._distn_infrastructure:rv_continuous"), state(_parse_arg_template=text(f"open({trace!r}, 'w')"))),
    "copyreg's other function": lambda trace: whole(call("copyreg:__newobj__", name("os:system"))),
    "codec that decodes": lambda trace: whole(call("_codecs:decode", text("x"), text("zip"))),
    "default of what is missing": lambda trace: whole(call("collections:defaultdict", name("os:getcwd"))),
    "default of an allowed class": lambda trace: whole(call("collections:defaultdict", name("lightgbm.basic:Booster"))),
    "default through a state": lambda trace: whole(call("collections:defaultdict"), state(default_factory=name(LOGISTIC))),
    "vectorize": lambda trace: whole(made("numpy:vectorize"), state(pyfunc=name("builtins:print"))),
    "estimator called": lambda trace: whole(made(LOGISTIC), b")R"),
    "class called": lambda trace: whole(call(LOGISTIC)),
    "class called for its class": lambda trace: whole(call("builtins:type", made(LOGISTIC))),
    "method of an object": lambda trace: whole(made(LOGISTIC), text("fit"), b"\x93"),
    "state of a class": lambda trace: whole(name(NETWORK), state(predict_proba=name("builtins:print"))),
    "state of a class of the library": lambda trace: whole(name(LOGISTIC), state(fit=name("builtins:list"))),
    "state of a builtin": lambda trace: whole(name("builtins:list"), state(append=text("x"))),
    "state of a function": lambda trace: whole(name("numpy._core.multiarray:_reconstruct"), state(__code__=text("x"))),
    "state of a module": lambda trace: whole(name("numpy:random"), state(x=text("x"))),
    "state of a dictionary": lambda trace: whole(DICT, state(x=text("x"))),
    "state with another class": lambda trace: whole(made(LOGISTIC), state(__class__=name(NETWORK))),
    "state with another dictionary": lambda trace: whole(made(LOGISTIC), state(__dict__=DICT)),
    "state with a method": lambda trace: whole(made(NETWORK), state(predict_proba=name("builtins:list"))),
    "state with a name of its own": lambda trace: whole(made(NETWORK), state(extra=text("x"))),
    "state with slots": lambda trace: whole(made(LOGISTIC), b"N", DICT, text("fit"), name("builtins:list"), b"s\x86b"),
    "state that is no text": lambda trace: whole(made(LOGISTIC), DICT, b"K\x01K\x01sb"),
    "state with a reduction": lambda trace: whole(made(LOGISTIC), state(__reduce__=name("builtins:list"))),
    "new with arguments": lambda trace: whole(name(LOGISTIC), text("x"), b"\x85\x81"),
    "new of no class": lambda trace: whole(name("numpy._core.multiarray:_reconstruct"), b")\x81"),
    "new with named arguments": lambda trace: whole(name("builtins:dict"), b")", DICT, text("x"), text("x"), b"s\x92"),
    "new of a text": lambda trace: whole(text("x"), b")\x81"),
    "reconstructor of another base": lambda trace: whole(call("copyreg:_reconstructor", name(LOGISTIC), name("builtins:list"), b"]")),
    "reconstruct of another kind": lambda trace: whole(call("numpy._core.multiarray:_reconstruct", name(LOGISTIC), b"K\x00\x85", b"C\x01b")),
    "cython's own constructor": lambda trace: whole(call("sklearn._cyutility:__pyx_unpickle_Enum", text("x"))),
    "append to a method": lambda trace: whole(made(LOGISTIC), text("x"), b"a"),
    "set item of an estimator": lambda trace: whole(made(LOGISTIC), text("x"), text("y"), b"s"),
    "add to an estimator": lambda trace: whole(made(LOGISTIC), b"(", text("x"), b"\x90"),
}  # fmt: skip
"""Everything that a pickle can be made to do beside holding a model; `trace` is a file that some would make."""


@pytest.fixture(autouse=True)
def _registered() -> Any:
    copyreg.add_extension("os", "system", 0xF0)
    yield
    copyreg.remove_extension("os", "system", 0xF0)


def refused(data: bytes) -> str:
    with pytest.raises((UnsafePickle, UnreadablePickle)) as caught:
        unpickle(data, FILE)
    told = str(caught.value)
    assert told.startswith(FILE)
    assert told.endswith(".")
    assert "\n" not in told
    assert len(told) < 500
    return told


@pytest.mark.parametrize("what", EXECUTES)
def test_a_pickle_that_does_more_than_hold_a_model_is_refused(tmp_path: Path, what: str) -> None:
    trace = tmp_path / "trace"
    network, logistic = dict(vars(Network)), dict(vars(LogisticRegression))
    data = EXECUTES[what](str(trace))
    refused(data)
    with pytest.raises((UnsafePickle, UnreadablePickle), match=FILE):
        plain.loads(data, FILE)
    assert not trace.exists()
    assert dict(vars(Network)) == network
    assert dict(vars(LogisticRegression)) == logistic


def test_a_stack_of_estimators_cannot_be_called_to_write_an_array(tmp_path: Path) -> None:
    """A scorer of several metrics calls what it holds; a stack calls whatever method of its parts it was told to."""
    trace = tmp_path / "trace"
    array = np.zeros(4)
    stack = StackingClassifier([("a", LogisticRegression())])
    stack.__dict__ |= {"stack_method_": ["tofile"], "estimators_": [array], "passthrough": False}
    for thing in (stack, _MultimetricScorer(scorers={"x": stack}), FunctionTransformer(np.tanh), array):
        stored = pickle.dumps(thing, 2)[2:-1]
        for arguments in (text(str(trace)), stored):
            refused(b"\x80\x02" + stored + b"(" + arguments + b"tR.")
            refused(b"\x80\x02" + stored + b"(" + arguments + b"t\x81.")
    refused(pickle.dumps(Calls(stack.transform, str(trace))))
    assert not trace.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_is_looked_at(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "trace"
    refused(pickle.dumps(Calls(os.system, f"touch {trace}"), protocol))
    assert not trace.exists()


def memo_of(steps: int, kind: bytes) -> bytes:
    """Each holds the one before ten times: a few bytes that stand for 10**steps objects."""
    data = text("x") + b"q\x00"
    for number in range(steps):
        ten = b"h" + bytes([number])
        data += b"(" + ten * 10 + kind + b"q" + bytes([number + 1])
    return whole(data)


HUGE: dict[str, bytes] = {
    "an index of the memo": whole(b"Nr\xff\xff\xff\x7f"),
    "bytes": whole(b"\x8e" + struct.pack("<Q", 1 << 62)),
    "bytes of a negative length": whole(b"B\xff\xff\xff\xff"),
    "text": whole(b"\x8d" + struct.pack("<Q", 1 << 62)),
    "an array of bytes": b"\x80\x05\x96" + struct.pack("<Q", 1 << 62) + b".",
    "a frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N.",
    "a number": whole(b"\x8b\xff\xff\xff\x7f"),
    "an array": whole(call("numpy:ndarray", b"\x8a\x061234567\x00"[:8] + b"\x85")),
    "nothing": b"",
    "an end": b".",
    "no end": b"\x80\x04N",
    "another protocol": b"\x80\xff.",
    "no opcode": b"\x80\x04\xff.",
    "an empty stack": b"0.",
    "no mark": b"t.",
    "an index that is not there": b"h\x07.",
    "no text": b"X\x01\x00\x00\x00\xff.",
    "deep tuples": whole(b"N" + b"\x85" * 200_000),
    "marks": whole(b"(" * 200_000),
}  # fmt: skip


def told_by(read: Callable[[bytes, str], Any], data: bytes) -> str | None:
    """The sentence of a refusal; None when it was read, or needs more memory than there is (the child says so)."""
    try:
        read(data, FILE)
    except ModelError as error:
        return str(error)
    except MemoryError:
        return None
    return None


@pytest.mark.parametrize("what", HUGE)
def test_what_is_huge_deep_or_broken_is_told_in_a_sentence(what: str) -> None:
    told = [told_by(unpickle, HUGE[what])]
    if (
        what != "an index of the memo"
    ):  # the C unpickler would take 34 GB for it: see the closed process's tests
        told.append(told_by(plain.loads, HUGE[what]))
    assert any(told) or what in ("an index of the memo", "a frame", "deep tuples")
    for sentence in filter(None, told):
        assert sentence.startswith(FILE)
        assert "\n" not in sentence


def test_a_served_file_cannot_stand_for_more_than_it_holds() -> None:
    """Ten lists of ten lists of ten lists … are a hundred bytes, and would be counted one by one."""
    for kind in (b"t", b"l"):
        with pytest.raises(UnreadablePickle, match=FILE):
            plain.loads(memo_of(40, kind), FILE)


@pytest.mark.parametrize(
    "flat",
    [
        {"": "Nothing"}, {"": ["array"]}, {"": "array"}, {"": "array", "dtype": "O", "shape": (1,), "data": b"12345678"},
        {"": "array", "dtype": "<f8", "shape": (1 << 60,), "data": b"12345678"},
        {"": "array", "dtype": "<f8", "shape": "x", "data": b"12345678"},
        {"": "array", "dtype": ["<f8"], "shape": (1,), "data": b"12345678"},
        {"": "array", "dtype": "<f8", "shape": (1,), "data": [1]},
        {"": "Network", "hidden": 1}, {"": "Encoder", "vocabulary": {}}, {1: {"": 0}}, {2, 3}, b"x", 1j,
    ],
    ids=str,
)  # fmt: skip
def test_plain_data_that_is_no_object_of_ours_is_refused(flat: Any) -> None:
    with pytest.raises((UnreadablePickle, UnsafePickle), match=FILE):
        plain.loads(pickle.dumps(flat), FILE)


@pytest.mark.parametrize("dtype", ["O", [("a", "O"), ("b", "f8")], "U3", "M8[D]"], ids=str)
def test_arrays_of_objects_hold_only_what_a_model_may(tmp_path: Path, dtype: Any) -> None:
    array = np.zeros(2, dtype)
    if dtype == "O":
        array[:] = [Calls(os.system, f"touch {tmp_path / 'trace'}"), 1]
        refused(pickle.dumps(array))
    else:
        unpickle(pickle.dumps(array), FILE)
    assert not (tmp_path / "trace").exists()


def test_what_a_model_keeps_is_looked_at_too(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    scaler = StandardScaler().fit(np.eye(3))
    scaler.scale_ = Calls(os.system, f"touch {trace}")
    refused(pickle.dumps(scaler))
    refused(pickle.dumps(FunctionTransformer(os.system)))
    assert not trace.exists()


def test_a_booster_is_read_from_its_text_and_from_nothing_else(tmp_path: Path) -> None:
    """Its state may name a handle, a file or a network; only the text makes a model."""
    booster = Booster.__new__(Booster)
    for attributes in (
        {"handle": "x"},
        {"handle": 1},
        {"handle": b"x"},
        {"_handle": 1},
        {"model_file": "/etc/passwd"},
    ):
        booster.__dict__ = attributes
        data = whole(made("lightgbm.basic:Booster"), pickle.dumps(attributes)[2:-1], b"b")
        assert (told_by(unpickle, data) or FILE).startswith(FILE)
    booster.__dict__ = {"_handle": None, "handle": None}  # it frees what it holds
