"""Ids found among others by sorted keys are those that a dict finds."""

import random
import uuid

import numpy as np
import pytest
from numpy.typing import NDArray

from lifecycle.arrays import Bytes, Places
from lifecycle.arrays import places as module


def _ids(draw: random.Random, count: int) -> list[bytes]:
    return [str(uuid.UUID(int=draw.getrandbits(128))).encode() for _ in range(count)]


@pytest.mark.parametrize("seed", range(20))
def test_ids_are_numbered_as_each_comes_first(seed: int) -> None:
    draw = random.Random(seed)
    different = _ids(draw, draw.randrange(1, 300))
    given = different + draw.choices(different, k=draw.choice([0, 1, 200]))
    draw.shuffle(given)
    expected = {id: number for number, id in enumerate(dict.fromkeys(given))}
    places = Places(np.array(given))
    assert places.ids.tolist() == list(expected)
    assert len(places) == len(expected)
    assert np.array(given)[places.first].tolist() == list(expected)
    asked = draw.choices([*given, *_ids(draw, 50)], k=500)
    assert places.of(np.array(asked)).tolist() == [expected.get(id, -1) for id in asked]


def test_ids_of_any_length_are_compared_whole() -> None:
    places = Places(np.array([b"a", b"0123456789abcdef", b"0123456789abcdefg"]))
    asked = [b"0123456789abcdefgh", b"0123456789abcdefg", b"0123456789abcdef", b"", b"a"]
    assert places.of(np.array(asked)).tolist() == [-1, 2, 1, -1, 0]
    assert places.of(np.zeros(0, "S1")).tolist() == []
    nothing = Places(np.zeros(0, "S1"))
    assert (len(nothing), nothing.of(np.array([b"a"])).tolist()) == (0, [-1])


def test_other_keys_are_tried_when_different_ids_have_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    salts: set[int] = set()

    def poor(ids: Bytes, salt: int) -> NDArray[np.uint64]:
        salts.add(salt)
        return good(ids, salt) % np.uint64(2 if salt < 3 else 1 << 63)

    good = module._keys
    monkeypatch.setattr(module, "_keys", poor)
    given = _ids(random.Random(1), 50)
    places = Places(np.array(given * 2))
    assert places.of(np.array(given)).tolist() == list(range(50))
    assert salts == {1, 2, 3}


def test_an_id_that_only_has_the_key_of_another_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_keys", lambda ids, salt: np.zeros(len(ids), np.uint64))
    assert Places(np.array([b"one"])).of(np.array([b"one", b"two"])).tolist() == [0, -1]
