"""A bill of materials for each package: which distributions are in it, of which version, hash and licence.

CycloneDX 1.6 in JSON (https://cyclonedx.org/docs/1.6/json/). Its bytes depend on what the package holds alone: it names
no time, and its serial number comes from its content.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.utils import canonicalize_name

from creditrisk import __version__
from deploy.packages.errors import PackageError
from deploy.packages.parts import Part
from deploy.packages.requirements import Pin

_LICENSE = "Apache-2.0"
_LONGEST_NAME = 80
"""Some distributions write the text of their licence where its name belongs."""


def place(part: Part) -> str:
    """Where a part's bill lies in its zip: layers are mounted over one another, so each has a name of its own."""
    return f"sbom/{Path(part.name).name}.cdx.json"


def write(part: Part, folder: Path, pins: Sequence[Pin], wheels: Path) -> None:
    """Write the bill of what was installed into `folder` from the pinned `wheels`. Raises PackageError."""
    components = [_distribution(pin, folder / "python", wheels) for pin in pins]
    if (libgomp := folder / "lib" / "libgomp.so.1").exists():
        components.append(_libgomp(libgomp))
    bill = _bill(part, sorted(components, key=lambda component: str(component["bom-ref"])))
    bill["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(bill, sort_keys=True))}"
    to = folder / place(part)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


def _bill(part: Part, components: Sequence[dict[str, Any]]) -> dict[str, Any]:
    this = f"creditrisk/{part.name}@{__version__}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": this,
                "name": f"creditrisk/{part.name}",
                "version": __version__,
                "licenses": [{"license": {"id": _LICENSE}}],
            }
        },
        "components": list(components),
        "dependencies": [{"ref": this, "dependsOn": [component["bom-ref"] for component in components]}],
    }


def _distribution(pin: Pin, installed: Path, wheels: Path) -> dict[str, Any]:
    name, version = canonicalize_name(pin.name), pin.version.removeprefix("==")
    purl = f"pkg:pypi/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": _wheel_hash(pin, wheels)}],
        "licenses": _licenses(_metadata(name, installed)),
    }


def _libgomp(library: Path) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": "libgomp",
        "name": "libgomp",
        "description": "GNU's OpenMP library, from the wheel of scikit-learn",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(library.read_bytes()).hexdigest()}],
        "licenses": [{"expression": "GPL-3.0-or-later WITH GCC-exception-3.1"}],
    }


def _wheel_hash(pin: Pin, wheels: Path) -> str:
    """Of the wheel that was installed: the one here whose hash is pinned."""
    for wheel in sorted(wheels.glob("*.whl")):
        if canonicalize_name(wheel.name.split("-")[0]) == canonicalize_name(pin.name):
            found = hashlib.sha256(wheel.read_bytes()).hexdigest()
            if f"sha256:{found}" in pin.hashes:
                return found
    raise PackageError(
        f"The wheel of {pin.name} {pin.version} is not in {wheels}: delete build/ and build again."
    )


def _metadata(name: str, installed: Path) -> str:
    for path in installed.glob("*.dist-info/METADATA"):
        if canonicalize_name(path.parent.name.split("-")[0]) == name:
            return path.read_text(encoding="utf-8")
    raise PackageError(f"{name} was installed without its metadata into {installed}.")


def _licenses(metadata: str) -> list[dict[str, Any]]:
    """As the distribution says: an expression of SPDX, else a name, else its classifiers."""
    headers = HeaderParser().parsestr(metadata)
    if expression := headers.get("License-Expression"):
        return [{"expression": " ".join(str(expression).split())}]
    named = str(headers.get("License") or "").strip()
    if named and "\n" not in named and len(named) <= _LONGEST_NAME:
        return [{"license": {"name": named}}]
    classifiers = [str(value) for value in headers.get_all("Classifier") or []]
    return [
        {"license": {"name": re.sub(r".*:: ", "", value)}}
        for value in classifiers
        if value.startswith("License ::")
    ]
