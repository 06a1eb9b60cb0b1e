"""What was loaded from files is loaded anew when they change; what cannot be loaded is refused, and the old one goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from creditrisk.errors import CreditRiskError
from functions.watching import LOOK_SECONDS, Watched


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.write_text("one")
    return path


def load_from(path: Path) -> Callable[[], str]:
    def load() -> str:
        text = path.read_text()
        if text.startswith("bad"):
            raise CreditRiskError("Its files are not\nthose of the manifest.")
        return text

    return load


def put(path: Path, text: str) -> None:
    """Put another file in the place of the old one, which is kept beside it."""
    new = path.with_name("new")
    new.write_text(text)
    path.rename(path.with_name("old"))
    new.rename(path)


@pytest.fixture
def watched(file: Path, clock: Clock) -> Watched[str]:
    return Watched("model", [file, file.with_name("signature")], load_from(file), clock=clock)


def later(clock: Clock) -> None:
    clock.now += LOOK_SECONDS


def test_a_replaced_file_is_taken_up_at_the_next_look(
    watched: Watched[str], file: Path, clock: Clock
) -> None:
    put(file, "two")
    clock.now += LOOK_SECONDS / 2
    assert not watched.look() and watched.value == "one", "it looks once a second at most"
    clock.now += LOOK_SECONDS / 2
    assert watched.look() and watched.value == "two"
    later(clock)
    assert not watched.look(), "nothing changed since"


def test_what_cannot_be_loaded_is_refused_once_and_told(
    watched: Watched[str], file: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    put(file, "bad")
    for _ in range(3):
        later(clock)
        assert not watched.look() and watched.value == "one"
    assert watched.trouble.endswith("goes on: Its files are not those of the manifest.")
    assert len([r for r in caplog.records if "refused" in r.message]) == 1
    put(file, "three")
    later(clock)
    assert watched.look() and (watched.value, watched.trouble) == ("three", "")


def test_the_old_file_back_in_its_place_ends_the_trouble_without_a_load(
    watched: Watched[str], file: Path, clock: Clock
) -> None:
    put(file, "bad")
    later(clock)
    watched.look()
    file.with_name("old").rename(file)
    later(clock)
    assert not watched.look() and (watched.value, watched.trouble) == ("one", "")


def test_a_second_file_that_appears_has_it_loaded_again(
    watched: Watched[str], file: Path, clock: Clock
) -> None:
    put(file, "bad until signed")
    later(clock)
    watched.look()
    file.with_name("signature").write_text("signed")
    loads: list[str] = []
    watched._load = lambda: loads.append("now") or "signed"  # type: ignore[func-returns-value]
    later(clock)
    assert watched.look() and watched.value == "signed" and loads == ["now"]


def test_a_file_that_is_missing_for_a_moment_changes_nothing(
    watched: Watched[str], file: Path, clock: Clock
) -> None:
    file.rename(file.with_name("away"))
    later(clock)
    assert not watched.look() and (watched.value, watched.trouble) == ("one", "")
    file.with_name("away").rename(file)
    later(clock)
    assert not watched.look() and watched.value == "one"


@pytest.mark.parametrize("fails", [False, True])
def test_files_that_change_while_they_are_read_are_read_again(file: Path, clock: Clock, fails: bool) -> None:
    """Half of one layer and half of another: whatever came of it is not used, and not told as a refusal."""
    watched = Watched("model", [file], load_from(file), clock=clock)
    put(file, "two")

    def torn() -> str:
        put(file, "three")
        if fails:
            raise CreditRiskError("half and half")
        return "half and half"

    watched._load = torn
    later(clock)
    assert not watched.look() and (watched.value, watched.trouble) == ("one", "")
    watched._load = load_from(file)
    later(clock)
    assert watched.look() and watched.value == "three"


def test_an_error_that_nobody_foresaw_is_named_by_its_kind_alone(file: Path, clock: Clock) -> None:
    """Its text may quote what stands in the files."""
    watched = Watched("policy", [file], load_from(file), clock=clock)
    put(file, "x")
    watched._load = lambda: [][1]
    later(clock)
    assert not watched.look() and watched.trouble.endswith("goes on: IndexError")


def test_without_a_first_value_there_is_nothing_to_go_on_with(file: Path) -> None:
    file.write_text("bad")
    with pytest.raises(CreditRiskError):
        Watched("model", [file], load_from(file))
