"""docker-compose.yml on a real engine: what is accepted is decided and recorded once, whatever is killed or stopped."""

import csv
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli.embedded_redis import free_port
from models.synthetic import synthetic_applicants
from tests import machine
from tests.lenders import small_loans

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.needs("docker"), pytest.mark.timeout(1200)]


SERVICES = ("redis", "form", "scorer", "front", "database", "indexer")


def wait_for(what: str, check: Callable[[], object], seconds: float = 180.0) -> None:
    """Wait until the check holds; fails with `what` when it never does."""
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.2)


@dataclass
class Stack:
    """One Compose project, on a port and a history folder of its own."""

    port: int
    history: Path
    owner: int = os.getuid() or 10001
    """The user as whom everything runs, and whose the history is."""
    sent: list[str] = field(default_factory=list)
    checkout: Path = ROOT
    portfolio: str = ""
    """PORTFOLIO_DIR; empty: the one that ships."""

    @property
    def project(self) -> str:
        return f"creditrisk-test-{self.port}"

    def compose(self, *arguments: str) -> str:
        """Run `docker compose`; returns what it prints."""
        answer = self.try_compose(*arguments)
        assert answer.returncode == 0, answer.stderr[-3_000:]
        return answer.stdout

    def try_compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `docker compose`, which may fail."""
        return subprocess.run(
            ["docker", "compose", "--project-name", self.project, *arguments],
            cwd=self.checkout,
            env={
                **os.environ,
                "PORTFOLIO_DIR": self.portfolio or "layers/portfolio",
                "PORT": str(self.port),
                "HISTORY": str(self.history),
                "APP_UID": str(self.owner),
                "APP_GID": str(self.owner),
            },
            capture_output=True,
            text=True,
        )

    def up(self, *options: str) -> None:
        """Start what does not run, and wait until the form takes applications."""
        self.compose("up", "--detach", *options)
        wait_for("the form is ready", lambda: self.get("/readyz")[0] == 200)

    def containers(self, service: str) -> list[dict[str, Any]]:
        """What the engine knows of the containers of a service."""
        ids = self.compose("ps", "--quiet", "--all", service).split()
        answer = subprocess.run(["docker", "inspect", *ids], capture_output=True, text=True, check=True)
        found: list[dict[str, Any]] = json.loads(answer.stdout)
        return found

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        return self._ask(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def send(self, application: dict[str, Any]) -> str:
        """Hand in an application, again and again until it is accepted; returns its id. The key makes it one."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/applications",
            data=json.dumps(application).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": os.urandom(16).hex()},
        )
        until = time.monotonic() + 180
        while True:
            status, body = self._ask(request)
            if status in (200, 202):
                self.sent.append(str(body["id"]))
                return self.sent[-1]
            assert status in (0, 503), (status, body)
            assert time.monotonic() < until, "no application is accepted"
            time.sleep(0.2)

    def _ask(self, request: urllib.request.Request) -> tuple[int, dict[str, Any]]:
        """Status and body; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except (OSError, ValueError):
            return 0, {}

    def decided(self, ids: Sequence[str]) -> bool:
        """Whether every one of these applications has its answer."""
        return all(self.get(f"/api/v1/applications/{id}")[1].get("status") == "decided" for id in ids)

    def recorded(self) -> list[str]:
        """The ids in history.csv, in its order."""
        with (self.history / "history.csv").open(newline="", encoding="utf-8") as file:
            return [row["APPLICATION_ID"] for row in csv.DictReader(file)]

    def indexed(self) -> int:
        """How many applications are in the index; -1 while it cannot be asked."""
        answer = self.try_compose("exec", "indexer", "creditrisk", "index", "status", "--json")
        return -1 if answer.returncode else int(json.loads(answer.stdout)["applications"])

    def kill(self, service: str) -> None:
        """SIGKILL to the main process of a service's first container, as if it had crashed."""
        container = self.containers(service)[0]
        try:
            os.kill(container["State"]["Pid"], signal.SIGKILL)
        except (
            PermissionError,
            ProcessLookupError,
        ):  # another user's engine: it then takes the kill for a stop
            subprocess.run(["docker", "kill", container["Id"]], check=True, capture_output=True)
            self.compose("start", service)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Built from the checkout and started, as `docker compose up --build` does."""
    made = Stack(free_port(), tmp_path_factory.mktemp("compose") / "history")
    try:
        made.compose("build")
    except AssertionError:
        machine.require("the network")  # the images fetch their packages
        raise
    try:
        made.up()
        yield made
    finally:
        if request.session.testsfailed:
            print(made.compose("logs", "--tail", "40"))
        made.compose("down", "--volumes", "--rmi", "local")


def applications(count: int, seed: int) -> list[dict[str, Any]]:
    return list(synthetic_applicants(count, seed))


def assert_recorded_once(stack: Stack, ids: Sequence[str]) -> None:
    wait_for("every application is decided", lambda: stack.decided(ids))
    rows = [id for id in stack.recorded() if id in set(ids)]
    assert sorted(rows) == sorted(ids)


def assert_indexed(stack: Stack) -> None:
    wait_for("the index has the whole record", lambda: stack.indexed() == len(set(stack.recorded())))
    stack.compose("exec", "indexer", "creditrisk", "index", "check")


def test_a_hundred_applications_are_decided_and_recorded_once(stack: Stack) -> None:
    ids = [stack.send(application) for application in applications(100, seed=1)]
    assert_recorded_once(stack, ids)


def test_the_containers_may_do_little(stack: Stack) -> None:
    for service in SERVICES:
        for container in stack.containers(service):
            host, config = container["HostConfig"], container["Config"]
            assert host["ReadonlyRootfs"], service
            assert host["CapDrop"] == ["ALL"], service
            assert not host["CapAdd"], service
            assert not host["Privileged"], service
            assert host["Memory"] > 0, service
            assert host["PidsLimit"] > 0, service
            assert config["User"].split(":")[0] not in ("", "0", "root"), service
            assert "no-new-privileges:true" in host["SecurityOpt"], service
    passwords = {
        stack.compose("exec", service, "cat", f"/run/secrets/{service}-password")
        for service in ("redis", "database")
    }
    assert [len(password) for password in passwords] == [64, 64]
    known = json.dumps([stack.containers(service) for service in SERVICES])
    assert not [password for password in passwords if password in known], "the engine knows a secret"


def test_redis_answers_nobody_without_its_password(stack: Stack) -> None:
    assert "NOAUTH" in stack.compose("exec", "redis", "redis-cli", "ping")


def test_the_database_answers_nobody_without_its_password_and_the_scorer_not_at_all(stack: Stack) -> None:
    url = "postgresql://creditrisk:wrong@database/creditrisk"
    code = f"import psycopg; psycopg.connect({url!r}, connect_timeout=5)"
    assert "password authentication failed" in stack.try_compose("exec", "form", "python", "-c", code).stderr
    reach = "import socket; socket.create_connection(('database', 5432), 5)"
    stack.compose("exec", "form", "python", "-c", reach)
    assert stack.try_compose("exec", "scorer", "python", "-c", reach).returncode == 1


def test_what_is_recorded_is_found_in_the_index(stack: Stack) -> None:
    ids = [stack.send(application) for application in applications(5, seed=20)]
    assert_recorded_once(stack, ids)
    assert_indexed(stack)
    answer = stack.compose("exec", "indexer", "creditrisk", "index", "search", "--id", ids[2], "--json")
    assert [row["id"] for row in json.loads(answer)["rows"]] == [ids[2]]


def test_the_form_learns_from_the_index_where_an_old_answer_stands(stack: Stack) -> None:
    assert_indexed(stack)
    code = (
        "import json, sys; from creditrisk.settings import Settings; "
        "from creditrisk.history.index_place import IndexPlaces; settings = Settings.from_environment(); "
        "print(json.dumps(IndexPlaces(settings.database_url, settings.history_url).find(sys.argv[1])))"
    )
    for id in stack.recorded()[:3]:
        answer = stack.compose("exec", "form", "with-secrets", "python", "-c", code, id)
        part, offset = json.loads(answer)
        assert (stack.history / part).read_bytes()[offset:].startswith(id.encode())


def test_without_the_database_applications_are_decided_and_indexed_later(stack: Stack) -> None:
    stack.compose("stop", "database")
    ids = [stack.send(application) for application in applications(10, seed=21)]
    assert_recorded_once(stack, ids)
    assert stack.indexed() == -1
    stack.up()
    assert_indexed(stack)


def test_a_killed_indexer_and_a_killed_database_leave_the_index_as_the_record_is(stack: Stack) -> None:
    for number, application in enumerate(applications(60, seed=22)):
        stack.send(application)
        if number in (15, 45):
            stack.kill("indexer")
        if number == 30:
            stack.kill("database")
    assert_recorded_once(stack, stack.sent[-60:])
    assert_indexed(stack)


def test_a_killed_scorer_comes_back_by_itself_and_nothing_is_lost(stack: Stack) -> None:
    before = stack.containers("scorer")[0]["State"]
    ids = []
    for number, application in enumerate(applications(100, seed=2)):
        ids.append(stack.send(application))
        if number in (30, 60):
            stack.kill("scorer")
    assert_recorded_once(stack, ids)
    after = stack.containers("scorer")[0]["State"]
    assert after["Running"]
    assert after["StartedAt"] > before["StartedAt"]


def test_a_restart_of_redis_loses_nothing_that_was_accepted(stack: Stack) -> None:
    ids = [stack.send(application) for application in applications(50, seed=3)]
    stack.compose("restart", "redis")
    ids += [stack.send(application) for application in applications(50, seed=4)]
    assert_recorded_once(stack, ids)


def test_a_killed_redis_loses_nothing_that_was_accepted(stack: Stack) -> None:
    ids = []
    for number, application in enumerate(applications(60, seed=5)):
        ids.append(stack.send(application))
        if number == 30:
            stack.kill("redis")
    assert_recorded_once(stack, ids)


def test_four_scorers_share_the_work(stack: Stack) -> None:
    stack.up("--scale", "scorer=4")
    assert len(stack.containers("scorer")) == 4
    ids = [stack.send(application) for application in applications(100, seed=6)]
    assert_recorded_once(stack, ids)
    stack.up("--scale", "scorer=1")


def test_what_was_accepted_before_a_stop_is_answered_after_the_next_start(stack: Stack) -> None:
    stack.compose("stop", "scorer")
    ids = [stack.send(application) for application in applications(30, seed=7)]
    assert not stack.decided(ids[:1])
    stack.compose("stop")
    stack.up()
    assert_recorded_once(stack, ids)


def test_a_stop_in_the_middle_of_the_traffic_leaves_no_application_unanswered(stack: Stack) -> None:
    before, stopped = len(stack.sent), threading.Event()

    def send(seed: int) -> None:
        """One application after the other, the last of them into the stopped system."""
        for application in synthetic_applicants(100_000, seed):
            last = stopped.is_set()
            stack.send(application)
            if last:
                return

    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(send, seed) for seed in range(90, 94)]
        try:
            wait_for("some are accepted", lambda: len(stack.sent) > before + 20)
            stack.compose("stop")
        finally:
            stopped.set()
        stack.up()
        for future in sending:
            future.result()
    assert_recorded_once(stack, stack.sent[before:])


def test_down_and_up_again_keep_the_history_and_the_answers(stack: Stack) -> None:
    before = stack.recorded()
    stack.compose("down")
    stack.up()
    assert stack.decided(before[-3:])
    ids = [stack.send(application) for application in applications(5, seed=8)]
    assert_recorded_once(stack, ids)
    assert stack.recorded()[: len(before)] == before
    assert_indexed(stack)


def test_another_user_takes_over_an_existing_stack(stack: Stack) -> None:
    before, first = stack.recorded(), stack.owner
    for owner, stopped in ((first + 113, False), (first, True)):
        if stopped:
            stack.compose("stop")
        stack.owner = owner
        stack.up()
        ids = [stack.send(application) for application in applications(5, seed=owner)]
        assert_recorded_once(stack, ids)
        assert stack.decided(before[-3:]), "what another user's Redis had is there"
        assert_indexed(stack)
        for service in SERVICES:
            for container in stack.containers(service):
                assert container["Config"]["User"] == f"{owner}:{owner}"
                assert container["RestartCount"] == 0, f"{service} had to be started again"
        assert {path.stat().st_uid for path in (stack.history, *stack.history.iterdir())} == {owner}
    assert stack.recorded()[: len(before)] == before


@pytest.mark.parametrize("with_words_and_policy", [True, False])
def test_a_lenders_own_portfolio_is_in_the_image_and_nothing_that_lies_beside_it(
    tmp_path: Path, with_words_and_policy: bool
) -> None:
    checkout = tmp_path / "checkout"
    for place in ("cli", "deploy/containers", "functions", "layers", "lifecycle", "requirements", "web"):
        shutil.copytree(ROOT / place, checkout / place)
    for file in (".dockerignore", "docker-compose.yml"):
        shutil.copy(ROOT / file, checkout / file)
    portfolio = small_loans(checkout / "lenders" / "small" / "portfolio")
    (portfolio / "clients.csv").write_text("NAME\nAna\n", encoding="utf-8")
    expected = {"portfolio.toml"}
    if with_words_and_policy:
        (portfolio / "words").mkdir()
        (portfolio / "words" / "es.toml").write_text('title = "Préstamos"\n', encoding="utf-8")
        (portfolio / "policy.toml").write_text('name = "small"\ndeclineFrom = 0.25\n', encoding="utf-8")
        expected |= {"words/es.toml", "policy.toml"}
    lender = Stack(free_port(), tmp_path / "history", checkout=checkout, portfolio="lenders/small/portfolio")
    try:
        lender.compose("build", "form")
        listed = lender.compose(
            "run", "--rm", "--no-deps", "--entrypoint", "find", "form", "layers/portfolio", "-type", "f"
        )
        assert {path.removeprefix("layers/portfolio/") for path in listed.split()} == expected
    finally:
        lender.compose("down", "--volumes")
        subprocess.run(["docker", "image", "rm", f"{lender.project}-form"], capture_output=True)


def test_every_service_calls_itself_healthy(stack: Stack) -> None:
    def healthy() -> bool:
        return all(
            container["State"]["Health"]["Status"] == "healthy"
            for service in SERVICES
            for container in stack.containers(service)
        )

    wait_for("every container is healthy", healthy)


def test_in_the_end_the_history_holds_what_was_accepted_and_nothing_else(stack: Stack) -> None:
    assert sorted(stack.recorded()) == sorted(stack.sent)
    assert_indexed(stack)
    logged = stack.compose("logs", "database", "indexer")
    assert "database system is ready to accept connections" in logged
    assert not [id for id in stack.sent if id in logged]
