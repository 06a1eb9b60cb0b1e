"""A Python with what AWS Lambda's own runtime brings along: its runtime client and boto3, and nothing else."""

import hashlib
import subprocess
from pathlib import Path

from deploy.packages.errors import PackageError, WheelsUnavailable
from deploy.packages.network import no_network


def runtime_python(root: Path, version: str, interpreter: str) -> Path:
    """The Python of `build/runtime-VERSION`, made from localstack/runtime.txt when it is not there yet."""
    pins = root / "localstack/runtime.txt"
    folder = root / "build" / f"runtime-{version}"
    stamp, python = folder / "stamp", folder / "bin/python"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    venv = [interpreter, "-m", "venv", "--clear", str(folder)]
    for command in (venv, [*pip, "install", "--require-hashes", "-r", str(pins)]):
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode and no_network(answer.stderr):
            raise WheelsUnavailable(
                "There is no network, and Lambda's runtime client is not here yet: connect once."
            )
        if answer.returncode:
            raise PackageError(f"Lambda's runtime client could not be installed:\n{answer.stderr.strip()}")
    stamp.write_text(wanted)
    return python
