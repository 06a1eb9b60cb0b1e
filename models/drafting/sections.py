"""The parts of the form: fields whose names are alike stand together."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from models.drafting import vocabulary
from models.drafting.column import Column

OTHER: Final = ("application", "The application")
IDENTITY: Final = ("applicant", "The applicant")
_SERIES: Final = re.compile(r"[\W_]*\d+$")


def sections_of(columns: Sequence[Column]) -> tuple[dict[str, str], dict[str, str]]:
    """The form's sections (key → heading), and each column's; all stand in one where names tell too little."""
    found = {column.name: _section(column) for column in columns}
    for stem, names in _series(columns).items():  # BILL_AMT1 … BILL_AMT6 stay together
        common = Counter(found[name] for name in names).most_common(1)[0][0]
        found |= dict.fromkeys(names, common) if stem else {}
    sizes = Counter(found.values())
    told = [key for key, size in sizes.items() if key != OTHER[0] and size >= 2]
    if len(told) < 2 or sizes[OTHER[0]] > len(columns) / 2:
        return dict([OTHER]), dict.fromkeys(found, OTHER[0])
    lonely = {key for key, size in sizes.items() if size < 2 and key != OTHER[0]}
    found = {name: OTHER[0] if key in lonely else key for name, key in found.items()}
    headings = {key: heading for key, heading, _ in vocabulary.SECTIONS} | dict([OTHER])
    order = [key for key, _, _ in vocabulary.SECTIONS if key in found.values()]
    if OTHER[0] in found.values():
        order.append(OTHER[0])
        headings[OTHER[0]] = "Further questions"
    return {key: headings[key] for key in order}, found


def _section(column: Column) -> str:
    hits = {key: len(column.words & words) for key, _, words in vocabulary.SECTIONS}
    best = max(hits, key=lambda key: hits[key])
    return best if hits[best] else OTHER[0]


def _series(columns: Sequence[Column]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column in columns:
        if _SERIES.search(column.name):
            found.setdefault(_SERIES.sub("", column.name), []).append(column.name)
    return {stem: names for stem, names in found.items() if len(names) > 1}
