"""What tests need of the machine they run on, and the sentence for whoever lacks it.

A need is looked for once by each process of a run, by using it: that a program lies on the PATH does not say that it
works. What can be installed into the checkout is, where the network allows it, by one process at a time.
"""

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from cli.embedded_redis import find_redis_server
from cli.errors import NoRedisServer
from deploy.packages.builder import Builder
from deploy.packages.errors import WheelsUnavailable
from deploy.packages.parts import PARTS
from deploy.packages.unpacked import runnable_target
from localstage import venvs
from localstage.commands import CommandFailed
from localstage.paths import Folders
from tests import postgres

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "pakdd2010" / "modeling.txt.gz"
PORTFOLIOS = ROOT.parent / "shared" / "data" / "portfolios"
CHECKOV = ROOT / ".localstack" / "checkov"
CLIENTS = ROOT / ".localstack" / "openapi-client"
CYCLONEDX = ROOT / ".localstack" / "cyclonedx"
COMPOSE_1 = ROOT / ".localstack" / "docker-compose-1"
SLS = ROOT / "node_modules" / ".bin" / "sls"
RUNTIME = ROOT / "localstack" / "runtime.txt"
_SECONDS = 60.0
"""How long a program may take to say that it is there; one that hangs is of no use."""


class Lacking(Exception):
    """This machine lacks what the test needs; the text says what, and how to get it."""


def require(what: str) -> None:
    """Raises Lacking, which skips the test (STRICT=1: fails it)."""
    if reason := lacking(what):
        raise Lacking(reason)


@cache
def lacking(what: str) -> str:
    """Why `what` is of no use here, and what to do about it; empty when it works."""
    reason = _CHECKS[what]() if what in _CHECKS else _program(what)
    return f"this test needs {what}: {reason}" if reason else ""


def _program(name: str) -> str:
    return "" if shutil.which(name) else f"install {name}"


def _fails(command: Sequence[str | Path], seconds: float = _SECONDS) -> str:
    """The last line of what a program complains of; empty when it ends well."""
    try:
        done = subprocess.run(
            list(map(str, command)),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"it does not answer within {seconds:.0f} s"
    except OSError as error:
        return str(error.strerror)
    if done.returncode == 0:
        return ""
    said = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()
    return said[-1].strip()


@contextmanager
def _installing(pins: Path) -> Iterator[None]:
    """No other process installs what this file pins while the block runs; whoever came second finds it there."""
    with pins.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# -- Docker


def _docker() -> str:
    if not shutil.which("docker"):
        return "install a Docker engine with Compose v2"
    if complaint := _fails(["docker", "info", "--format", "{{.ServerVersion}}"]):
        return f"start a Docker engine and set DOCKER_HOST ({complaint})"
    if complaint := _fails(["docker", "compose", "version"]):
        return f"install the Compose plug-in of Docker ({complaint})"
    for image in _base_images():
        if _fails(["docker", "image", "inspect", image]) and (
            complaint := _fails(["docker", "pull", "--quiet", image], 600)
        ):
            return f"pull {image}, on which the images stand ({complaint})"
    return ""


_STANDS_ON = ("PYTHON_IMAGE", "FRONT_IMAGE")
"""Arguments of a build that name an image."""


def _base_images() -> list[str]:
    """What docker-compose.yml and its Dockerfile start from, as set here; the profile for LocalStack is not tested."""
    done = subprocess.run(
        ["docker", "compose", "config", "--format", "json"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        return []  # the test that brings it up says what is wrong with it
    images = set()
    for service in json.loads(done.stdout)["services"].values():
        build = service.get("build", {})
        stands_on = {value for name, value in build.get("args", {}).items() if name in _STANDS_ON}
        images |= stands_on if build else {service["image"]}
    return sorted(images)


# -- a browser


def _chromium() -> str:
    advice = "install Debian's chromium and chromium-driver"
    for name in ("chromium", "chromedriver"):
        if not shutil.which(name):
            return f"{advice} (there is no {name})"
        if complaint := _fails([name, "--version"]):
            return f"{advice} ({name} does not start: {complaint})"
    try:
        open_chromium().quit()
    except WebDriverException as error:
        return f"{advice} of one version (no page opens: {(error.msg or '').splitlines()[0]})"
    return ""


def open_chromium(*flags: str, preferences: Mapping[str, object] | None = None) -> Chrome:
    """A headless Chromium, driven by selenium. The caller quits it."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run", *flags):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if preferences:
        options.add_experimental_option("prefs", dict(preferences))
    return Chrome(options=options, service=Service(shutil.which("chromedriver") or ""))


# -- the Serverless Framework


def _node() -> str:
    advice = "install Node.js 20 with npm"
    for name in ("node", "npm"):
        if not shutil.which(name):
            return f"{advice} (there is no {name})"
    script = "process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)"
    return f"{advice} (node is older, or does not start)" if _fails(["node", "-e", script]) else ""


def _sls() -> str:
    if reason := _node():
        return reason
    with _installing(ROOT / "package-lock.json"):
        if not _fails([SLS, "--version"]):
            return ""
        npm = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--fetch-retries=1"]
        if complaint := _fails(npm, 600):
            return f"run npm ci where the network is ({complaint})"
        return _fails([SLS, "--version"])


def _npm_registry() -> str:
    if reason := _node():
        return reason
    complaint = _fails(["npm", "view", "osls@4.3.1", "version", "--fetch-retries=1"])
    return f"npm needs the network ({complaint})" if complaint else ""


# -- what Python's own installer fetches


def _venv(install: Callable[[], None], pins: Path) -> Callable[[], str]:
    def check() -> str:
        try:
            with _installing(pins):
                install()
        except (CommandFailed, OSError) as error:
            return str(error).splitlines()[-1]
        return ""

    return check


def _tool(folder: Path, pins: Path) -> Callable[[], str]:
    """A program of Python's in a virtual environment of its own."""
    return _venv(lambda: venvs.make_venv(folder, pins), pins)


def _network() -> str:
    with TemporaryDirectory() as folder:
        wanted = f"iniconfig=={version('iniconfig')}"  # small, and here already
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-cache-dir",
            "--retries=1",
        ]
        complaint = _fails([*pip, "--dest", folder, wanted], 120)
    return f"pip reaches no package index ({complaint})" if complaint else ""


def _wheels() -> str:
    builder = Builder(ROOT, ROOT / "build", runnable_target())
    try:
        with _installing(ROOT / "requirements" / "local.txt"):
            for part in PARTS:
                builder.fetch(part)
    except WheelsUnavailable as error:
        return str(error)
    return ""


# -- the rest


def _postgres() -> str:
    folder = postgres.programs()
    advice = "install PostgreSQL's server (Debian: apt install postgresql)"
    return _fails([folder / "postgres", "--version"]) if folder else advice


def _redis_server() -> str:
    try:
        find_redis_server()
    except NoRedisServer as error:
        return str(error)
    return ""


_CHECKS: dict[str, Callable[[], str]] = {
    "docker": _docker,
    "chromium": _chromium,
    "sls": _sls,
    "npm's registry": _npm_registry,
    "LocalStack": _venv(lambda: venvs.install(Folders()), RUNTIME),
    "Lambda's Python": _venv(lambda: venvs.install_runtime(Folders()), RUNTIME),
    "checkov": _tool(CHECKOV, ROOT / "deploy" / "resources" / "checkov.txt"),
    "the network": _network,
    "CycloneDX's schema": _tool(CYCLONEDX, ROOT / "tests" / "e2e" / "cyclonedx.txt"),
    "openapi-python-client": _tool(CLIENTS, ROOT / "tests" / "e2e" / "openapi-client.txt"),
    "docker-compose 1": _tool(COMPOSE_1, ROOT / "tests" / "e2e" / "docker-compose-1.txt"),
    "wheels": _wheels,
    "redis-server": _redis_server,
    "PostgreSQL": _postgres,
    "linux": lambda: "" if sys.platform == "linux" else "it is about Linux",
    "the PAKDD 2010 file": lambda: "" if DATA.exists() else f"put the modelling file at {DATA}",
    "other lenders' files": lambda: "" if PORTFOLIOS.is_dir() else f"put german-credit.csv in {PORTFOLIOS}",
}
"""What is more than a program on the PATH."""
