"""What the system refuses about the store of versions, as an error of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.store.errors import StoreUnavailable


@contextmanager
def unavailable() -> Iterator[None]:
    """Within, OSError becomes StoreUnavailable, which says what to set."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            f"The store of versions cannot be written or read ({error.strerror or error}: {error.filename}); "
            "set MODEL_STORE to a folder where it can. No layer was changed."
        ) from error
