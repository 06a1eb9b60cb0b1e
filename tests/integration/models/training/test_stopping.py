"""Ctrl-C in the middle of a training leaves the layer as it was, and the bar has moved until then."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from models.training.train import Training, save
from tests.integration.models.layers import ROOT, contents

SHOWN = re.compile(rb"training: .*? (\d+)/\d+ steps \[([\d:]+)")
"""The bar: how many steps are done, and its clock."""


def moved_within_a_step(said: bytes) -> bool:
    """Whether the bar was shown at three times between two steps."""
    shown = set(SHOWN.findall(said))
    return any(sum(done == step for done, _ in shown) >= 3 for step, _ in shown)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_stopped_leaves_the_old_layer_whole(
    number: signal.Signals, trained: Training, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_STORE", str(tmp_path / "store"))
    layer = tmp_path / "model" / "pickles"
    save(trained, layer)
    before = contents(layer.parent)
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "train", str(file), "--out", str(layer)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
    ) as process:  # fmt: skip
        assert process.stderr
        said = b""
        while not moved_within_a_step(said):
            more = process.stderr.read(1_000)
            assert more, said.decode()
            said += more
        process.send_signal(number)
        rest = process.stderr.read()
        status = process.wait(120)
    assert status == 128 + number
    assert rest.decode().splitlines()[-1].startswith("creditrisk: stopped; nothing was changed, and the same")
    assert contents(layer.parent) == before
    assert [path.name for path in layer.parent.iterdir()] == ["pickles"]
