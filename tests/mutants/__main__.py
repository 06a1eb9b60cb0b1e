"""`make mutants`: draw a sample of small changes, run the tests that run the changed lines, and count who notices."""

import argparse
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fresh import ROOT
from tests.mutants.copy import Copy
from tests.mutants.covering import Covering, cover
from tests.mutants.places import Mutant, sample
from tests.mutants.report import Outcome, last, survivor, tables, write

ROOMS = {
    "creditrisk": "layers/common/python/creditrisk",
    "scoring": "layers/model/python/scoring",
    "scorer": "functions/scorer",
    "web": "web",
}
"""Name → where its modules lie."""
LEFT_OUT = (
    "tests/integration/models/training",
    "tests/integration/test_closed_process.py",
    "tests/integration/test_hostile_handover.py",
)
"""Long, and about other rooms: what they run of these rooms, they run in processes that nobody can look into."""
SLOWER = 6
"""How many times as long as in the first run the tests may take, before they count as standing still."""


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="changes (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed draws the same places (%(default)s)"
    )
    parser.add_argument(
        "--only", default="", help="only modules with this in their path; docs/testing.md stays as it is"
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="no new sample: judge the survivors in docs/testing.md once more, after tests were added",
    )
    parser.add_argument("--tests", nargs="+", default=["tests/unit", "tests/integration"], help="what is run")
    parser.add_argument(
        "--seconds", type=float, default=60, help="of tests at most for one change (%(default)s)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="changes at once, each in a copy (%(default)s)")
    return parser.parse_args(given)


def judge(mutant: Mutant, copy: Copy, covered: Mapping[str, float], most: float) -> Outcome:
    """Whether the tests that run the changed line (name → seconds) notice, the quickest first."""
    tests, seconds = [], 0.0
    for name, duration in covered.items():
        if seconds + duration <= most or not tests:
            tests.append(name)
            seconds += duration
    if not tests:
        return Outcome(mutant, False, "no test runs this line")
    listed = copy.folder / ".tests"
    listed.write_text("\n".join(tests))
    with copy.changed(mutant):
        try:
            each = 15 + SLOWER * max(covered[name] for name in tests)
            done = copy.pytest(["-x", f"--timeout={each}", f"@{listed}"], timeout=30 + SLOWER * seconds)
        except subprocess.TimeoutExpired:
            return Outcome(mutant, True, "stood still")
    if done.returncode == 0:
        return Outcome(mutant, False, f"{len(tests)} of {len(covered)} tests passed")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED tests", "ERROR tests"))]
    return Outcome(mutant, True, failed[0].split(" - ")[0] if failed else f"ended with {done.returncode}")


def judge_all(
    mutants: Sequence[Mutant], copies: Sequence[Copy], covering: Covering, most: float
) -> list[Outcome]:
    free: queue.Queue[Copy] = queue.Queue()
    for copy in copies:
        free.put(copy)

    covered = [covering.tests(mutant.path, mutant.line) for mutant in mutants]

    def one(mutant: Mutant, tests: Mapping[str, float]) -> Outcome:
        copy = free.get()
        try:
            outcome = judge(mutant, copy, tests, most)
        finally:
            free.put(copy)
        print(
            f"{'noticed ' if outcome.noticed else 'SURVIVED'}  {mutant.path}:{mutant.line}  {outcome.why}",
            flush=True,
        )
        return outcome

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(one, mutants, covered))


def draw(options: argparse.Namespace) -> list[Mutant]:
    """The sample that the options name, from all rooms."""
    paths = [path.relative_to(ROOT) for folder in ROOMS.values() for path in (ROOT / folder).rglob("*.py")]
    return sample([path for path in paths if options.only in str(path)], options.count, options.seed)


def main() -> None:
    options = arguments(sys.argv[1:])
    began = time.monotonic()
    command = f"`make mutants ARGS='{' '.join(sys.argv[1:])}'`" if sys.argv[1:] else "`make mutants`"
    noticed: list[Outcome] = []
    if options.again:
        asked, survivors = last()
        drawn = draw(arguments(asked))
        mutants = [mutant for mutant in drawn if survivor(mutant) in survivors]
        if len(mutants) != survivors.total():
            sys.exit("The code has changed since the sample was judged; draw one anew, without --again.")
        noticed = [Outcome(mutant, True, "noticed before") for mutant in drawn if mutant not in mutants]
        command = f"`make mutants ARGS='{' '.join(asked)}'`, its survivors judged once more (`--again`)"
    else:
        mutants = draw(options)
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        copies = [Copy(Path(temporary, str(number))) for number in range(options.jobs)]
        covering = cover(copies[0], [*options.tests, *(f"--ignore={path}" for path in LEFT_OUT)])
        print(f"{len(covering.seconds)} tests passed in {time.monotonic() - began:.0f} s", flush=True)
        outcomes = judge_all(mutants, copies, covering, options.seconds) + noticed
    text = tables(outcomes, ROOMS, command)
    print(f"\n{text}\n\n{time.monotonic() - began:.0f} s")
    if not options.only:
        write(text)


if __name__ == "__main__":
    main()
