"""The suite on machines that lack something: green, with a line for each skip that says how to get it.

A fresh copy of the checkout, a PATH without some programs and with broken ones in their place, and no network.
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.packages import network
from deploy.packages.network import no_network
from tests.fresh import fresh_copy
from tests.machine import ROOT

pytestmark = pytest.mark.timeout(900)

NOWHERE = "http://127.0.0.1:1/"
OFFLINE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": NOWHERE,
    "PIP_RETRIES": "1",
    "PIP_NO_CACHE_DIR": "1",
    "npm_config_registry": NOWHERE,
    "npm_config_fetch_retries": "0",
}
TOOLS = ("docker", "chromium", "chromedriver", "node", "npm", "curl")


def fails(said: str) -> str:
    """A program that only complains."""
    return f"echo '{said}' >&2; exit 1"


NO_ENGINE = fails("Cannot connect to the Docker daemon")
NO_COMPOSE = f'[ "$1" = info ] || {{ {fails("docker: unknown command: docker compose")}; }}'
NO_IMAGES = f"""case "$1 $2" in
"info "*|"compose version") ;;
"compose config") echo '{{"services": {{"redis": {{"image": "redis:7"}}}}}}' ;;
*) {fails("dial tcp: lookup registry-1.docker.io: no such host")} ;;
esac"""
NO_PAGE = f'[ "$1" = --version ] || {{ {fails("cannot open shared object file")}; }}'
NO_REGISTRY = fails("npm error network request to the registry failed")
NODE = f'exec {shutil.which("node") or "false"} "$@"'
OLD_NODE = "exit 1"  # it is asked whether it is 20 or later


@dataclass(frozen=True)
class Machine:
    """Which programs are there in another form (by script) or not at all, and what the skips of each file then say."""

    programs: Mapping[str, str]
    says: Mapping[str, str]


BROWSER, COMPOSE, INVOKE = "tests.e2e.test_browser", "tests.e2e.test_compose", "tests.e2e.test_sls_invoke"
MACHINES = {
    "nothing": Machine(
        {},
        {
            COMPOSE: "install a Docker engine with Compose v2",
            BROWSER: "install Debian's chromium and chromium-driver (there is no chromium)",
            INVOKE: "install Node.js 20 with npm (there is no node)",
            "tests.e2e.test_template": "install Node.js 20",
            "tests.e2e.test_template_network": "install Node.js 20",
            "tests.e2e.test_localstack": "install Node.js 20",
            "tests.e2e.test_deploy_docs": "install curl",
            "tests.e2e.test_packages": "There is no network",
            "tests.integration.test_lambda_runtime": "There is no network",
        },
    ),
    "halves": Machine(
        {"docker": NO_ENGINE, "chromium": "exit 0", "node": NODE, "npm": NO_REGISTRY},
        {
            COMPOSE: "start a Docker engine and set DOCKER_HOST (Cannot connect to the Docker daemon)",
            BROWSER: "there is no chromedriver",
            INVOKE: "run npm ci where the network is (npm error network",
        },
    ),
    "other halves": Machine(
        {"docker": NO_COMPOSE, "chromium": "exit 0", "chromedriver": "exit 127", "node": OLD_NODE, "npm": ""},
        {
            COMPOSE: "install the Compose plug-in of Docker (docker: unknown command",
            BROWSER: "chromedriver does not start",
            INVOKE: "node is older",
        },
    ),
    "wholes that do nothing": Machine(
        {"docker": NO_IMAGES, "chromium": NO_PAGE, "chromedriver": NO_PAGE, "node": NODE},
        {
            COMPOSE: "(dial tcp: lookup registry-1.docker.io: no such host)",
            BROWSER: "no page opens",
            INVOKE: "there is no npm",
        },
    ),
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout without anything that was ever installed or built in it."""
    return fresh_copy(tmp_path_factory.mktemp("clone") / "project")


def path_with(programs: Mapping[str, str], folder: Path) -> str:
    """A PATH with all of this machine's programs but TOOLS, and with these scripts."""
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    for place in filter(os.path.isdir, os.environ["PATH"].split(os.pathsep)):
        for program in os.scandir(place):
            if program.name not in TOOLS and not os.path.lexists(folder / program.name):
                (folder / program.name).symlink_to(program.path)
    return str(folder)


def environment_of(variables: Mapping[str, str]) -> dict[str, str]:
    """These variables where there is no network, and nothing else of ours."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PYENV_ROOT") if name in os.environ}
    return kept | OFFLINE | variables


def run(clone: Path, path: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The suite, or a part of it."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=clone,
        env=environment_of({"PATH": path, **environment}),
        capture_output=True,
        text=True,
    )


def outcomes(report: Path) -> list[tuple[str, str]]:
    """Of each test: its module, and why it was skipped ("" when it was not)."""
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        skipped = case.find("skipped")
        found.append((case.attrib["classname"], "" if skipped is None else skipped.attrib["message"]))
    return found


def files_of(modules: Sequence[str]) -> list[str]:
    return [f"{module.replace('.', '/')}.py" for module in modules]


@pytest.mark.parametrize("name", MACHINES)
def test_what_a_machine_lacks_is_skipped_with_a_line(name: str, clone: Path, tmp_path: Path) -> None:
    machine, report = MACHINES[name], tmp_path / "report.xml"
    if "node" in machine.programs and not shutil.which("node"):
        machine = Machine(machine.programs, {module: machine.says[module] for module in (COMPOSE, BROWSER)})
    path = path_with(machine.programs, tmp_path / "bin")
    done = run(clone, path, f"--junitxml={report}", *files_of(list(machine.says)))
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr
    found = outcomes(report)
    assert {module for module, _ in found} == set(machine.says)
    for module, reason in found:
        assert machine.says[module] in reason, module
        assert reason in done.stdout, "the line stands in the summary"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["make", "run"], "There is no network: Python's package index cannot be reached."),
        (["make", "setup"], "There is no network: Python's package index cannot be reached."),
        ([sys.executable, "-m", "deploy.packages"], "packages: There is no network, and not every wheel"),
        (
            [sys.executable, "-m", "localstage", "up"],
            "localstack: There is no network: .localstack/server is",
        ),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else "",
)
@pytest.mark.needs("make")
def test_a_fresh_checkout_without_the_network_says_so_in_one_sentence(
    command: list[str], said: str, clone: Path, tmp_path: Path
) -> None:
    environment = {"PATH": path_with({}, tmp_path / "bin"), "PYTHONPATH": "localstack"}
    done = subprocess.run(command, cwd=clone, env=environment_of(environment), capture_output=True, text=True)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(said)


def test_what_is_no_want_of_a_network_is_told_in_pips_own_words(clone: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(f"pip==0.0 --hash=sha256:{'0' * 64}\n")
    done = subprocess.run(
        [clone / "requirements/install", sys.executable, "--no-index", "--require-hashes", "-r", wrong],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "No matching distribution found for pip==0.0" in done.stderr
    assert "There is no network" not in done.stderr


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Retrying … after connection broken by 'NewConnectionError(Connection refused)'", True),
        ("Retrying … after connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool\")'", True),
        ("Retrying … 'ProxyError('Cannot connect to proxy.', RemoteDisconnected())'", True),
        ("npm error code ENOTFOUND", True),
        ("npm error network request failed, reason: connect ECONNREFUSED 127.0.0.1:1", True),
        ("ERROR: No matching distribution found for flask==99", False),
        ("NewConnectionError … THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", False),
        ('SSLError(CertificateError("hostname doesn\'t match"))', False),
    ],
)
def test_the_want_of_a_network_is_told_from_other_troubles(said: str, expected: bool) -> None:
    assert no_network(said) is expected
    pattern = re.search(r"grep -qE '([^']+)'", (ROOT / "requirements/install").read_text())
    assert pattern
    assert set(pattern[1].split("|")) == set(network._PIP.split("|")), (
        "pip's words are the same in both places"
    )


def test_a_machine_without_anything_collects_every_test_and_strict_takes_no_skip(
    clone: Path, tmp_path: Path
) -> None:
    path = path_with({}, tmp_path / "bin")
    collected = run(clone, path, "--collect-only", "tests")
    assert collected.returncode == 0, collected.stdout[-3_000:]
    strict = run(clone, path, *files_of([COMPOSE]), STRICT="1")
    assert strict.returncode == 1
    assert "install a Docker engine" in strict.stdout
    assert "skipped" not in strict.stdout.splitlines()[-1]


def test_a_machine_without_a_redis_skips_what_needs_one(clone: Path, tmp_path: Path) -> None:
    shadow = (
        tmp_path / "shadow"
    )  # Python reads sitecustomize at its start: the wheel's server is looked for elsewhere
    shadow.mkdir()
    (shadow / "sitecustomize.py").write_text(f"import sys\nsys.prefix = {str(shadow)!r}\n")
    path = path_with({}, tmp_path / "bin")
    for program in ("redis-server", "valkey-server"):
        Path(path, program).unlink(missing_ok=True)
    report = tmp_path / "report.xml"
    files = ("integration/test_embedded_redis", "integration/test_recovery", "e2e/chaos/test_chaos")
    done = run(
        clone,
        path,
        f"--junitxml={report}",
        *(f"tests/{name}.py" for name in files),
        PYTHONPATH=str(shadow),
    )
    assert done.returncode == 0, done.stdout[-3_000:]
    reasons = [reason for _, reason in outcomes(report) if reason]
    assert len(reasons) > len(files)
    (reason,) = set(reasons)
    assert "this test needs redis-server: No redis-server of version 7 or later is installed" in reason
