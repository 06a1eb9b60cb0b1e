"""The two virtual environments: LocalStack's own, and the one that stands for Lambda's Python."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from deploy.packages.network import no_network
from localstage.commands import CommandFailed, run
from localstage.paths import HERE, ROOT, Folders


def install(folders: Folders) -> None:
    """Install LocalStack with the process executor, and what Lambda's own runtime has, unless they stand there.

    The handlers run with the Python of this process, for which their packages are built.
    """
    make_venv(folders.server_venv, HERE / "requirements.txt")
    _install_ours(folders.server_venv, HERE / "executor")
    install_runtime(folders)


def install_runtime(folders: Folders) -> None:
    """Install what Lambda's own runtime has, compiled as there: a function's process writes no bytecode."""
    make_venv(folders.runtime_venv, HERE / "runtime.txt", compiled=True)


def make_venv(folder: Path, requirements: Path, *, compiled: bool = False) -> None:
    """Install a hash-pinned set of packages into `folder`, unless just that stands there.

    Python compiles a module when it is first imported: compiling all of them costs more than the rest together.
    """
    stamp, wanted = folder / "installed", _fingerprint(requirements)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"Installing {folder.relative_to(ROOT)} …", flush=True)
    run([sys.executable, "-m", "venv", "--without-pip", "--clear", folder], cwd=ROOT)
    try:
        _pip(folder, "--compile" if compiled else "--no-compile", "--require-hashes", "-r", requirements)
    except CommandFailed as error:
        if no_network(str(error)):
            raise CommandFailed(
                f"There is no network: {folder.relative_to(ROOT)} is installed once, from Python's package index. "
                "Connect, or name a mirror in PIP_INDEX_URL, and try again."
            ) from None
        raise
    stamp.write_text(wanted)


def _install_ours(folder: Path, source: Path) -> None:
    """Install a package of this checkout, from a copy: building leaves nothing in the checkout."""
    stamp, wanted = folder / f"installed-{source.name}", _fingerprint(*sorted(source.rglob("*.py")))
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(source, copy, dirs_exist_ok=True)
        _pip(folder, "--no-build-isolation", "--force-reinstall", copy)
    stamp.write_text(wanted)


def _pip(folder: Path, *arguments: str | Path) -> None:
    """Install into a virtual environment with the pip of this one, and nothing but what is named."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder / "bin" / "python"),
        "--disable-pip-version-check",
    ]
    run([*pip, "install", "--quiet", "--no-deps", *arguments], cwd=ROOT, quiet=True)


def _fingerprint(*files: Path) -> str:
    found = hashlib.sha256(sys.version.encode())
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()
