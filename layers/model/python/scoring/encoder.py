"""The encoder: applications in, one dense matrix of columns out, by table look-up alone.

It is made by training (`models.training.encoding`) and pickled as encoder_hot.pkl; the same `transform` serves and trains.
Every level has a code (0 for a level never seen in training), every cross of levels a place in a dense table: so a
column costs one gather, for one application or for thousands.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.repeated import Repeated
from scoring.chains import Chain, Walk
from scoring.features import ACTIVE, Columns, Features, Matrix, Part
from scoring.levels import MISSING

_MEMO_SIZE = 4_096
"""Raw values that a part remembers: the frequent ones come early, and free text would fill the memory."""

_EXACT = 1 << 24
"""Whole numbers up to this one are exact in single precision."""

_AT_ONCE = 128
"""Rows whose look-ups are done at once: their places in the tables stay in the processor's cache."""


class _Memo(dict[Any, int]):
    """Raw value (or tuple of them) → code of its level."""

    def __init__(self, part: Part, codes: dict[str, int]) -> None:
        super().__init__()
        self._level = part.level
        self._single = len(part.fields) == 1
        self._codes = codes

    def __missing__(self, raw: Any) -> int:
        level = self._level(raw) if self._single else self._level(*raw)
        code = self._codes.get(level, 0)
        if len(self) < _MEMO_SIZE:
            self[raw] = code
        return code


def _quantities(column: Sequence[Any]) -> Sequence[Any] | Matrix:
    """A column of what will be numbers, NaN where there is none."""
    return np.array(column.values, float)[column.places] if isinstance(column, Repeated) else column


@dataclass(frozen=True)
class Lookup:
    """A column looked up by a part or a cross: `table[index]`, the index of a cross being mixed-radix in its codes."""

    name: str
    parts: tuple[str, ...]
    table: Matrix


@dataclass
class Encoder:
    """Turns applications into the model's columns: numbers, sameness, one-hot flags, look-ups, chains, in this order.

    `vocabulary` gives each part's levels (code 1 is the first). Has the `transform` of a scikit-learn transformer.
    """

    vocabulary: dict[str, list[str]]
    numbers: list[str]
    same: list[str]
    one_hot: list[tuple[str, int]]
    lookups: list[Lookup]
    chains: list[Chain] = field(default_factory=list)
    _features: Features = field(default=ACTIVE, repr=False, compare=False)
    _ready: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def features(self) -> Features:
        """What the names of parts and numbers mean: those of the portfolio in use, unless others were given."""
        return self._features

    @property
    def parts(self) -> list[str]:
        """The parts, in the order of the codes' columns."""
        return list(self.vocabulary)

    @property
    def columns(self) -> list[str]:
        """The names of the matrix's columns."""
        flags = [f"{part} = {self.vocabulary[part][code - 1]}" for part, code in self.one_hot]
        looked_up = [lookup.name for lookup in self.lookups] + [chain.name for chain in self.chains]
        return [*self.numbers, *self.same, *flags, *looked_up]

    @property
    def column_fields(self) -> list[tuple[str, ...]]:
        """The fields that each column is made of."""
        features = self._features
        return [
            *(features.numbers[n].fields for n in self.numbers),
            *(features.fields_of(features.same[n]) for n in self.same),
            *(features.parts[part].fields for part, _ in self.one_hot),
            *(features.fields_of(lookup.parts) for lookup in self.lookups),
            *(features.fields_of(chain.parts) for chain in self.chains),
        ]

    @property
    def fields(self) -> list[str]:
        """Every field that some column is made of."""
        return sorted({name for fields in self.column_fields for name in fields})

    def transform(self, columns: Columns) -> Matrix:
        """The matrix, one row an application; NaN where a number is missing."""
        return self.matrix(columns, self.codes(columns))

    def codes(self, columns: Columns) -> NDArray[np.int64]:
        """The code of every part's level, one row an application; 0 where the level was never seen in training."""
        readers = self._prepared()["readers"]
        rows = len(next(iter(columns.values())))
        if rows == 1:  # one applicant waits: forty small arrays would take longer than the look-ups
            row = {name: column[0] for name, column in columns.items()}
            return np.array([[memo[raw_of(row)] for memo, raw_of, _ in readers]], np.int64)
        codes = np.empty((rows, len(readers)), np.int64)
        for position, (memo, raw_of, several) in enumerate(readers):
            raw = zip(*raw_of(columns), strict=True) if several else raw_of(columns)
            if isinstance(raw, Repeated):
                codes[:, position] = raw.array(memo.__getitem__, np.int64)
            else:
                codes[:, position] = np.fromiter(map(memo.__getitem__, raw), np.int64, rows)
        return codes

    def matrix(self, columns: Columns, codes: NDArray[np.int64]) -> Matrix:
        """The matrix, given the levels' codes."""
        ready = self._prepared()
        raw = np.array([_quantities(columns[name]) for name in ready["raw"]], float)
        numbers = [of(*(raw[place] for place in places)) for of, places in ready["numbers"]]
        out = np.empty((len(codes), ready["width"]))
        if numbers:
            out[:, : len(numbers)] = np.transpose(numbers)
        out[:, len(numbers) : len(numbers) + len(self.same)] = self._same(codes)
        first = len(numbers) + len(self.same)
        last = first + len(self.one_hot)
        out[:, first:last] = codes.take(ready["flag_parts"], axis=1) == ready["flag_codes"]
        end = last + len(self.lookups)
        for start in range(0, len(codes), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            index = codes[rows].astype(ready["strides"].dtype) @ ready["strides"] + ready["offsets"]
            out[rows, last:end] = ready["tables"].take(index.astype(np.int64))
        if self.chains:
            out[:, end:] = ready["walk"].columns(codes)
        return out

    def unseen(self, codes: NDArray[np.int64]) -> list[tuple[str, ...]]:
        """For each application, the fields whose value the encoder has never seen."""
        ready = self._prepared()
        if len(codes) == 1:  # one applicant waits: see `codes`
            (row,) = codes.tolist()
            return [tuple(dict.fromkeys(name for place, name in ready["fields_at"] if not row[place]))]
        unknown = codes.take(ready["single"], axis=1) == 0
        if not unknown.any():
            return [()] * len(codes)
        patterns = np.packbits(unknown, axis=1)  # thousands of applications have but few of them
        rows = patterns.view(f"V{patterns.shape[1]}").ravel().tolist()
        names = ready["single_fields"]
        told = {
            pattern: tuple(dict.fromkeys(names[n] for n in np.flatnonzero(unknown[row])))
            for pattern, row in {pattern: row for row, pattern in enumerate(rows)}.items()
        }
        return [told[pattern] for pattern in rows]

    def _same(self, codes: NDArray[np.int64]) -> Matrix:
        """Whether two parts have the same level; their codes differ, so one's are translated into the other's."""
        same = self._prepared()["same"]
        if len(codes) == 1:
            (row,) = codes.tolist()
            equal_to = [
                math.nan if row[a] == gap_a or row[b] == gap_b else row[a] == translation[row[b]]
                for a, b, gap_a, gap_b, translation in same["pairs"]
            ]
            return np.array([equal_to], float)
        a, b = codes.take(same["first"], axis=1), codes.take(same["second"], axis=1)
        equal = same["translation"].take(b + same["start"]) == a
        missing = (a == same["missing_first"]) | (b == same["missing_second"])
        result: Matrix = np.where(missing, np.nan, equal)
        return result

    def _prepared(self) -> dict[str, Any]:
        """What `transform` needs beside the state itself; made when first used, and not pickled."""
        if not self._ready:
            self._ready = self._prepare()
        return self._ready

    def _prepare(self) -> dict[str, Any]:
        position = {part: number for number, part in enumerate(self.vocabulary)}
        codes = {
            part: {level: code for code, level in enumerate(levels, 1)}
            for part, levels in self.vocabulary.items()
        }
        sizes = {part: len(levels) + 1 for part, levels in self.vocabulary.items()}
        tables = [lookup.table for lookup in self.lookups]
        # Products of whole numbers are exact, in half the time where no place is beyond what the short kind can hold.
        exact = np.float32 if sum(map(len, tables)) < _EXACT else np.float64
        strides = np.zeros((len(position), len(self.lookups)), exact)
        offsets, start = np.zeros(len(self.lookups), exact), 0
        for column, lookup in enumerate(self.lookups):
            stride = 1
            for part in reversed(lookup.parts):
                strides[position[part], column] = stride
                stride *= sizes[part]
            offsets[column], start = start, start + len(lookup.table)
        parts, made = self._features.parts, [self._features.numbers[name] for name in self.numbers]
        raw = sorted({name for number in made for name in number.fields})
        single = [part for part in self.vocabulary if parts[part].fields == (part,)]
        return {
            "readers": [
                (
                    _Memo(parts[part], codes[part]),
                    itemgetter(*parts[part].fields),
                    len(parts[part].fields) > 1,
                )
                for part in self.vocabulary
            ],
            "raw": raw,
            "numbers": [(number.of, [raw.index(name) for name in number.fields]) for number in made],
            "width": len(self.columns),
            "flag_parts": np.array([position[part] for part, _ in self.one_hot], np.int64),
            "flag_codes": np.array([code for _, code in self.one_hot], np.int64),
            "strides": strides,
            "offsets": offsets,
            "tables": np.concatenate(tables) if tables else np.empty(0),
            "single": np.array([position[part] for part in single], np.int64),
            "single_fields": single,
            "fields_at": [(position[part], part) for part in single],
            "same": self._prepare_same(position, codes),
            "walk": Walk(self.chains, position),
        }

    def _prepare_same(self, position: dict[str, int], codes: dict[str, dict[str, int]]) -> dict[str, Any]:
        pairs = [self._features.same[name] for name in self.same]
        translations = [[-1, *(codes[a].get(level, -1) for level in self.vocabulary[b])] for a, b in pairs]
        starts = np.cumsum([0, *map(len, translations)])[:-1]
        gaps = [(codes[a].get(MISSING, -1), codes[b].get(MISSING, -1)) for a, b in pairs]
        return {
            "pairs": [
                (position[a], position[b], *gap, translation)
                for (a, b), gap, translation in zip(pairs, gaps, translations, strict=True)
            ],
            "first": np.array([position[a] for a, _ in pairs], np.int64),
            "second": np.array([position[b] for _, b in pairs], np.int64),
            "translation": np.array([code for codes_of_b in translations for code in codes_of_b], np.int64),
            "start": starts.astype(np.int64),
            "missing_first": np.array([gap for gap, _ in gaps], np.int64),
            "missing_second": np.array([gap for _, gap in gaps], np.int64),
        }

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {**state, "_ready": {}}
