"""Hostile folders through the command itself, with its real closed processes: one sentence, and nothing happens."""

import json
import os
import pickle
import resource
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.tree import DecisionTreeClassifier

from creditrisk.settings import Settings
from scoring.manifest import sha256

LAYER = Settings().model_folder
MODEL = "lightgbm_model"


def creditrisk(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = "from cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", command, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        errors="surrogateescape",
    )


def graph(*nodes: Any, constants: dict[str, Any] | None = None, **inputs: tuple[int, list[Any]]) -> bytes:
    """An ONNX graph that gives `result` (a column), from AGE unless said otherwise."""
    given = inputs or {"AGE": (TensorProto.FLOAT, [None, 1])}
    made = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in given.items()],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, [None, None])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()],
    )
    opsets = [
        helper.make_opsetid("", 18),
        helper.make_opsetid("evil", 1),
        helper.make_opsetid("ai.onnx.ml", 3),
    ]
    data: bytes = helper.make_model(made, opset_imports=opsets, ir_version=9).SerializeToString()
    return data


def node(kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> Any:
    return helper.make_node(kind, inputs, outputs, **attributes)


def external() -> bytes:
    model = onnx.load_from_string(
        graph(node("Mul", ["AGE", "w"], ["result"]), constants={"w": np.ones(1, np.float32)})
    )
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    data: bytes = model.SerializeToString()
    return data


def branch() -> Any:
    """A branch that is taken for one age alone, and then asks for 400 GB."""
    huge = helper.make_graph(
        [
            node("ConstantOfShape", ["size"], ["much"]),
            node("ReduceSum", ["much"], ["sum"], keepdims=0),
            node("Add", ["half", "sum"], ["out"]),
        ],
        "huge",
        [],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, None])],
        [numpy_helper.from_array(np.array([100_000, 1_000_000]), "size")],
    )
    small = helper.make_graph(
        [node("Identity", ["half"], ["out2"])],
        "small",
        [],
        [helper.make_tensor_value_info("out2", TensorProto.FLOAT, [None, None])],
    )
    return node("If", ["rare"], ["result"], then_branch=huge, else_branch=small)


HALF = {"half": np.array(0.5, np.float32), "zero": np.array(0, np.float32)}
GRAPHS: dict[str, Callable[[], bytes]] = {
    "weights in another file": external,
    "an operator of its own": lambda: graph(node("Run", ["AGE"], ["result"], domain="evil")),
    "a random score": lambda: graph(node("RandomUniformLike", ["AGE"], ["result"])),
    "not a number": lambda: graph(node("Log", ["minus"], ["x"]), node("Mul", ["AGE", "x"], ["result"]), constants={"minus": np.array(-1, np.float32)}),
    "identity as an input": lambda: graph(node("Cast", ["DNI"], ["result"], to=1), DNI=(TensorProto.STRING, [None, 1])),
    "an input of no name": lambda: graph(node("Sigmoid", ["\x1b[2J"], ["result"]), **{"\x1b[2J": (TensorProto.FLOAT, [None, 1])}),
    "an input of three axes": lambda: graph(node("Sigmoid", ["AGE"], ["result"]), AGE=(TensorProto.FLOAT, [None, 7, 7])),
    "an input of complex numbers": lambda: graph(node("Cast", ["AGE"], ["result"], to=1), AGE=(TensorProto.FLOAT16, [None, 1])),
    "no rows come out": lambda: graph(node("ReduceMean", ["AGE"], ["m"], keepdims=0), node("Sigmoid", ["m"], ["result"])),
    "a size that is endless": lambda: graph(node("ConstantOfShape", ["size"], ["result"]), constants={"size": np.array([1 << 40])}),
    "a size that an applicant gives": lambda: graph(
        node("ReduceMax", ["AGE"], ["m"], keepdims=1), node("Cast", ["m"], ["n"], to=7), node("Squeeze", ["n"], ["s"]), node("Reshape", ["s", "one"], ["t"]),
        node("ConstantOfShape", ["t"], ["z"]), node("ReduceSum", ["z"], ["zz"], keepdims=0), node("Mul", ["AGE", "zz"], ["q"]), node("Sigmoid", ["q"], ["result"]), constants={"one": np.array([1])}),
    "a branch for one applicant": lambda: graph(
        node("ReduceMax", ["AGE"], ["m"], keepdims=0), node("Greater", ["m", "rarely"], ["rare"]), branch(),
        constants=HALF | {"rarely": np.array(1e6, np.float32)}),
    "nothing": lambda: b"",
    "noise": lambda: b"\xff" * 1000,
}  # fmt: skip


def deep(folder: Path) -> None:
    shutil.copytree(LAYER, folder, dirs_exist_ok=True)
    (folder / "manifest.json").write_bytes(b"[" * 1_000_000)


def lies(**facts: Any) -> Callable[[Path], None]:
    """A layer of our own kind whose manifest says something else of it."""

    def make(folder: Path) -> None:
        shutil.copytree(LAYER, folder, dirs_exist_ok=True)
        manifest = json.loads((folder / "manifest.json").read_bytes())
        golden = facts.pop("golden", None)
        if golden is not None:
            (folder / "golden_rows.json").write_bytes(golden)
            manifest["files"]["golden_rows.json"]["sha256"] = sha256(golden)
        (folder / "manifest.json").write_text(json.dumps(manifest | facts))

    return make


def file(name: str, data: Callable[[], bytes]) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(data()) and None


def crash() -> bytes:
    """A decision tree whose children and columns lie far outside of what it has; C follows them."""
    tree = DecisionTreeClassifier().fit(np.eye(4), [0, 1, 0, 1])
    kind, arguments, state = tree.tree_.__reduce__()
    nodes = state["nodes"].copy()
    nodes["left_child"][0] = nodes["right_child"][0] = nodes["feature"][0] = 1 << 40

    class Tree:
        def __reduce__(self) -> Any:
            return kind, arguments, state | {"nodes": nodes}

    tree.tree_ = Tree()
    return pickle.dumps(tree)


def laughs() -> bytes:
    data = b"\x80\x04X\x01\x00\x00\x00xq\x00"
    for number in range(60):
        data += b"(" + (b"h" + bytes([number])) * 10 + b"lq" + bytes([number + 1])
    return data + b"."


def booster(change: Callable[[str], str]) -> bytes:
    from lightgbm import LGBMClassifier

    rows = np.random.default_rng(0).normal(size=(200, 3))
    model = LGBMClassifier(n_estimators=2, verbose=-1).fit(rows, rows[:, 0] > 0)
    return change(model.booster_.model_to_string()).encode()


def skops_bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / f"{MODEL}.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"[" * (200 << 20))


FOLDERS: dict[str, Callable[[Path], object]] = {
    "a command in a pickle": file(f"{MODEL}.pkl", lambda: b"cos\nsystem\n(S'touch trace'\ntR."),
    "an index of the memo of 34 GB": file(f"{MODEL}.pkl", lambda: b"\x80\x04Nr\xff\xff\xff\x7f."),
    "a billion laughs": file(f"{MODEL}.pkl", laughs),
    "bytes without end": file(f"{MODEL}.pkl", lambda: b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40)),
    "a tree that leads out of its memory": file(f"{MODEL}.pkl", crash),
    "a booster of huge numbers": file(f"{MODEL}.txt", lambda: booster(lambda text: text.replace("num_leaves=", "num_leaves=99999999"))),
    "a booster of columns that are not there": file(f"{MODEL}.txt", lambda: booster(lambda text: text.replace("max_feature_idx=2", "max_feature_idx=2000000000"))),
    "a booster that is cut off": file(f"{MODEL}.txt", lambda: booster(lambda text: text[: len(text) // 3])),
    "a booster of nothing": file(f"{MODEL}.txt", lambda: b"tree\n\x00\x00"),
    "a skops that is a bomb": skops_bomb,
    "a skops that is none": file(f"{MODEL}.skops", lambda: b"PK\x03\x04"),
    "a manifest of brackets": deep,
    "golden rows of another form": lies(golden=b'[{"application": {}, "lightgbm": [1, 2]}]'),
    "no golden rows": lies(golden=b"[]"),
    "a file that the manifest does not list": lies(files={}),
    "a table of one endless row": lambda folder: (shutil.copytree(LAYER, folder, dirs_exist_ok=True), (folder / "expected.csv").write_text("," * 2_000_000 + "\n1\n")),
    "a table of control characters": lambda folder: (shutil.copytree(LAYER, folder, dirs_exist_ok=True), (folder / "expected.csv").write_text("\x1b[2J,\x1b]0;x\x07\n1,2\n")),
    "a table of another encoding": lambda folder: (shutil.copytree(LAYER, folder, dirs_exist_ok=True), (folder / "expected.csv").write_bytes(b"\xff\xfe\x00")),
    "a table that is a link": lambda folder: (shutil.copytree(LAYER, folder, dirs_exist_ok=True), (folder / "expected.csv").symlink_to("/etc/passwd")),
    "a manifest that is a pipe": lambda folder: os.mkfifo(folder / "manifest.json"),
    "a device": lambda folder: (folder / f"{MODEL}.pkl").symlink_to("/dev/zero"),
    "a sparse file of a terabyte": lambda folder: os.truncate(os.open(folder / f"{MODEL}.pkl", os.O_CREAT | os.O_RDWR), 1 << 40),
    "nothing": lambda folder: None,
    **{f"a graph with {what}": file(f"{MODEL}.onnx", make) for what, make in GRAPHS.items()},
}  # fmt: skip


@pytest.mark.parametrize("what", FOLDERS)
def test_a_hostile_folder_gets_one_sentence_and_changes_nothing(tmp_path: Path, what: str) -> None:
    folder, target = tmp_path / "folder", tmp_path / "target"
    folder.mkdir()
    FOLDERS[what](folder)
    result = creditrisk("model", "install", folder, MODEL_DIR=str(target))
    assert "Traceback" not in result.stderr
    assert (result.returncode, result.stdout) == (1, ""), result.stderr
    (line,) = result.stderr.splitlines()
    assert line.startswith("creditrisk: ")
    assert line.endswith(".")
    assert line.isprintable()
    assert {path.name for path in tmp_path.iterdir()} <= {"folder"}
    assert not Path("trace").exists()


def test_names_of_files_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "a\x1b[2J\nb"
    folder.mkdir()
    told = creditrisk("model", "check", folder)
    assert (told.returncode, len(told.stderr.splitlines())) == (1, 1)
    shutil.copytree(LAYER, folder, dirs_exist_ok=True)
    (folder / "\x1b]0;x\x07").touch()
    (folder / "\udcff.txt").touch()
    told = creditrisk("model", "check", folder)
    assert told.returncode == 0, told.stderr
    assert "\x1b" not in told.stdout
    assert "left alone: " in told.stdout


def test_a_manifest_that_lies_is_told_when_it_is_shown(tmp_path: Path) -> None:
    folder, target = tmp_path / "folder", tmp_path / "target"
    folder.mkdir()
    lies(cross_validation=[1], libraries={"\x1b[2J": 1}, foreign={"models": {}})(folder)
    assert creditrisk("model", "install", folder, MODEL_DIR=str(target)).returncode == 0
    told = creditrisk("model", "show", MODEL_DIR=str(target))
    assert (told.returncode, len(told.stderr.splitlines())) == (1, 1)
    assert "is not one that installing writes" in told.stderr


def test_a_manifest_with_other_fields_than_its_distributions_is_not_installed(tmp_path: Path) -> None:
    folder, target = tmp_path / "folder", tmp_path / "target"
    folder.mkdir()
    lies(fields=[1])(folder)
    told = creditrisk("model", "install", folder, MODEL_DIR=str(target))
    assert (told.returncode, len(told.stderr.splitlines())) == (1, 1)
    assert "reference.json says nothing of 1" in told.stderr
    assert not target.exists()


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """What was read in the tests before, and all their processes, never took as much as one of them may."""
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 4 << 20  # KiB


def good(kind: str, folder: Path) -> None:
    """The same pipeline as a data scientist may hand it over in each kind."""
    import pandas as pd
    import skops.io
    from lightgbm import LGBMClassifier
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from models.synthetic import synthetic_applicants

    numbers = ["AGE", "PERSONAL_MONTHLY_INCOME"]
    frame = pd.DataFrame(list(synthetic_applicants(400, seed=3)))[numbers].astype(float)
    encoder = ColumnTransformer([("n", make_pipeline(SimpleImputer(), StandardScaler()), numbers)]).fit(frame)
    model = LGBMClassifier(n_estimators=3, verbose=-1).fit(encoder.transform(frame), frame["AGE"] < 30)
    if kind == "graph":
        one = graph(
            node("Mul", ["AGE", "c"], ["x"]),
            node("Sigmoid", ["x"], ["result"]),
            constants={"c": np.array(-0.03, np.float32)},
        )
        (folder / f"{MODEL}.onnx").write_bytes(one)
        return
    if kind == "skops":
        skops.io.dump(encoder, folder / "encoder_hot.skops")
        skops.io.dump(model, folder / f"{MODEL}.skops")
        return
    (folder / "encoder_hot.pkl").write_bytes(pickle.dumps(encoder))
    if kind == "text":
        model.booster_.save_model(folder / f"{MODEL}.txt")
    else:
        (folder / f"{MODEL}.pkl").write_bytes(pickle.dumps(model))


@pytest.mark.parametrize("kind", ["pickles", "skops", "text", "graph"])
def test_what_is_handed_over_in_good_faith_passes_through_the_closed_processes(
    tmp_path: Path, kind: str
) -> None:
    good(kind, tmp_path)
    told = creditrisk("model", "check", tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert "can be installed" in told.stdout
