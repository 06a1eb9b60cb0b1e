"""A PostgreSQL beside LocalStack, for the index, where this machine has one: what RDS is on AWS."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.embedded_redis import free_port
from localstage.commands import CommandFailed, end

USER = "postgres"
"""Who runs it where we are root, whom it refuses: the user that the system's package makes."""
_WORDS = "postgres"
_SECONDS = 60


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; distributions keep those of servers off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).parent if there else None


@dataclass(frozen=True)
class Database:
    """A server that runs: its process, its folder, and what DATABASE_URL says of it."""

    process: int
    folder: str
    url: str

    @classmethod
    def start(cls) -> "Database | None":
        """Start one with nothing in it, on loopback and under a password; None where there is no PostgreSQL. Raises
        CommandFailed."""
        found = programs()
        if found is None:
            return None
        folder = Path(tempfile.mkdtemp(prefix="creditrisk-postgres-"))
        try:
            return cls._start(found, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @classmethod
    def _start(cls, found: Path, folder: Path) -> "Database":
        password, port = secrets.token_urlsafe(24), free_port()
        told = folder / "password"
        told.write_text(password)
        options: dict[str, Any] = {"cwd": "/", "stdin": subprocess.DEVNULL}
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            for path in (folder, told):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            options |= {"user": USER, "group": USER, "extra_groups": []}
        data = folder / "data"
        make = (
            "-D",
            str(data),
            "-U",
            "creditrisk",
            "-A",
            "scram-sha-256",
            f"--pwfile={told}",
            "-E",
            "UTF8",
            "-N",
        )
        made = subprocess.run([found / "initdb", *make], capture_output=True, text=True, **options)
        if made.returncode:
            raise CommandFailed(f"PostgreSQL's files cannot be made: {(made.stderr or made.stdout).strip()}")
        told.unlink()
        with (folder / "log").open("ab") as log:
            server = subprocess.Popen(
                [found / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1"],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **options,
            )
        deadline = time.monotonic() + _SECONDS
        while not _answers(found, port):
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise CommandFailed(
                    f"PostgreSQL does not start: {(folder / 'log').read_text()[-300:].strip()}"
                )
            time.sleep(0.05)
        return cls(server.pid, str(folder), f"postgresql://creditrisk:{password}@127.0.0.1:{port}/postgres")

    def stop(self) -> None:
        """End it, and delete what it kept."""
        end(self.process, _WORDS)
        shutil.rmtree(self.folder, ignore_errors=True)


def _answers(found: Path, port: int) -> bool:
    asked: list[str] = [str(found / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(asked, capture_output=True).returncode == 0
