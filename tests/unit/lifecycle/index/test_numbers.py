"""A set of numbers says the same however it is kept."""

import random

import pytest

from lifecycle.index.numbers import PART, Numbers, bits_of, packed, packed_places, unpacked


@pytest.mark.parametrize("many", [0, 1, 2, 128, 129, 5_000, PART])
def test_bits_come_back_as_they_were(many: int) -> None:
    places = random.Random(many).sample(range(PART), many)
    bits = bits_of(places)
    assert bits.bit_count() == many
    assert unpacked(packed(bits)) == unpacked(packed_places([*places, *places[:2]])) == bits


def test_the_first_and_the_last_place_are_kept() -> None:
    assert list(Numbers({0: unpacked(packed(bits_of([0, PART - 1])))})) == [PART - 1, 0]


def test_few_take_little_room() -> None:
    assert len(packed(bits_of([7, 40_000]))) == 5
    assert len(packed(bits_of(range(0, PART, 40)))) < 2 * PART // 40


def test_numbers_are_told_from_the_highest_on() -> None:
    wanted = sorted(random.Random(1).sample(range(5 * PART), 500), reverse=True)
    parts = {part: bits_of(n % PART for n in wanted if n // PART == part) for part in range(5)}
    numbers = Numbers(parts)
    assert list(numbers) == wanted
    assert len(numbers) == 500


@pytest.mark.parametrize("most", [3 * PART - 1, 3 * PART, 3 * PART + 9])
def test_bits_and_digits_stand_where_they_are_looked_for(most: int) -> None:
    wanted = {0, 1, 9, PART, 3 * PART - 2}
    parts = {part: bits_of(n % PART for n in wanted if n // PART == part) for part in (0, 1, 2)}
    bitmap, digits = Numbers(parts).bitmap(most), Numbers(parts).digits(most)
    assert len(bitmap) * 8 == len(digits) > most
    for n in (*wanted, 2, 8, PART - 1, PART + 1, 2 * PART, most):
        told = n in wanted
        assert (bitmap[n // 8] >> n % 8 & 1) == told
        assert digits[len(digits) - 1 - n : len(digits) - n] == (b"1" if told else b"0")
