"""Runs a stage of the hand-over in a process of its own. Its answer is not trusted: see models.handover.answers.

The process (models.handover.child) reads its order, closes itself (models.handover.seccomp), does the work, and answers.
It gets none of our environment variables and open files, and is told where the portfolio is; its memory, processor time
and running time are bounded.
"""

import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from typing import Any, Final

from creditrisk.errors import one_line
from creditrisk.portfolio import portfolio_folder
from models.handover import errors
from models.handover.errors import HandoverFailed
from scoring import errors as scoring_errors

MEMORY: Final = 4 << 30
"""Bytes of address space."""
SECONDS: Final = 180
"""Seconds of processor time. By the clock it may take twice as long, since the machine may be busy."""
_LARGEST_ANSWER: Final = 512 << 20
_MOST_ENTRIES: Final = 5_000_000
"""Most commas and brackets in an answer: each stands for an object, which takes a hundred bytes once it is parsed here."""
_LONGEST_SENTENCE: Final = 1_500


def run(stage: str, order: Mapping[str, Any], memory: int = MEMORY, seconds: int = SECONDS) -> dict[str, Any]:
    """The answer of a stage: plain JSON data. Raises the ModelError that the stage named, or HandoverFailed."""
    with tempfile.TemporaryFile() as paper:
        paper.write(json.dumps(order).encode())
        paper.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", "models.handover.child", stage, str(memory), str(seconds)],
            stdin=paper,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "LANG": "C.UTF-8",
                "PYTHONHASHSEED": "0",
                "PORTFOLIO_DIR": str(portfolio_folder().resolve()),
            },
            start_new_session=True,
        )
    assert process.stdout is not None
    late = threading.Timer(2 * seconds, process.kill)
    late.start()
    try:
        said = process.stdout.read(_LARGEST_ANSWER + 1)
    finally:
        late.cancel()
        process.kill()
        process.stdout.close()
        ended = process.wait()
    return _answer(said, ended, seconds, memory, ", ".join(order.get("files", ())))


def _answer(said: bytes, ended: int, seconds: int, memory: int, files: str = "") -> dict[str, Any]:
    files = files or "The files"
    if len(said) > _LARGEST_ANSWER or sum(map(said.count, (b",", b"[", b"{"))) > _MOST_ENTRIES:
        raise HandoverFailed(
            f"{files} cannot be read: what came of them is too large. Nothing was changed; hand over a smaller model."
        )
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("refused"), dict):
        raise _refusal(answer["refused"])
    if not isinstance(answer, dict):
        raise HandoverFailed(
            f"{files} cannot be read: {_ending(ended, seconds, memory)}. Nothing was changed; write them anew with their own "
            "library, or hand over ONNX (docs/handover.md)."
        )
    return answer


def _ending(ended: int, seconds: int, memory: int) -> str:
    if ended in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"reading and converting them takes longer than {seconds} s, which is all that they get"
    if ended < 0:
        return f"the process that read them was ended by signal {-ended} ({signal.strsignal(-ended)})"
    return f"the process that read them ended without an answer, for want of memory perhaps ({memory >> 20} MiB is all that it gets)"


def _refusal(told: Mapping[str, Any]) -> Exception:
    """The error that a stage named, if it is one of this project's; its text without what could confuse a terminal."""
    name, text = told.get("kind"), told.get("text")
    clean = one_line(text, _LONGEST_SENTENCE) if isinstance(text, str) else "no reason was given."
    kinds = vars(scoring_errors) | vars(errors)
    kind = kinds.get(name) if isinstance(name, str) else None
    if isinstance(kind, type) and issubclass(kind, scoring_errors.ModelError):
        return kind(clean)
    return HandoverFailed(f"The files cannot be read: {clean}")
