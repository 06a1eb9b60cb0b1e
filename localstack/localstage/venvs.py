"""The two virtual environments: LocalStack's own, and the one that stands for Lambda's Python."""

import hashlib
import sys
from pathlib import Path

from localstage.commands import run
from localstage.paths import HERE, ROOT, Folders


def install(folders: Folders) -> None:
    """Install LocalStack with the process executor, and what Lambda's own runtime has, unless they stand there.

    The handlers run with the Python of this process, for which their packages are built.
    """
    make_venv(folders.server_venv, HERE / "requirements.txt", HERE / "executor")
    make_venv(folders.runtime_venv, HERE / "runtime.txt")


def make_venv(folder: Path, requirements: Path, plugin: Path | None = None) -> None:
    """Install a hash-pinned set of packages (and `plugin`, ours) into `folder`, unless just that stands there."""
    wanted = hashlib.sha256(sys.version.encode() + requirements.read_bytes())
    for source in sorted(plugin.rglob("*.py")) if plugin else ():
        wanted.update(source.read_bytes())
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text() == wanted.hexdigest():
        return
    print(f"Installing {folder.relative_to(ROOT)} …", flush=True)
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "venv", "--clear", folder], cwd=ROOT)
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", requirements], cwd=ROOT, quiet=True)
    if plugin:
        run([*pip, "--no-build-isolation", "--no-deps", plugin], cwd=ROOT, quiet=True)
    stamp.write_text(wanted.hexdigest())
