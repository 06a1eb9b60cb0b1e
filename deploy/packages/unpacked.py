"""A function as Lambda lays it out: its zip in task/, its layers' zips over one another in opt/."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from deploy.packages.builder import Builder
from deploy.packages.lambda_runtime import LambdaRuntime
from deploy.packages.parts import FUNCTIONS, Function
from deploy.packages.runtime_python import runtime_python
from deploy.packages.target import Target


@dataclass(frozen=True)
class Unpacked:
    """An unpacked function, and the Python that runs it."""

    handler: str
    task: Path
    opt: Path
    python: Path

    def start(self, environment: dict[str, str], timeout: float = 30.0) -> LambdaRuntime:
        """A new execution environment for it: a context manager."""
        return LambdaRuntime(self.python, self.handler, self.task, self.opt, environment, timeout)


def unpack(builder: Builder, function: Function, to: Path) -> Unpacked:
    """Unpack a built function and its layers under `to`."""
    _extract(builder.zip(function.part), to / "task")
    for layer in function.layers:
        _extract(builder.zip(layer), to / "opt")
    assert builder.python is not None
    python = runtime_python(builder.root, builder.target.python, builder.python)
    return Unpacked(f"{function.part.name}/handler.handler", to / "task", to / "opt", python)


def build_and_unpack(root: Path, to: Path) -> dict[str, Unpacked]:
    """Every function by its name, for Lambda's Python where this machine has it, else for the Python that runs this."""
    builder = Builder(root, root / "build", runnable_target())
    unpacked = {}
    for function in FUNCTIONS:
        for part in (function.part, *function.layers):
            builder.build(part)
        name = Path(function.part.name).name
        unpacked[name] = unpack(builder, function, to / name)
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
