"""Starts LocalStack: `python -m process_executor`."""

import _thread
import runpy
import threading


class _Lock:
    """`threading.Lock` as a class, which it is from Python 3.13 on."""

    def __new__(cls) -> _thread.LockType:  # type: ignore[misc]
        return _thread.allocate_lock()


def _import_packages() -> None:
    """LocalStack 4.13 writes `Lock | None` into a signature: before Python 3.13 that fails, and Step Functions with it."""
    lock = threading.Lock
    if not isinstance(lock, type):
        threading.Lock = _Lock  # type: ignore[assignment, misc]
    try:
        import localstack.packages.api  # noqa: F401
    finally:
        threading.Lock = lock  # type: ignore[misc]


if __name__ == "__main__":
    _import_packages()
    runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
