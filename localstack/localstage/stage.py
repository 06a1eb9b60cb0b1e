"""One run of the system on LocalStack: what was started, and what is done with it."""

import json
import platform
import shutil
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from cli.embedded_redis import EmbeddedRedis
from creditrisk.errors import CreditRiskError
from deploy.packages.network import no_network
from localstage.address import REGION, form_address, wait_until_it_answers
from localstage.commands import CommandFailed, end, run
from localstage.database import Database
from localstage.paths import ROOT, Folders
from localstage.server import check_port, server_runs, start_server, stop_server
from localstage.venvs import install

_REDIS_WORDS = "redis-server"


@dataclass(frozen=True)
class Stage:
    """What runs: the processes' ids, LocalStack's port, Redis' URL, and the index' database where there is a PostgreSQL."""

    port: int
    server: int
    redis: int
    redis_url: str
    parameters: list[str] = field(default_factory=list)
    """`--param` values for the Serverless Framework."""
    database: dict[str, Any] | None = None

    @property
    def endpoint(self) -> str:
        """LocalStack's address, for AWS' clients."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to talk to LocalStack as if it were AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "NODE_NO_WARNINGS": "1",
            "REDIS_URL": self.redis_url,
            "DATABASE_URL": self.database["url"] if self.database else "",
            "LAMBDA_PYTHON": python(),
            "LAMBDA_ARCHITECTURE": architecture(),
        }

    @classmethod
    def start(cls, folders: Folders, port: int) -> "Stage":
        """Start LocalStack, and a Redis and a PostgreSQL beside it, from nothing. Raises CommandFailed."""
        if folders.state.exists():
            stage = cls(**json.loads(folders.state.read_text()))
            if server_runs(stage.server):
                return stage
            cls.stop(folders)  # what a power cut left
        check_port(port)  # before minutes are spent on the rest
        install(folders)
        folders.make()
        redis = EmbeddedRedis(folders.redis, stays=True)
        try:
            redis.start()
        except CreditRiskError as error:
            raise CommandFailed(str(error)) from error
        assert redis.process is not None
        database = None
        try:
            database = Database.start()
            server = start_server(folders, port)
        except CommandFailed:
            redis.stop()
            if database:
                database.stop()
            raise
        beside = asdict(database) if database else None
        stage = cls(port, server, redis.process.pid, redis.url, database=beside)
        folders.state.write_text(json.dumps(asdict(stage)))
        return stage

    @classmethod
    def stop(cls, folders: Folders) -> None:
        """Stop what was started and delete what it left."""
        if folders.state.exists():
            stage = cls(**json.loads(folders.state.read_text()))
            stop_server(stage.server)
            end(stage.redis, _REDIS_WORDS)
            if stage.database:
                Database(**stage.database).stop()
        shutil.rmtree(folders.run, ignore_errors=True)

    def serverless(self, *arguments: str, **environment: str) -> None:
        """Run the Serverless Framework against this stage, with further variables. Raises CommandFailed."""
        self._install_serverless()
        run(
            [ROOT / "node_modules" / ".bin" / "sls", *arguments, "--stage", "local"],
            cwd=ROOT,
            environment=self.environment | environment,
        )

    def _install_serverless(self) -> None:
        if not (ROOT / "node_modules" / ".bin" / "sls").exists():
            if not shutil.which("npm"):
                raise CommandFailed("Node.js is not installed: install Node.js 20 with npm.")
            try:
                run(["npm", "ci"], cwd=ROOT, quiet=True)
            except CommandFailed as error:
                if no_network(str(error)):
                    raise CommandFailed(
                        "There is no network: npm installs the Serverless Framework once. Connect, and try again."
                    ) from None
                raise

    def deploy(self, *, package: bool = True, parameters: tuple[str, ...] = ()) -> str:
        """Build the packages for this Python, deploy them, and return the form's address once it answers."""
        if package:
            run(
                [sys.executable, "-m", "deploy.packages", "--python", python(), "--arch", architecture()],
                cwd=ROOT,
            )
        # Milliseconds between two looks at a stack, which is there in a second. Not for removing one: LocalStack tells first
        # that a bucket with something in it cannot be deleted, and then keeps it, as it was to.
        looks = {"SLS_AWS_MONITORING_FREQUENCY": "500"}
        self.serverless("deploy", *(f"--param={value}" for value in parameters), **looks)
        address = form_address(self.environment)
        wait_until_it_answers(address)
        return address


def deployed(folders: Folders) -> Stage:
    """The stage that runs. Raises CommandFailed when none does."""
    if not folders.state.exists():
        raise CommandFailed("No stage runs; start one with: make localstack")
    return Stage(**json.loads(folders.state.read_text()))


def architecture() -> str:
    """This machine's processor, as Lambda names it."""
    return {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


def python() -> str:
    """The version of this Python, as Lambda names it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
