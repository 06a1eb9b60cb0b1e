"""GNU's OpenMP library, which LightGBM needs and neither its wheel nor Lambda has."""

from pathlib import Path

from packages.requirements import Pin
from packages.wheels import WheelHouse

_CARRIER = "scikit-learn"
"""Its wheels carry a libgomp built for the same platforms, under a name of their own."""


def needed(pins: list[Pin]) -> bool:
    """Whether one of the distributions loads libgomp.so.1 from the system."""
    return any(pin.name == "lightgbm" for pin in pins)


def put(wheels: WheelHouse, all_pins: list[Pin], into: Path) -> None:
    """Write `lib/libgomp.so.1`, where Lambda's LD_LIBRARY_PATH finds it, from a wheel that is pinned by its hash."""
    (carrier,) = (pin for pin in all_pins if pin.name == _CARRIER)
    _, content = wheels.member(carrier, "scikit_learn.libs/libgomp-*.so.1*")
    into.mkdir(parents=True, exist_ok=True)
    (into / "libgomp.so.1").write_bytes(content)
