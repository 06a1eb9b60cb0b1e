"""A function as Lambda lays it out: its zip in task/, its layers' zips over one another in opt/."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from deploy.packages import parts
from deploy.packages.builder import Builder
from deploy.packages.parts import FUNCTIONS
from deploy.packages.runtime_python import runtime_python
from deploy.packages.target import Target
from lambda_runtime.environment import ExecutionEnvironment
from lambda_runtime.function import Function


@dataclass(frozen=True)
class Unpacked:
    """An unpacked function, and the Python that runs it."""

    name: str
    task: Path
    opt: Path
    python: Path
    version: str

    @contextmanager
    def start(self, environment: dict[str, str], timeout: float = 30.0) -> Iterator[ExecutionEnvironment]:
        """A new execution environment for it, with these variables and this time limit (seconds)."""
        function = Function(
            name=self.name,
            handler=f"functions/{self.name}/handler.handler",
            task=self.task,
            opt=self.opt,
            python=self.python,
            runtime=f"python{self.version}",
            configured=environment,
            timeout=timeout,
        )
        with TemporaryDirectory() as folder, ExecutionEnvironment(function, Path(folder, "log")) as running:
            yield running


def unpack(builder: Builder, function: parts.Function, to: Path) -> Unpacked:
    """Unpack a built function and its layers under `to`."""
    _extract(builder.zip(function.part), to / "task")
    for layer in function.layers:
        _extract(builder.zip(layer), to / "opt")
    assert builder.python is not None
    version = builder.target.python
    python = runtime_python(builder.root, version, builder.python)
    return Unpacked(Path(function.part.name).name, to / "task", to / "opt", python, version)


def build_and_unpack(root: Path, to: Path) -> dict[str, Unpacked]:
    """Every function by its name, for Lambda's Python where this machine has it, else for the Python that runs this."""
    builder = Builder(root, root / "build", runnable_target())
    unpacked = {}
    for function in FUNCTIONS:
        for part in (function.part, *function.layers):
            builder.build(part)
        made = unpack(builder, function, to / function.part.name)
        unpacked[made.name] = made
    return unpacked


def runnable_target() -> Target:
    """The target that AWS runs, where this machine has its Python; else the same for this Python and processor.

    A Python that makes no virtual environment (Debian's without python3-venv) is none: there is no runtime for it.
    """
    here = Target.here()
    aws = Target(arch=here.arch)
    python = aws.interpreter()
    complete = (
        python
        and subprocess.run([python, "-Ic", "import ensurepip, venv"], capture_output=True).returncode == 0
    )
    return aws if complete else here


def _extract(archive: Path, to: Path) -> None:
    with ZipFile(archive) as opened:
        opened.extractall(to)
