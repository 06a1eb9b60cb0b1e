"""`creditrisk reviews`: what waits for a person, and what a person decides."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import creditrisk
from creditrisk import reviews
from creditrisk.application_id import new_application_id, reference
from creditrisk.decision import Answer
from creditrisk.errors import ReviewRefused, UnknownApplication
from creditrisk.history import Record, open_history
from lifecycle.audit import open_audit


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HISTORY_URL", str(tmp_path / "history"))
    return str(tmp_path / "history")


@pytest.fixture
def recorded(place: str, decided: Callable[..., Answer]) -> Callable[..., str]:
    """Records an application with this decision; returns its id."""

    def record(**changes: Any) -> str:
        answer = decided()
        assert answer.decision
        answer = replace(answer, decision=replace(answer.decision, **changes))
        open_history(place).append([Record(answer)], lambda: {answer.id})
        return answer.id

    return record


def run(*arguments: str) -> Result:
    return CliRunner().invoke(creditrisk, ["reviews", *arguments])


def listed(*arguments: str) -> list[dict[str, Any]]:
    result = run("list", "--json", *arguments)
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_what_was_asked_for_and_what_was_referred_waits_until_a_person_decides(
    place: str, recorded: Callable[..., str]
) -> None:
    asked = recorded(decision="declined")
    referred = recorded(decision="referred", rule="by-hand: Applications by post are read by a person.")
    recorded()
    reviews.ask(reviews.open_reviews(place), asked, words="My income has risen.")
    assert [(each["application_id"], each["by"], each["words"]) for each in listed()] == [
        (asked, "applicant", "My income has risen."),
        (referred, "policy", "Applications by post are read by a person."),
    ]
    text = run("list").stdout
    assert "due " in text and "2 wait for a person's decision" in text

    for id in (asked, referred):
        result = run("decide", id, "approved", "--reason", "Looked at the papers.", "--as", "Rui")
        assert result.exit_code == 0, result.exception
    assert listed() == []
    assert {each["decision"] for each in listed("--all")} == {"approved"}
    original = open_history(place).find(referred)
    assert original and original.decision and original.decision.decision == "referred"
    entries = list(open_audit(place).entries())
    assert [(entry.event, entry.by, entry.facts["application"]) for entry in entries] == [
        ("review.decided", "Rui", reference(asked)),
        ("review.decided", "Rui", reference(referred)),
    ]


def test_nobody_decides_twice_or_on_what_is_not_there(recorded: Callable[..., str]) -> None:
    id = recorded(decision="referred")
    arguments = ("--reason", "Looked at the papers.", "--as", "Rui")
    assert run("decide", id, "declined", *arguments).exit_code == 0
    assert isinstance(run("decide", id, "approved", *arguments).exception, ReviewRefused)
    assert isinstance(
        run("decide", new_application_id(), "approved", *arguments).exception, UnknownApplication
    )
    assert run("decide", id, "referred", *arguments).exit_code == 2
    assert run("decide", id, "approved", "--reason", "r").exit_code == 2
