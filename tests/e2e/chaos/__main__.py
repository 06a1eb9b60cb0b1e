"""The long campaign, with its figures: `python -m tests.e2e.chaos [--short] [NAME…]`; exit status 1 when one is bad."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import LONG, SHORT
from tests.e2e.chaos.scenarios import all_scenarios

_ROW = "{:<38} {:>8} {:>8} {:>7} {:>5} {:>8} {:>6} {:>7} {:>7} {:>6}  {}"


def main() -> int:
    """Run the scenarios whose name holds one of the given words; print a row for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of scenarios' names; all of them when none is given")
    parser.add_argument("--short", action="store_true", help="as long as the tests run it")
    options = parser.parse_args()
    print(
        _ROW.format(
            "scenario",
            "accepted",
            "scored",
            "failed",
            "lost",
            "doubled",
            "wrong",
            "refused",
            "unackn.",
            "time",
            "",
        )
    )
    figures = []
    for name, scenario in all_scenarios().items():
        if options.names and not any(part in name for part in options.names):
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            figures.append(scenario(Path(folder), SHORT if options.short else LONG))
        _print(name, figures[-1], f"{time.monotonic() - began:.0f} s")
    _print("all", _sum(figures), "")
    print(
        "accepted: told so; failed: poison, in RQ's failed registry; lost: accepted and not in the history; doubled: twice in it;\n"
        "wrong: not the model's score; refused: told so, or the connection broke; unackn.: in the history all the same, since\n"
        "the connection broke after Redis had taken it."
    )
    return 0 if all(figure.good for figure in figures) else 1


def _sum(figures: list[Figures]) -> Figures:
    names = [name for name in Figures.__dataclass_fields__ if name != "note"]
    return Figures(**{name: sum(getattr(figure, name) for figure in figures) for name in names})


def _print(name: str, f: Figures, seconds: str) -> None:
    row = (f.accepted, f.scored, f.failed, f.lost, f.doubled, f.wrong, f.refused, f.unacknowledged)
    print(_ROW.format(name, *row, seconds, f.note), flush=True)


if __name__ == "__main__":
    sys.exit(main())
