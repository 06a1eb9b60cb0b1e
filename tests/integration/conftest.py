"""A queue, a history and a drain on a real Redis, with a stand-in for the model where the model is not what is tested."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from creditrisk.application import Value
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.s3_server import S3Server


@dataclass(frozen=True)
class StubScore:
    """A score that explains nothing."""

    probability: float
    contributions: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[()] = ()
    challenger: float | None = None


@dataclass
class StubModel:
    """Scores by age alone: the probability is a hundredth of it. Raises on an applicant called Poison."""

    name: str = "lightgbm"
    version: str = "test"
    batches: list[int] = field(default_factory=list)
    contributions: dict[str, float] = field(default_factory=dict)

    def score(self, applications: Sequence[Mapping[str, Any]]) -> list[StubScore]:
        self.batches.append(len(applications))
        if any(application["FULL_NAME"] == "Poison" for application in applications):
            raise ArithmeticError("Poison cannot be scored")
        return [StubScore(application["AGE"] / 100, self.contributions) for application in applications]

    def counterfactuals(
        self, declined: Sequence[Mapping[str, Any]], threshold: float
    ) -> Sequence[Sequence[tuple[str, Value]]]:
        """Younger by as much as it takes; a person cannot change that, and a test can tell it."""
        return [[("AGE", int(threshold * 100) - 1)] for _ in declined]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """An S3 on loopback, to which the environment leads."""
    with S3Server().serving() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    # A lease outlasts every pause of a busy machine; a test that wants it to run out moves it (let_leases_run_out).
    return Settings(redis_url=redis_url, history_url=str(tmp_path / "history"), lease_seconds=60.0)


@pytest.fixture
def queue(redis: Redis, settings: Settings) -> ApplicationQueue:
    return ApplicationQueue(redis, lease_seconds=settings.lease_seconds, result_ttl=settings.result_ttl)


@pytest.fixture
def intake(queue: ApplicationQueue, settings: Settings) -> Intake:
    return Intake(queue, settings)


@pytest.fixture
def history(settings: Settings) -> FolderHistory:
    return FolderHistory(Path(settings.history_url))


@pytest.fixture
def model() -> StubModel:
    return StubModel()


@pytest.fixture
def assembly(settings: Settings, model: StubModel) -> Iterator[Assembly]:
    made = Assembly(settings, model)
    yield made
    made.queue.redis.close()


@pytest.fixture
def drain_all(assembly: Assembly) -> Callable[[], int]:
    """Drains until nothing waits; returns how many applications were claimed."""

    def run() -> int:
        claimed = 0
        with assembly.drain("test-scorer") as drain:
            while count := drain.step():
                claimed += count
        return claimed

    return run
