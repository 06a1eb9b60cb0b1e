"""Lets a process read the folders of its libraries and nothing else (Landlock: Linux 5.13 and later, where it is on).

The filter of system calls (models.handover.seccomp) cannot see paths. With that filter alone, a process could still read
every file that its user may read, such as an operator's keys, and carry it off inside a model. This must be set before any
thread starts: it does not bind threads that are running already.
"""

import ctypes
import os
import site
import struct
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Final

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""The numbers of the system calls: the same on every architecture."""
_VERSION, _PATH_BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_KNOWN_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
"""Version of Landlock → how many rights over files it knows; 16 from the fifth on."""
_NETWORK, _SCOPES = 0b11, 0b11
"""Rights that are taken away, too: bind and connect (from version 4 on); reach other processes' abstract sockets, and send
them signals (from version 6 on)."""

_SYSTEM: Final = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
    "/usr/share/zoneinfo", "/proc/cpuinfo", "/proc/meminfo", "/proc/self/maps", "/sys/devices/system", "/dev/null", "/dev/urandom",
)  # fmt: skip
"""Folders of shared libraries, and files that libraries read to learn about the machine."""
_OURS: Final = ("models", "scoring", "creditrisk")


def read_libraries_alone() -> bool:
    """Bind this process for good; returns False, and changes nothing, where the system cannot."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return False
    handled = (1 << _KNOWN_RIGHTS.get(version, 16)) - 1
    attributes = struct.pack("QQQ", handled, _NETWORK if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    rules = libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    try:
        for path, rights in _readable():
            _allow(libc, rules, path, rights)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _readable() -> Iterator[tuple[str, int]]:
    """Each path that may be read, with the rights for everything beneath it."""
    installed = sysconfig.get_paths()
    libraries = [installed[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    for path in {*_SYSTEM, *libraries, *site.getsitepackages(), *_loaded(), *_packages(_OURS)}:
        yield path, _READ_FILE | _READ_DIR
    for path in sys.path:  # to find a module there, its folder is listed; its other files are not read
        yield path, _READ_DIR


def _packages(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        found = find_spec(name)
        if found is not None and found.submodule_search_locations:
            yield from found.submodule_search_locations


def _loaded() -> Iterator[str]:
    """The folders of the shared libraries that this process has mapped."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.rstrip("\n").partition("/")[2]
            if ".so" in path:
                yield "/" + os.path.dirname(path)


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    """Allow `rights` beneath a path. A path that does not exist is passed over."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _READ_FILE
        if rights:
            libc.syscall(_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)
