"""Which of the possible columns (`scoring.features`) a training makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from creditrisk.portfolio.kinds import Text
from scoring.features import ACTIVE, Features


@dataclass(frozen=True)
class ColumnChoice:
    """Names of parts, numbers and pairs of `scoring.features`, each made into columns of its kind."""

    numbers: tuple[str, ...] = tuple(ACTIVE.numbers)
    """Numbers as they are."""
    same: tuple[str, ...] = tuple(ACTIVE.same)
    """Pairs of parts: whether both have the same level."""
    one_hot: tuple[str, ...] = field(default_factory=lambda: _chosen(ACTIVE, "one_hot"))
    """Parts of few levels: one column for each level that stands often enough in the data."""
    rates: tuple[str, ...] = field(default_factory=lambda: _chosen(ACTIVE, "rates"))
    """Parts whose own bad rate is looked up."""
    crosses: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: ACTIVE.crosses)
    """Crosses of parts whose bad rate is looked up together: what it is → its parts."""
    paired: tuple[str, ...] = field(default_factory=lambda: _chosen(ACTIVE, "paired"))
    """Parts of which each two are looked up together, drawn towards what the two say one by one."""
    chains: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: ACTIVE.chains)
    """Parts from a wide place to a narrow one: the bad rate of each is drawn towards that of the one before it."""
    frequencies: tuple[str, ...] = field(default_factory=lambda: _chosen(ACTIVE, "frequencies"))
    """Parts whose frequency is looked up: an applicant from a large city, or from a place seen once."""
    effects: tuple[str, ...] = field(default_factory=lambda: _chosen(ACTIVE, "effects"))
    """Parts that stand together in one regression on all their levels; a column is a level's effect there, in log-odds."""

    @property
    def parts(self) -> set[str]:
        """All parts that columns are made of, but for those of `same`."""
        together = {part for parts in (*self.crosses.values(), *self.chains.values()) for part in parts}
        return {*self.one_hot, *self.rates, *self.paired, *self.frequencies, *self.effects, *together}

    @classmethod
    def of(cls, features: Features) -> Self:
        """All that a portfolio's features can give."""
        return cls(
            tuple(features.numbers),
            tuple(features.same),
            crosses=features.crosses,
            chains=features.chains,
            **{kind: _chosen(features, kind) for kind in _BY_KIND},
        )


def _single(features: Features) -> tuple[str, ...]:
    """Codes, choices, texts, and bands of numbers."""
    return tuple(name for name, part in features.parts.items() if len(part.fields) == 1)


def coded(features: Features) -> tuple[str, ...]:
    """Parts that are a field's own values."""
    return tuple(name for name, part in features.parts.items() if part.fields == (name,))


def _many(features: Features) -> tuple[str, ...]:
    """Parts that may have very many levels: what is typed, and levels of several fields."""
    own = coded(features)
    return tuple(
        name
        for name, part in features.parts.items()
        if len(part.fields) > 1 or (name in own and not features.fields[name].choices)
    )


def _typed(features: Features) -> tuple[str, ...]:
    return tuple(name for name in coded(features) if isinstance(features.fields[name].kind, Text))


def _none(_: Features) -> tuple[str, ...]:
    return ()


_BY_KIND: Final[Mapping[str, Callable[[Features], tuple[str, ...]]]] = {
    "one_hot": _single,
    "rates": _many,
    "paired": _none,
    "frequencies": _typed,
    "effects": _none,
}
"""What is made of which parts where the definition does not say so. Flags and rates say what effects would."""


def _chosen(features: Features, kind: str) -> tuple[str, ...]:
    return features.columns[kind] if kind in features.columns else _BY_KIND[kind](features)
