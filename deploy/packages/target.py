"""Where the packages will run: a version of Python on Linux, and a processor. Not where they are built."""

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.packages.errors import PackageError

MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's name of a processor → that of Linux, and of wheels."""

_GLIBC = 34
"""Amazon Linux 2023, which Lambda's python3.12 and later stand on, has glibc 2.34."""


@dataclass(frozen=True)
class Target:
    """A Lambda runtime: `python` as in "3.13", `arch` as Lambda names it."""

    python: str = "3.13"
    arch: str = "x86_64"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"3\.\d\d", self.python):
            raise PackageError(f"Python {self.python} is not a version such as 3.13.")
        if self.arch not in MACHINES:
            raise PackageError(
                f"{self.arch} is not an architecture of Lambda; choose one of: {', '.join(MACHINES)}."
            )

    @classmethod
    def here(cls) -> Self:
        """This Python, on this processor."""
        machine = platform.machine()
        arch = next((arch for arch, name in MACHINES.items() if machine in (arch, name)), machine)
        return cls(f"{sys.version_info.major}.{sys.version_info.minor}", arch)

    def __str__(self) -> str:
        return f"{self.python}-{self.arch}"

    def pip_options(self) -> list[str]:
        """What makes pip choose wheels for this target, whatever Python and platform it runs on itself."""
        machine = MACHINES[self.arch]
        platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(_GLIBC, 4, -1)]
        platforms += [f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}"]
        tag = "cp" + self.python.replace(".", "")
        options = ["--only-binary=:all:", "--python-version", self.python, "--implementation", "cp"]
        options += [option for abi in (tag, "abi3", "none") for option in ("--abi", abi)]
        return options + [option for platform in platforms for option in ("--platform", platform)]

    def markers(self) -> dict[str, str]:
        """The values of environment markers there; pip itself would take those of the Python it runs on."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.9",
            "os_name": "posix",
            "platform_machine": MACHINES[self.arch],
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{self.python}.9",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def interpreter(self) -> str | None:
        """A Python of this version on this machine, which can compile its bytecode, or None."""
        candidates = [sys.executable, shutil.which(f"python{self.python}")]
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        candidates += [str(path) for path in sorted(pyenv.glob(f"{self.python}.*/bin/python{self.python}"))]
        return next((python for python in candidates if python and self._is_version(python)), None)

    def _is_version(self, python: str) -> bool:
        answer = subprocess.run(
            [python, "-Ic", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        return answer.returncode == 0 and answer.stdout.strip() == self.python
