"""A long history of made-up decisions in a folder, written quickly: a year of days, names as unevenly spread as names are."""

import random
from bisect import bisect
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason, declines
from creditrisk.history.columns import HEADER
from creditrisk.history.records import to_line
from models.synthetic import synthetic_applicants

_FIRST, _LAST = 400, 1_500
"""Different first names, and surnames."""
_SYLLABLES = (
    "an",
    "bé",
    "ca",
    "dú",
    "el",
    "fi",
    "gã",
    "ho",
    "il",
    "jo",
    "lu",
    "ma",
    "no",
    "pa",
    "ra",
    "si",
    "tó",
    "va",
)
_TEMPLATES = 2_000
YEAR_MS = 365 * 86_400_000
BEGIN = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)


def write_history(folder: Path, rows: int, seed: int = 1) -> Path:
    """Write history.csv with so many applications; outcomes.csv beside it knows what became of half of those approved."""
    draw = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    names = Names(draw)
    templates = _templates(draw)
    path = folder / "history.csv"
    with path.open("w", encoding="utf-8") as file, (folder / "outcomes.csv").open("w") as outcomes:
        file.write(HEADER)
        outcomes.write("APPLICATION_ID,OUTCOME,OBSERVED_AT,EXPOSURE,LOSS\n")
        for number in range(rows):
            moment = BEGIN + number * YEAR_MS // rows
            begin, middle, end, approved = templates[number % _TEMPLATES]
            application_id = id_at(moment, draw)
            at = timestamp(datetime.fromtimestamp(moment / 1000, UTC))
            file.write(
                f"{application_id},{at},{at}{begin}{names.one()}{middle}{draw.randrange(10**11):011}{end}"
            )
            if approved and draw.random() < 0.5:
                later = timestamp(datetime.fromtimestamp(moment / 1000 + 86_400 * 200, UTC))
                outcomes.write(f"{application_id},{'bad' if draw.random() < 0.25 else 'good'},{later},,\n")
    return path


def id_at(moment: int, draw: random.Random) -> str:
    """An application id that was given at a moment, in ms since 1970."""
    value = f"{moment:012x}7{draw.getrandbits(12):03x}{0x8000 | draw.getrandbits(14):04x}{draw.getrandbits(48):012x}"
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _templates(draw: random.Random) -> list[tuple[str, str, str, bool]]:
    """Rows cut where the name and the number stand, each with whether it was approved."""
    found = []
    for number, application in enumerate(synthetic_applicants(_TEMPLATES)):
        probability = min(0.999, max(0.001, draw.betavariate(2.2, 6)))
        bad = declines(probability, 0.5)
        decision = Decision(
            probability, int(bad), "declined" if bad else "approved", 0.5, "lightgbm",
            f"v{1 + number % 3}", timestamp(), [Reason("AGE", 0.25, 34), Reason("PRODUCT", -0.1, "1")],
        )  # fmt: skip
        marked = {**application, "FULL_NAME": "@name@", "DNI": "@number@"}
        line = to_line(Answer(new_application_id(), "decided", timestamp(), marked, decision))
        rest = "," + line.split(",", 3)[3]
        begin, _, after = rest.partition("@name@")
        middle, _, end = after.partition("@number@")
        found.append((begin, middle, end, not bad))
    return found


class Names:
    """Draws full names of two to four words."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._first = [self._word() for _ in range(_FIRST)]
        self._last = [self._word() for _ in range(_LAST)]
        self._first_weights = list(accumulate(1 / (rank + 3) for rank in range(_FIRST)))
        self._last_weights = list(accumulate(1 / (rank + 3) for rank in range(_LAST)))

    def _word(self) -> str:
        return "".join(self._draw.choices(_SYLLABLES, k=self._draw.randint(2, 4))).capitalize()

    def one(self) -> str:
        words = [self._pick(self._first, self._first_weights)]
        words += [self._pick(self._last, self._last_weights) for _ in range(self._draw.choice((1, 2, 2, 3)))]
        return " ".join(words)

    def _pick(self, words: list[str], weights: list[float]) -> str:
        return words[min(bisect(weights, self._draw.random() * weights[-1]), len(words) - 1)]
