"""Compiles the sources of a package for the Python that runs this file: `pythonX.Y bytecode.py FOLDER ROOT`.

Lambda's file system cannot be written: without bytecode in the package every cold start compiles every module. It is
marked as unchecked: Python takes it without a look at its source, whose date and size a zip may change.
Run by the target's own interpreter, so this file imports nothing of ours.
"""

import py_compile
import sys
from pathlib import Path


def compile_all(folder: Path, root: str) -> None:
    """Compile every module under `folder`, in order; tracebacks will name them as under `root`."""
    for source in sorted(folder.rglob("*.py")):
        py_compile.compile(
            str(source),
            dfile=f"{root}/{source.relative_to(folder).as_posix()}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


if __name__ == "__main__":
    compile_all(Path(sys.argv[1]), sys.argv[2])
