"""The closed process may be the stranger's own by the time it answers: whatever it says is one sentence or a layer."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.handover import check as checking
from models.handover.check import check, install
from models.handover.conversion import convert
from models.handover.errors import HandoverFailed
from models.handover.rewriting import rewrite
from models.handover.sandbox import _answer
from models.handover.serving import serve
from scoring.errors import ModelError
from tests.integration.models.layers import LAYER, contents

STAGES: dict[str, Any] = {"convert": convert, "serve": serve, "rewrite": rewrite}


@pytest.fixture(scope="module")
def told(foreign: Path) -> dict[str, Any]:
    """What honest processes answer about a good folder: stage → answer."""
    answers: dict[str, Any] = {}

    def run(stage: str, order: Any) -> Any:
        answers[stage] = json.loads(json.dumps(STAGES[stage](json.loads(json.dumps(order)))))
        return copy.deepcopy(answers[stage])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "run", run)
        check(foreign)
    return answers


LIES: dict[str, tuple[str, str, Any]] = {
    # what: stage, where (a path of keys), what is said instead; ... takes it away
    "no models": ("convert", "models", ...),
    "models that are a list": ("convert", "models", []),
    "no model": ("convert", "models", {}),
    "another model": ("convert", "models/../x", {}),
    "a model that is a number": ("convert", "models/lightgbm", 1),
    "no output": ("convert", "models/lightgbm/output", ...),
    "an output that is a list": ("convert", "models/lightgbm/output", [1]),
    "a bad column of its own": ("convert", "models/lightgbm/bad_column", 7),
    "a bad column that is a text": ("convert", "models/lightgbm/bad_column", "1"),
    "graphs that are a text": ("convert", "models/lightgbm/graphs", "lightgbm_model.onnx"),
    "graphs elsewhere": ("convert", "models/lightgbm/graphs", ["../../x", "/etc/passwd"]),
    "graphs that are not there": ("convert", "models/lightgbm/graphs", []),
    "inputs that are no list": ("convert", "models/lightgbm/inputs", {"a": 1}),
    "inputs that are no fields": ("convert", "models/lightgbm/inputs", [{"field": "\x1b[2J"}]),
    "inputs that tell who it is": ("convert", "models/lightgbm/inputs", [{"field": "DNI"}]),
    "inputs without a field": ("convert", "models/lightgbm/inputs", [{}]),
    "inputs of odd levels": ("convert", "models/lightgbm/inputs/0/levels", [{}]),
    "inputs of levels that are a number": ("convert", "models/lightgbm/inputs/0/levels", 3),
    "originals that are texts": ("convert", "models/lightgbm/originals", ["x"] * 1000),
    "originals that are lists": ("convert", "models/lightgbm/originals", [[0.5]] * 1000),
    "originals that are none": ("convert", "models/lightgbm/originals/0", float("nan")),
    "originals that are huge": ("convert", "models/lightgbm/originals/0", 10**400),
    "too few originals": ("convert", "models/lightgbm/originals", [0.5]),
    "an order that is an object": ("convert", "models/lightgbm/order", {}),
    "files elsewhere": ("convert", "files/../../x", "AAAA"),
    "files that are a list": ("convert", "files", ["x"]),
    "a file that is a number": ("convert", "files/lightgbm_model.onnx", 1),
    "a file that is no base64": ("convert", "files/lightgbm_model.onnx", "ä"),
    "a file that is no graph": ("convert", "files/lightgbm_model.onnx", "AAAA"),
    "no files": ("convert", "files", {}),
    "no rows": ("convert", "rows", []),
    "rows that are numbers": ("convert", "rows", [1] * 1000),
    "rows of other fields": ("convert", "rows/0/\x1b[2J", 1),
    "rows without a field": ("convert", "rows/0/AGE", ...),
    "rows of lists": ("convert", "rows/0/AGE", [1]),
    "rows of huge numbers": ("convert", "rows/0/AGE", 10**30),
    "rows with half a character": ("convert", "rows/0/CITY_OF_BIRTH", "\ud800"),
    "a baseline that is a list": ("convert", "baseline", [1]),
    "a baseline of objects": ("convert", "baseline/AGE", {}),
    "a baseline of other fields": ("convert", "baseline/x", 1),
    "warnings that are a number": ("convert", "warnings", 1),
    "our own kind that is a number": ("convert", "own", 1),
    "our own kind that is nothing": ("convert", "own", {}),
    "our own kind elsewhere": ("convert", "own", {"../x": "AAAA"}),
    "our own kind that is broken": ("convert", "own", dict.fromkeys(["encoder_hot.pkl", "std_scaler.pkl", "lightgbm_model.pkl"], "AAAA")),
    "no model served": ("serve", "lightgbm", ...),
    "a model served as a list": ("serve", "lightgbm", []),
    "probabilities that are texts": ("serve", "lightgbm/probabilities", ["x"] * 1000),
    "probabilities that are none": ("serve", "lightgbm/probabilities/0", None),
    "probabilities that are no numbers": ("serve", "lightgbm/probabilities/0", float("nan")),
    "probabilities beyond 1": ("serve", "lightgbm/probabilities/0", 1e308),
    "too few probabilities": ("serve", "lightgbm/probabilities", []),
    "unknown that are numbers": ("serve", "lightgbm/unknown", [1] * 1000),
    "unknown that are no fields": ("serve", "lightgbm/unknown/0", ["\x1b]0;x\x07"]),
    "times that are texts": ("serve", "lightgbm/one", "x"),
    "times that are endless": ("serve", "lightgbm/many", float("inf")),
}  # fmt: skip


def lying(answers: dict[str, Any], stage: str, where: str, what: Any) -> Callable[[str, Any], Any]:
    lie = copy.deepcopy(answers)
    *way, last = where.split("/") if ".." not in where else [where.partition("/")[0], where.partition("/")[2]]
    place = lie[stage]
    for key in way:
        place = place[int(key) if isinstance(place, list) else key]
    if what is ...:
        del place[last]
    elif isinstance(place, list):
        place[int(last)] = what
    else:
        place[last] = what

    def run(asked: str, order: Any) -> Any:
        if asked == "serve" and stage == "convert":
            return STAGES[asked](json.loads(json.dumps(order)))
        return STAGES[asked](order) if asked == "rewrite" else copy.deepcopy(lie[asked])

    return run


@pytest.mark.parametrize("what", LIES)
def test_a_lie_is_one_sentence_and_writes_nothing(
    foreign: Path, target: Path, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    before, beside = contents(target), sorted(target.parent.iterdir())
    monkeypatch.setattr(checking, "run", lying(told, *LIES[what]))
    with pytest.raises((ModelError, KeyError)) as caught:
        install(foreign, target)
    if what != "no files":  # a KeyError in the second closed process, which makes a sentence of it
        assert isinstance(caught.value, ModelError)
        assert str(caught.value).endswith(".")
        assert len(str(caught.value)) < 1_000
    assert contents(target) == before
    assert sorted(target.parent.iterdir()) == beside


def test_what_it_says_to_people_is_one_line_of_printable_signs(
    foreign: Path, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = ["\x1b]0;title\x07\x1b[2J\u202eevil\nline" * 1000] * 1000
    monkeypatch.setattr(checking, "run", lying(told, "convert", "warnings", notes))
    report = check(foreign)
    assert len(report.warnings) <= 200
    assert all(note.isprintable() and len(note) <= 1_000 for note in report.warnings)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "ended without an answer"),
        (b"[]", "ended without an answer"),
        (b"{", "ended without an answer"),
        (b"\xff", "ended without an answer"),
        (b"[" * 100_000, "ended without an answer"),
        (b'{"a": ' * 100_000, "ended without an answer"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "ended without an answer"),
        (b"[" + b"[]," * 3_000_000 + b"1]", "too large"),
        (b'{"refused": {}}', "no reason"),
        (b'{"refused": {"kind": 1, "text": 2}}', "no reason"),
        (b'{"refused": {"kind": ["UnsafePickle"], "text": "x"}}', "read: x"),
        (b'{"refused": {"kind": "\\ud800", "text": "\\ud800"}}', r"read: \?"),
        (b'{"refused": {"kind": "Exception", "text": "x"}}', "read: x"),
        (b'{"refused": {"kind": "__builtins__", "text": "x"}}', "read: x"),
        (b'{"refused": {"kind": "UnsafePickle", "text": "a\\u001b[2J\\nb"}}', r"^a\?\[2J b$"),
    ],
    ids=range(15),
)
def test_an_answer_of_another_form_is_a_sentence(said: bytes, told: str) -> None:
    with pytest.raises(ModelError, match=told) as caught:
        _answer(said, 1, 180, 4 << 30)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("ended", [-9, -11, -31, -64, 0, 1, 255])
def test_every_way_to_end_is_told(ended: int) -> None:
    with pytest.raises(HandoverFailed, match=r"^The files cannot be read: .*\.$"):
        _answer(b"", ended, 180, 4 << 30)


def test_our_own_layer_is_still_one(target: Path) -> None:
    assert install(LAYER, target).own
