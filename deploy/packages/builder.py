"""Builds the packages of one target into a folder: each part unpacked, and as a zip beside it."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from creditrisk import __version__
from creditrisk.portfolio import words
from creditrisk.portfolio.reading import definition_of
from deploy.packages import archive, bytecode, definition, libgomp, prune, requirements, sbom, templates
from deploy.packages.parts import DEFINITION, PICKLES, Part
from deploy.packages.target import Target
from deploy.packages.wheels import WheelHouse

_NOT_PACKED = shutil.ignore_patterns(
    "__pycache__", "*.pyc", "events", "*.md", "*.po", ".*", "serving.py", "sending.py", "heads.py"
)  # the last three are for gunicorn


class Builder:
    """Builds parts from the checkout at `root` into `output/PYTHON-ARCH/`; wheels are kept in `wheels/` of `house`.

    `model` and `portfolio` are folders to pack in place of those in the checkout.
    """

    def __init__(
        self,
        root: Path,
        output: Path,
        target: Target,
        house: Path | None = None,
        *,
        model: Path | None = None,
        portfolio: Path | None = None,
    ) -> None:
        self.root = root
        self.model = model or root / PICKLES
        self.portfolio = portfolio or root / DEFINITION
        self.target = target
        self.folder = output / str(target)
        self.wheels = WheelHouse((house or output) / "wheels" / str(target), target)
        self.python = target.interpreter()

    def build(self, part: Part) -> None:
        """Build one part, unless the zip that stands there was built from the very same. Raises PackageError."""
        stamp = self.folder / f"{part.name}.stamp"
        made_from = self._fingerprint(part)
        if stamp.is_file() and stamp.read_text() == made_from and self.zip(part).is_file():
            return
        folder = self.folder / part.name
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for source, place in part.sources:
            if source == DEFINITION:
                definition.put(self.portfolio, folder / place)
            else:
                self._copy(self._path(source), folder / place)
        if (folder / "web").is_dir():
            templates.compile_all(folder / "web")
        pins = self._install(part, folder) if part.requirements else []
        sbom.write(part, folder, pins, self.wheels.folder)
        if self.python:
            subprocess.run(
                [self.python, bytecode.__file__, folder, part.mounted],
                check=True,
                env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": ""},
            )
        unfinished = self.zip(part).with_suffix(".partial")
        archive.write(folder, unfinished)
        unfinished.replace(self.zip(part))  # whole or not at all: a zip that stands there may be deployed
        stamp.write_text(made_from)

    def lay_out(self, layers: Iterable[Part]) -> None:
        """All the layers over one another in `opt/`, for an emulator of Lambda that does not apply them."""
        opt = self.folder / "opt"
        shutil.rmtree(opt, ignore_errors=True)
        for layer in layers:
            shutil.copytree(self.folder / layer.name, opt, dirs_exist_ok=True, copy_function=_link)

    def zip(self, part: Part) -> Path:
        """Where a part's zip is."""
        return self.folder / f"{part.name}.zip"

    def fetch(self, part: Part) -> None:
        """Fetch the wheels of a part that are not here yet, so that it can be built offline. Raises WheelsUnavailable."""
        self.wheels.fetch(self._pins(part))

    def _requirements(self, part: Part) -> list[str]:
        """The files of a part's requirements; those for ONNX only where the layer holds graphs."""
        if not part.requirements:
            return []
        graphs = part.for_graphs and any(self.model.glob("*.onnx"))
        return [part.requirements, *([part.for_graphs] if graphs else [])]

    def _pins(self, part: Part) -> list[requirements.Pin]:
        pins = [
            p for name in self._requirements(part) for p in requirements.read(self.root / name, self.target)
        ]
        return list({pin.name: pin for pin in pins}.values())

    def _install(self, part: Part, folder: Path) -> list[requirements.Pin]:
        """Install what a part requires; returns what that is."""
        pins = self._pins(part)
        self.wheels.install(pins, folder / "python")
        prune.prune(folder / "python", part.needed)
        if libgomp.needed(folder):
            libgomp.put(
                self.wheels,
                requirements.read(self.root / "requirements/local.txt", self.target),
                folder / "lib",
            )
        return pins

    def _path(self, source: str) -> Path:
        """Where a part's source is."""
        if source == DEFINITION:
            return definition_of(self.portfolio)[1]
        return self.model if source == PICKLES else self.root / source

    def _copy(self, source: Path, to: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, to, ignore=_NOT_PACKED)
        else:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, to)

    def _fingerprint(self, part: Part) -> str:
        """Of all that the part's bytes depend on: its sources, its pins, the compiler and this code."""
        versions = __version__, version("jinja2")
        digest = hashlib.sha256(repr((part, self.target, self.python, versions)).encode())
        paths = [self._path(source) for source, _ in part.sources] + [Path(__file__).parent]
        if any(source == DEFINITION for source, _ in part.sources):
            paths += words.files(self.portfolio)
        if part.requirements:
            paths += [
                *(self.root / name for name in self._requirements(part)),
                self.root / "requirements/local.txt",
            ]
        if any(source == DEFINITION for source, _ in part.sources):
            paths += definition.policy_of(self.portfolio)
        for path in paths:
            for file in archive.files(path) if path.is_dir() else [path]:
                if "__pycache__" not in file.parts:
                    digest.update(f"{file.relative_to(path)}\0{file.stat().st_size}\0".encode())
                    digest.update(file.read_bytes())
        return digest.hexdigest()


def _link(source: str, to: str) -> None:
    """As a copy that takes no room; what two layers have in common stays as the first one has it."""
    if not os.path.exists(to):
        os.link(source, to)
