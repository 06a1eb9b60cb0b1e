"""What a model's version is, for whoever reads its manifest: the scorer, and pages that tell of a decision."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

REFERENCE = "reference.json"
"""What training saw: beside the model, and no part of it."""


def version_of(manifest: Mapping[str, Any]) -> str:
    """The beginning of a fingerprint of the fingerprints of all files that scoring reads; of another system's model, what
    its graphs are given, and which class is the bad one, are part of it."""
    listed: list[Any] = sorted(
        (name, file["sha256"]) for name, file in manifest["files"].items() if name != REFERENCE
    )
    foreign = manifest.get("foreign")
    if isinstance(foreign, Mapping):
        listed.append(foreign["models"])
    return sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()[:12]
