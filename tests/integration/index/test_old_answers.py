"""The form finds an old answer where the index says that it stands, and never needs the index."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from creditrisk.decision import Answer
from creditrisk.errors import UnknownApplication
from creditrisk.history import Place, Record, open_history
from creditrisk.history.folder import FolderHistory
from creditrisk.history.index_place import IndexPlaces
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from lifecycle.index.building import follow
from lifecycle.index.database import Database
from tests.helpers import Make
from tests.integration.index.conftest import Decide, Write
from tests.postgres import PostgresServer, postgres_server
from tests.s3_server import S3Server


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that a folder's files were searched for."""
    ids: list[str] = []
    plain = FolderHistory.find

    def find(self: FolderHistory, application_id: str) -> Answer | None:
        ids.append(application_id)
        return plain(self, application_id)

    monkeypatch.setattr(FolderHistory, "find", find)
    return ids


@pytest.fixture
def recorded(intake: Intake, write: Write, decide: Decide, make_application: Make) -> Answer:
    """An answer that has left Redis; the id was given here."""
    application_id = intake.submit(make_application()).id
    intake.queue.redis.flushall()
    intake._keys.mine()
    answer = replace(decide(3), id=application_id)
    write([decide(1), decide(2), answer, decide(4)])
    return answer


def of(intake: Intake, database_url: str, answer: Answer) -> Answer | None:
    """What an intake with this DATABASE_URL finds in the history."""
    return Intake(intake.queue, replace(intake.settings, database_url=database_url))._recorded(answer.id)


@pytest.fixture
def settings(redis_url: str, folder: Path) -> Settings:
    return Settings(redis_url=redis_url, history_url=str(folder), lease_seconds=60.0)


def test_with_an_index_nothing_is_searched(
    intake: Intake, database: Database, database_url: str, folder: Path, recorded: Answer, searched: list[str]
) -> None:
    follow(database, str(folder))
    found = of(intake, database_url, recorded)
    assert found and found.decision == recorded.decision
    assert not searched


def test_without_one_or_where_it_is_wrong_the_history_is_searched(
    intake: Intake, database: Database, database_url: str, folder: Path, recorded: Answer, searched: list[str],
    decide: Decide, write: Write,
) -> None:  # fmt: skip
    assert of(intake, database_url, recorded)
    follow(database, str(folder))
    write([decide(5)])
    assert of(intake, database_url, decide(5))  # not in the index yet
    path = folder / "history.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(header + "".join(reversed(rows)), encoding="utf-8")
    assert of(intake, database_url, recorded)  # something else stands there now
    assert searched == [recorded.id, decide(5).id, recorded.id]


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.mark.needs("PostgreSQL")
def test_submitting_and_answering_need_no_database(
    queue: ApplicationQueue, settings: Settings, folder: Path, make_application: Make, recorded: Answer,
    own_postgres: PostgresServer, searched: list[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    own_postgres.kill()
    intake = Intake(queue, replace(settings, database_url=own_postgres.url))
    receipt = intake.submit(make_application())
    assert intake.find(receipt.id).status == "pending"
    assert intake._recorded(recorded.id)
    assert intake._recorded(recorded.id)
    assert searched == [recorded.id] * 2
    assert caplog.text.count("the index does not answer") == 1  # it is not asked again at once
    assert own_postgres.url not in caplog.text


def test_an_id_that_is_nowhere_is_nowhere(
    intake: Intake, database: Database, folder: Path, recorded: Answer
) -> None:
    follow(database, str(folder))
    with pytest.raises(UnknownApplication):
        intake.find(recorded.id[:-1] + ("0" if recorded.id[-1] != "0" else "1"))


def test_in_s3_the_object_that_the_index_names_is_read(
    server: S3Server, decide: Decide, tmp_path: Path
) -> None:
    history = open_history("s3://history/x")
    one = decide(1)
    history.append([Record(one)], lambda: {one.id})
    (key,) = [name for name in server.objects if name.endswith(".csv")]
    place = Place(key[key.index("date=") :], 0)
    listings = server.listings
    found = history.find_at(place, one.id)
    assert found and found.decision == one.decision
    assert history.find_at(Place("date=2026-01-01/gone.csv", 0), one.id) is None
    assert history.find_at(place, decide(2).id) is None
    assert server.listings == listings
    assert IndexPlaces("", "s3://history/x").find(one.id) is None


def test_the_form_imports_no_library_of_databases() -> None:
    code = "import sys, creditrisk.intake, web; print([m for m in ('sqlalchemy', 'psycopg') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
