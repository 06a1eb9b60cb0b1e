"""A Python with what AWS Lambda's own runtime brings along: its runtime client and boto3, and nothing else."""

import hashlib
import subprocess
from pathlib import Path

from packages.errors import PackageError


def runtime_python(root: Path, version: str, interpreter: str) -> Path:
    """The Python of `build/runtime-VERSION`, made from localstack/runtime.txt when it is not there yet."""
    pins = root / "localstack/runtime.txt"
    folder = root / "build" / f"runtime-{version}"
    stamp, python = folder / "stamp", folder / "bin/python"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        pins,
    ]
    for command in ([interpreter, "-m", "venv", "--clear", str(folder)], install):
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode:
            raise PackageError(f"Lambda's runtime client could not be installed:\n{answer.stderr.strip()}")
    stamp.write_text(wanted)
    return python
