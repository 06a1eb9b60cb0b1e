"""GNU's OpenMP library: LightGBM, for one, needs it, and neither its wheel nor Lambda has it."""

from pathlib import Path

from deploy.packages.requirements import Pin
from deploy.packages.wheels import WheelHouse

_CARRIER = "scikit-learn"
"""Its wheels carry a libgomp built for the same platforms, under a name of their own."""


def needed(folder: Path) -> bool:
    """Whether a library in the folder loads libgomp.so.1 from the system: its name stands in the ELF string table."""
    return any(b"\0libgomp.so.1\0" in path.read_bytes() for path in folder.rglob("*.so"))


def put(wheels: WheelHouse, pins: list[Pin], into: Path) -> None:
    """Write `libgomp.so.1` into a layer's `lib/`, where Lambda's LD_LIBRARY_PATH finds it, from a hash-pinned wheel."""
    (carrier,) = (pin for pin in pins if pin.name == _CARRIER)
    _, content = wheels.member(carrier, "scikit_learn.libs/libgomp-*.so.1*")
    into.mkdir(parents=True, exist_ok=True)
    (into / "libgomp.so.1").write_bytes(content)
