"""A bar that moves every second, also while one step of the work takes minutes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

_PARTS = 100
"""Of a step that the bar shows."""
_EVERY = 1.0
"""Seconds between two looks at the clock."""
_FIRST = 30.0
"""Seconds that the first step is thought to take, until one has been timed."""
_MOST = 0.95
"""Share of a step up to which the clock alone moves the bar: its end is told by the work."""


class _Pace:
    """Where the work stands: steps that are done, and from the clock what share of the next one may be."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.done = 0
        self._usual = _FIRST
        self._begun = time.monotonic()

    def step(self) -> None:
        """A step is done."""
        now = time.monotonic()
        took = max(now - self._begun, 1e-3)
        self._usual = took if self.done == 0 else 0.5 * self._usual + 0.5 * took
        self._begun = now
        self.done += 1

    def parts(self) -> int:
        """Parts that are done. Behind its usual time a step goes on ever slower, and never to its end."""
        if self.done >= self.steps:
            return self.steps * _PARTS
        ratio = (time.monotonic() - self._begun) / self._usual
        share = 0.8 * ratio if ratio < 1 else _MOST - (_MOST - 0.8) / ratio
        return self.done * _PARTS + int(share * _PARTS)


@contextmanager
def moving(steps: int, what: str) -> Iterator[Callable[[], None]]:
    """Show a bar of `steps` on stderr; what is yielded is called after each of them.

    Between two calls the bar moves by the time that earlier steps took: it is an estimate, and its time never stands still.
    """
    pace, over = _Pace(steps), threading.Event()
    shape = "{desc}: {percentage:5.1f}%|{bar}| {postfix} [{elapsed}<{remaining}]"
    bar = tqdm(total=steps * _PARTS, desc=what, bar_format=shape, postfix=f"0/{steps} steps", mininterval=0)

    def show() -> None:
        bar.set_postfix_str(f"{pace.done}/{steps} steps", refresh=False)
        bar.n = max(bar.n, pace.parts())
        bar.refresh()

    def watch() -> None:
        while not over.wait(_EVERY):
            show()

    def step() -> None:
        pace.step()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield step
    finally:
        over.set()
        watcher.join()
        show()
        bar.close()
