"""A set of numbers says the same however it is kept."""

import random
from collections.abc import Iterable

import pytest

from lifecycle.index.numbers import PART, Numbers, packed, places_of


def numbers_of(wanted: Iterable[int], parts: range) -> Numbers:
    """As names keep them: packed part by part."""
    numbers = Numbers(parts)
    numbers.add((part, packed([n % PART for n in wanted if n // PART == part])) for part in parts)
    return numbers


@pytest.mark.parametrize("many", [0, 1, 2, 4095, 4096, 4097, PART])
def test_places_come_back_as_they_were(many: int) -> None:
    places = random.Random(many).sample(range(PART), many)
    told = packed([*places, *places[:2]])
    assert places_of(told).tolist() == sorted(places)
    assert len(told) == min(2 * many, PART // 8)
    numbers = Numbers(range(1))
    numbers.add([(0, told)])
    assert sorted(numbers) == sorted(places)


def test_several_sets_are_joined_in_any_order() -> None:
    some = {1: [5, 6, 9], 0: [7, PART - 1], 2: range(5_000)}
    more = {0: [1, 7], 1: [6, 8, 9], 2: [4_999, 5_001]}
    numbers = Numbers(range(3))
    numbers.add((part, packed(list(places))) for sets in (some, more) for part, places in sets.items())
    assert set(numbers) == {part * PART + at for sets in (some, more) for part in sets for at in sets[part]}


@pytest.mark.parametrize("parts", [range(5), range(1, 5)])
def test_numbers_are_told_from_the_highest_on(parts: range) -> None:
    among = range(parts.start * PART, parts.stop * PART)
    wanted = {*random.Random(1).sample(among, 500), among[0], among[-1]}
    numbers = numbers_of(wanted, parts)
    assert list(numbers) == sorted(wanted, reverse=True)
    assert len(numbers) == len(wanted)


def test_what_is_in_two_sets_is_kept() -> None:
    some, others = range(0, 3 * PART, 3), range(0, 3 * PART, 1000)
    numbers = numbers_of(some, range(3))
    numbers.keep(numbers_of(others, range(3)))
    assert set(numbers) == {*some} & {*others}


@pytest.mark.parametrize("first", [PART, PART + 1, PART + 7, PART + 8, 2 * PART - 1, 2 * PART])
@pytest.mark.parametrize("last", [2 * PART, 2 * PART + 1, 2 * PART + 7, 3 * PART - 1])
def test_what_is_within_a_range_is_kept(first: int, last: int) -> None:
    numbers = numbers_of(range(PART, 3 * PART), range(1, 3))
    numbers.keep_within(range(first, last + 1))
    assert list(numbers) == list(range(last, first - 1, -1))


@pytest.mark.parametrize("most", [3 * PART - 1, 3 * PART, 3 * PART + 9])
@pytest.mark.parametrize("parts", [range(3), range(1, 3)])
def test_bits_and_digits_stand_where_they_are_looked_for(most: int, parts: range) -> None:
    wanted = {n for n in (0, 1, 9, PART, 3 * PART - 2) if n // PART in parts}
    numbers = numbers_of(wanted, parts)
    bitmap, digits = numbers.bitmap(most), numbers.digits(most)
    assert len(bitmap) * 8 == len(digits) > most
    for n in (0, 1, 2, 8, 9, PART - 1, PART, PART + 1, 2 * PART, 3 * PART - 2, most):
        told = n in wanted
        assert (bitmap[n // 8] >> n % 8 & 1) == told
        assert digits[len(digits) - 1 - n : len(digits) - n] == (b"1" if told else b"0")
