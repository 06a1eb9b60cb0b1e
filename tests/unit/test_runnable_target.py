"""For which Python the packages are built where they are to be run here."""

import os
from pathlib import Path

import pytest

from deploy.packages.target import Target
from deploy.packages.unpacked import runnable_target


def put_python(folder: Path, script: str) -> None:
    """A python3.13 on the PATH that is this script."""
    (folder / "python3.13").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "python3.13").chmod(0o755)


@pytest.mark.parametrize(
    "script",
    [
        'case "$*" in *ensurepip*) exit 1;; *) echo 3.13;; esac',  # Debian's without python3-venv
        "echo 'pyenv: python3.13: command not found' >&2; exit 127",  # a shim with nothing behind it
        "echo 3.12",
    ],
)
def test_a_python_that_is_half_there_is_none(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_python(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    assert runnable_target() == Target.here()


def test_lambdas_own_python_is_taken_where_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_python(tmp_path, "echo 3.13")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert runnable_target().python == "3.13"
