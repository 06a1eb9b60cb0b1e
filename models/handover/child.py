"""The process that reads what a stranger handed over: it takes its order, closes itself, does it, and answers."""

import json
import os
import resource
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from creditrisk.portfolio import active
from models.handover.errors import NoSandbox
from models.handover.landlock import read_libraries_alone
from models.handover.seccomp import CannotClose, close_process
from scoring.errors import ModelError

Stage = Callable[[Mapping[str, Any]], dict[str, Any]]


def _stage(name: str) -> Stage:
    """The stage of that name, with every library that it needs imported while files can still be opened freely."""
    if name == "convert":
        from models.handover.conversion import convert

        return convert
    if name == "serve":
        from models.handover.serving import serve

        return serve
    if name == "rewrite":
        from models.handover.rewriting import rewrite

        return rewrite
    raise SystemExit(f"there is no stage {name}")


def _limit(memory: int, seconds: int) -> None:
    """Limit this process to so many bytes of address space and seconds of processor time, and to writing no file."""
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def main() -> None:
    """`child STAGE MEMORY SECONDS`: reads JSON from stdin, and writes JSON to stdout; what libraries print is thrown away."""
    stage_name, memory, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    _limit(memory, seconds)
    active()  # the definition is no library: it is read before nothing else can be
    read_libraries_alone()  # on systems that can; where the filter below cannot be set, nothing is read
    warnings.simplefilter("ignore")
    out = os.dup(1)
    os.dup2(2, 1)
    answer: dict[str, Any]
    files = "The files"
    try:
        order = json.load(sys.stdin)
        files = ", ".join(order["files"])
        stage = _stage(stage_name)
        try:
            close_process()
        except CannotClose as error:
            raise NoSandbox(
                f"This system cannot shut a process off from files and network ({error}), so pickles and the like are "
                "not read here; run the command on Linux, in a container for example."
            ) from None
        answer = stage(order)
    except ModelError as error:
        answer = {"refused": {"kind": type(error).__name__, "text": str(error)}}
    except MemoryError:
        answer = {
            "refused": {
                "kind": "HandoverFailed",
                "text": f"{files} cannot be read within the memory that there is for it; hand over a smaller model, or ONNX.",
            }
        }
    except RecursionError:
        answer = {
            "refused": {
                "kind": "HandoverFailed",
                "text": f"{files} cannot be read, being nested too deeply; write them anew with their own library.",
            }
        }
    except Exception as error:  # a stranger's objects may raise anything
        text = (
            f"{files} cannot be read or converted ({type(error).__name__}: {' '.join(str(error).split())[:300]}); write "
            "them anew with the versions that are installed here, or hand over ONNX (docs/handover.md)."
        )
        answer = {"refused": {"kind": "HandoverFailed", "text": text}}
    said = json.dumps(answer).encode()
    while said:
        said = said[os.write(out, said) :]
    os._exit(0)


if __name__ == "__main__":
    main()
