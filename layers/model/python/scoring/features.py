"""Which columns a model may see, and which fields each is made of; a training chooses among them (`models.training`).

They follow from the portfolio's definition: every feature gives columns by its kind, and the `[features]` table adds
more. Everything here is something that a person can truthfully give in the form: text counts without letter case,
accents and length, money without cents. A column is a number, a flag for one level of a field (one-hot), or a figure
looked up for a level or a cross of levels: its smoothed bad rate, its frequency, its effect in a regression on all
levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from creditrisk.application import FIELDS, Field, Role
from creditrisk.portfolio import active
from creditrisk.portfolio.kinds import Choice, Code, Day, Digits, Money, Zip3
from scoring import levels, numbers
from scoring.errors import UnusableFeatures
from scoring.numbers import Matrix

__all__ = ["ACTIVE", "Columns", "Features", "Matrix", "Number", "Part", "features_of"]

Columns = Mapping[str, Sequence[Any]]
"""Field → its canonical values, one for each application."""
COLUMN_KINDS: Final = ("one_hot", "rates", "paired", "frequencies", "effects")
"""What `[features.columns]` may choose the parts of: see `models.training.columns`."""
_WIDE: Final = 1_000
"""Limits further apart than this make a number count in logarithms, too."""


@dataclass(frozen=True)
class Part:
    """Levels of one field, or of several whose values only mean something together."""

    fields: tuple[str, ...]
    level: levels.Level


@dataclass(frozen=True)
class Number:
    """A number made of quantities, or of codes in an order that means something (neighbours have neighbouring ZIPs):
    `of` takes their columns (NaN where missing) in the order of `fields`."""

    fields: tuple[str, ...]
    of: numbers.Of


@dataclass(frozen=True)
class Features:
    """The columns that may be made of some fields."""

    fields: Mapping[str, Field]
    """All fields of the portfolio by name: features, and those that no column may be made of."""
    parts: dict[str, Part] = field(default_factory=dict)
    """Name → part. A part that has its field's name also tells whether the field's value is new to the model."""
    numbers: dict[str, Number] = field(default_factory=dict)
    same: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Columns that are 1 where two parts have the same level, NaN where either is missing."""
    crosses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Crosses of parts whose bad rate is looked up together."""
    chains: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Parts from a wide place to a narrow one, whose bad rates are drawn towards each other: see `scoring.chains`."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the table says of the parts that each kind of column (COLUMN_KINDS) is made of."""
    search: bool = True
    """Whether a training may look for crosses and settings by itself."""

    def fields_of(self, parts: Sequence[str]) -> tuple[str, ...]:
        """The fields behind some parts, each once."""
        return tuple(dict.fromkeys(name for part in parts for name in self.parts[part].fields))


def features_of(fields: Mapping[str, Field], table: Mapping[str, Any] | None = None) -> Features:
    """The columns of a portfolio's fields, by their kinds and its `[features]` table.

    A field that the table makes a number (or a level) of alone gets none by its kind as well. Raises UnusableFeatures.
    """
    table = table or {}
    _only(table, ("levels", "numbers", "same", "crosses", "chains", "columns", "search"), "[features]")
    features = Features(fields, search=table.get("search", True))
    if not isinstance(features.search, bool):
        raise UnusableFeatures("[features] search is true or false.")
    scored = {
        name: each
        for name, each in fields.items()
        if each.role is Role.FEATURE and not isinstance(each.kind, Day)  # a day says when, not who
    }
    for name, each in scored.items():
        if not each.is_number:
            features.parts[name] = Part((name,), levels.by_kind(each))
    for name, asked in _tables(table, "levels"):
        features.parts[name] = _part(features, scored, name, asked)
    for name, asked in _tables(table, "numbers"):
        features.numbers[name] = _number(scored, name, asked)
    for name, each in scored.items():
        if each.is_number:
            _by_kind(features, name, each)
    features.same.update((name, (a, b)) for name, (a, b) in _of_parts(features, table, "same", 2))
    features.crosses.update(_of_parts(features, table, "crosses", None))
    features.chains.update(_of_parts(features, table, "chains", None))
    columns = dict(_of_parts(features, table, "columns", None))
    _only(columns, COLUMN_KINDS, "[features.columns]")
    return replace(features, columns=columns)


def _by_kind(features: Features, name: str, each: Field) -> None:
    """What a quantity gives of itself: its value, its logarithm where it reaches far, its gap, and bands as levels."""
    if not any(part.fields == (name,) for part in features.parts.values()):
        features.parts[f"{name} in bands"] = Part((name,), levels.by_kind(each))
    made = [number for number in features.numbers.values() if number.fields == (name,)]
    asked = {}
    if all(number.of is numbers.missing for number in made):
        asked[name] = "value"
        least, most = each.limits or (0, _WIDE + 1)
        if isinstance(each.kind, Money) or most - least > _WIDE:
            asked[f"log of {name}"] = "log"
    if each.missing and not any(number.of is numbers.missing for number in made):
        asked[f"{name} not given"] = "missing"
    for called, how in asked.items():
        features.numbers[called] = _number({name: each}, called, {"of": [name], "as": how})


def _part(features: Features, scored: Mapping[str, Field], name: str, asked: Mapping[str, Any]) -> Part:
    where = f"[features.levels] {name}"
    of = _of(asked, where)
    if "as" not in asked:
        _only(asked, ("of",), where)
        parts = [features.parts.get(each) or _own(scored, each, where) for each in of]
        each_alone = tuple(field for part in parts for field in part.fields)
        if len(parts) == 1 or any(len(part.fields) > 1 for part in parts):
            raise UnusableFeatures(f"{where}: `of` names two fields or more, or levels of one, or say `as`.")
        return Part(each_alone, partial(levels.joined, tuple(part.level for part in parts)))
    known = levels.NAMED.get(asked["as"])
    if known is None:
        raise UnusableFeatures(f"{where}: `as` is one of: {', '.join(levels.NAMED)}; not {asked['as']!r}.")
    options = known.options
    _only(asked, ("of", "as", *options), where)
    if len(of) != known.fields or not scored.keys() >= set(of):
        count = "one field" if known.fields == 1 else f"{known.fields} fields"
        raise UnusableFeatures(f"{where}: {asked['as']} needs {count} in `of`, and features.")
    if known.of_numbers and not scored[of[0]].is_number:
        raise UnusableFeatures(f"{where}: {asked['as']} is of a number, and {of[0]} is none.")
    given = {option: asked[option] for option in options if option in asked}
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in given.values()):
        raise UnusableFeatures(f"{where}: {', '.join(given)} must be numbers.")
    if any(given.get(option, 1) <= 0 for option in ("width", "length", "least")):
        raise UnusableFeatures(f"{where}: width, length and least must be above 0.")
    try:
        return Part(of, known.made(*(scored[name] for name in of), **given))
    except TypeError:
        raise UnusableFeatures(f"{where}: give all of {', '.join(sorted(options))}.") from None


def _own(scored: Mapping[str, Field], name: str, where: str) -> Part:
    if name not in scored:
        raise UnusableFeatures(f"{where}: {name} is neither a feature nor a level that stands above it.")
    return Part((name,), levels.by_kind(scored[name]))


def _number(scored: Mapping[str, Field], name: str, asked: Mapping[str, Any]) -> Number:
    where = f"[features.numbers] {name}"
    of = _of(asked, where)
    _only(asked, ("of", "as"), where)
    if asked.get("as") not in numbers.NAMED:
        raise UnusableFeatures(
            f"{where}: `as` is one of: {', '.join(numbers.NAMED)}; not {asked.get('as')!r}."
        )
    fewest, most, _ = numbers.NAMED[asked["as"]]
    if not fewest <= len(of) <= most:
        raise UnusableFeatures(f"{where}: {asked['as']} needs {fewest} to {most} fields in `of`.")
    for each in of:
        if each not in scored or not _counts(scored[each]):
            raise UnusableFeatures(
                f"{where}: {each} is no feature with numbers as values; name one that is, or leave it out."
            )
    kinds = [scored[each] for each in of]
    money = tuple(isinstance(each.kind, Money) for each in kinds)
    negative = any((each.limits or (-1, 0))[0] < 0 for each in kinds)
    return Number(of, numbers.number_of(asked["as"], money, negative))


def _counts(each: Field) -> bool:
    """Whether all values of a field are numbers, or written as such."""
    if isinstance(each.kind, Choice):
        return all(value.lstrip("-").isdecimal() for value in (*each.kind.offered, *each.kind.legacy))
    return each.is_number or isinstance(each.kind, Code | Zip3 | Digits)


def _of_parts(
    features: Features, table: Mapping[str, Any], kind: str, size: int | None
) -> list[tuple[str, tuple[str, ...]]]:
    """A part of the table that gives a list of parts to each name."""
    found = []
    for name, of in _table(table, kind).items():
        where = f"[features.{kind}] {name}"
        if not isinstance(of, list | tuple) or (len(of) != size if size else not of):
            raise UnusableFeatures(f"{where}: give a list of {size or 'some'} levels.")
        for part in of:
            if part not in features.parts:
                raise UnusableFeatures(
                    f"{where}: there are no levels {part!r}; name a feature, or one of [features.levels]."
                )
        found.append((name, tuple(of)))
    return found


def _table(table: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = table.get(kind, {})
    if not isinstance(found, Mapping):
        raise UnusableFeatures(f"[features] {kind} must be a table: write [features.{kind}].")
    return found


def _tables(table: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    """A part of the table whose entries are tables themselves."""
    found = _table(table, kind)
    for name, asked in found.items():
        if not isinstance(asked, Mapping):
            raise UnusableFeatures(f'[features.{kind}] {name}: write {{ of = ["FIELD"], as = "…" }}.')
    return list(found.items())


def _of(asked: Mapping[str, Any], where: str) -> tuple[str, ...]:
    of = asked.get("of")
    if not isinstance(of, list | tuple) or not of or not all(isinstance(name, str) for name in of):
        raise UnusableFeatures(f"{where}: `of` must list the fields that it is made of.")
    return tuple(of)


def _only(asked: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for name in asked:
        if name not in known:
            raise UnusableFeatures(f"{where} knows no {name!r}; it may have: {', '.join(known)}.")


ACTIVE: Final = features_of(FIELDS, active().features)
"""The columns of the portfolio that this process serves."""
