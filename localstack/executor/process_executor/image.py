"""A function's code and layers unpacked as Lambda mounts them: `task` is /var/task, `opt` is /opt."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar


class Image:
    """One unpacked version, shared by its execution environments and deleted with the last of them."""

    _images: ClassVar[dict[str, "Image"]] = {}
    _lock = threading.Lock()

    def __init__(self, key: str, code: Path, layers: Iterable[Path]) -> None:
        self.key = key
        self.users = 0
        self.root = Path(tempfile.mkdtemp(prefix="lambda-"))
        self.task, self.opt = self.root / "task", self.root / "opt"
        self.opt.mkdir()
        _link_tree(code, self.task)
        for layer in layers:  # a later layer overwrites an earlier one, as on AWS
            _link_tree(layer, self.opt)

    @classmethod
    def acquire(cls, key: str, code: Path, layers: Callable[[], Sequence[Path]]) -> "Image":
        """The image of this version (`key`), unpacked when nobody uses it yet."""
        with cls._lock:
            image = cls._images.get(key)
            if image is None:
                image = cls._images[key] = cls(key, code, layers())
            image.users += 1
            return image

    def release(self) -> None:
        """One execution environment fewer uses it."""
        with self._lock:
            self.users -= 1
            if not self.users:
                self._images.pop(self.key, None)
                shutil.rmtree(self.root, ignore_errors=True)


def _link_tree(source: Path, target: Path) -> None:
    """Copy a tree by hard links: 160 MB of libraries cost no time, and outlive the source."""
    shutil.copytree(source, target, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> str:
    Path(target).unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target
