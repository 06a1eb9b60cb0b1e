"""Leaves out of a layer what no function ever reads."""

import shutil
from collections.abc import Collection
from pathlib import Path

_TOP = ("bin", "include", "share")
"""What pip makes beside the packages: commands, headers, manual pages."""

_FOLDERS = ("tests", "test", "__pycache__")
"""Wherever they stand."""

_SUFFIXES = {
    ".pyi",
    ".pyx",
    ".pxd",
    ".pxi",
    ".pyc",
    ".c",
    ".cc",
    ".cpp",
    ".h",
    ".hpp",
    ".a",
    ".lib",
    ".f",
    ".f90",
}
"""Type stubs and what compiled modules were made from."""

_METADATA = {
    "METADATA",
    "licenses",
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.md",
    "LICENSE.rst",
    "COPYING",
    "NOTICE",
}
"""What stays of a distribution's metadata: its name and version, which programs ask for, and its licence."""

_UNUSED = (
    "numpy/ctypeslib",
    "numpy/distutils",
    "numpy/doc",
    "numpy/f2py",
    "numpy/_pyinstaller",
    "numpy/testing",
    "numpy/_core/_*_tests.*.so",
    "numpy/_core/_simd.*.so",  # what numpy's own tests look into its vector instructions with
    "numpy/conftest.py",
    "numpy/fft",
    "numpy/lib/recfunctions.py",
    "numpy/ma",  # np.unique asks for it, but for the places of what it finds
    "numpy/matlib.py",
    "numpy/polynomial",
    "numpy/random",
    "rq/cli",
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",
)
"""Parts of single distributions that are for developers, or that numpy loads when somebody asks for them, as no code of
the layers does: tests/e2e/test_packages.py runs the scorer without them, with a layer of our own and with one of graphs."""


def prune(folder: Path, needed: Collection[str] = ()) -> None:
    """Delete from an installed set of distributions what serving never needs; what is `needed` all the same stays."""
    for pattern in (*_TOP, *(each for each in _UNUSED if each not in needed)):
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):  # what lies in a folder before the folder
        if path.is_dir():
            if path.name in _FOLDERS or not any(path.iterdir()):
                shutil.rmtree(path)
        elif path.suffix in _SUFFIXES or (path.parent.suffix == ".dist-info" and path.name not in _METADATA):
            path.unlink()
