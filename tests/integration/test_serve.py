"""The whole system as `make run` starts it: what it writes, how it is found, and what it says of its Redis' death."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.chaos.applicants import applicant
from tests.e2e.chaos.house import House
from tests.e2e.chaos.stage import ROOT, wait_until


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    before = os.umask(0o022)
    try:
        with House(tmp_path_factory.mktemp("house")) as house:
            yield house
    finally:
        os.umask(before)


def command(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`creditrisk …` in a folder, with no REDIS_URL but a given one."""
    paths = [str(ROOT), *(str(ROOT / "layers" / name / "python") for name in ("common", "model"))]
    inherited = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": os.pathsep.join(paths)} | environment,
        capture_output=True,
        text=True,
    )


def test_all_that_is_written_is_its_users_alone(house: House) -> None:
    house.post_until_answered("/predict", applicant(1))
    wait_until((house.folder / "data/history/history.csv").exists, 20, "the history")
    written = [house.folder / "data", *(house.folder / "data").rglob("*")]
    assert {"history.csv", "redis.sock", "redis.log", "appendonlydir"} <= {path.name for path in written}
    assert [path for path in written if stat.S_IMODE(path.lstat().st_mode) & 0o077] == []


def test_the_queue_of_make_run_is_found_by_itself(house: House) -> None:
    done = command("queue", folder=house.folder)
    assert "scorers awake" in done.stdout, done.stderr
    assert command("queue", "retry", folder=house.folder).stdout == "0 applications wait again\n"


def test_the_queue_of_another_data_folder_is_found_when_it_is_named(house: House, tmp_path: Path) -> None:
    done = command("queue", "--data", str(house.folder / "data"), folder=tmp_path)
    assert "scorers awake" in done.stdout, done.stderr
    done = command("queue", "--data", str(tmp_path), folder=house.folder)
    assert done.returncode == 1
    assert done.stderr.startswith("creditrisk: The queue (Redis) does not answer")
    assert len(done.stderr.splitlines()) == 1


def test_a_given_redis_goes_before(house: House) -> None:
    done = command("queue", folder=house.folder, REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_the_death_of_redis_is_told_with_its_reason_and_outlived(house: House) -> None:
    house.kill("redis")
    wait_until(lambda: "redis-server ended (killed by SIGKILL)" in house.log, 20, "its death is told")
    status, _ = house.post_until_answered("/predict", applicant(2))
    assert status in (200, 202)
