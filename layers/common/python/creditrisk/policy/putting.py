"""Put a policy into the place from which it decides, at once and as a whole."""

import os
import tempfile
from pathlib import Path

from creditrisk.errors import UnusablePolicy
from creditrisk.policy.definition import Policy
from creditrisk.policy.reading import read_policy


def put(source: Path, place: Path) -> Policy:
    """Replace the policy at `place` by the one in `source`, durably: whoever reads it sees the old one or the new one.

    Raises UnusablePolicy, and changes nothing, when the new one cannot be used or nothing can be written there.
    """
    if place.suffix == ".json":
        raise UnusablePolicy(
            f"{place} is a package's: put the policy beside the portfolio's definition, and package and deploy anew."
        )
    try:
        text = source.read_bytes()
    except OSError:
        text = b""  # reading it tells why
    read_policy(source)
    unfinished = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(prefix=".policy-", suffix=".toml", dir=place.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        policy = read_policy(Path(unfinished))  # what is put there, should the source have changed meanwhile
        os.replace(unfinished, place)
        unfinished = None
    except OSError as error:
        raise UnusablePolicy(
            f"{place} cannot be written ({error.strerror}); the policy stays as it was."
        ) from None
    finally:
        if unfinished:
            Path(unfinished).unlink(missing_ok=True)
    return policy
