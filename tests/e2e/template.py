"""The compiled CloudFormation template, with no account and no network."""

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from deploy.packages.parts import PARTS

ROOT = Path(__file__).parents[2]
ARTIFACTS = tuple(part.name for part in PARTS)

Compile = Callable[..., dict[str, Any]]


def sls(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the Serverless Framework offline and without credentials."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"SLS_OFFLINE": "1", "AWS_EC2_METADATA_DISABLED": "true", "NODE_NO_WARNINGS": "1"}
    command = [ROOT / "node_modules/.bin/sls", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Zip files in the places of the real packages: a template does not depend on what is in them."""
    folder = tmp_path_factory.mktemp("packages")
    for name in ARTIFACTS:
        path = folder / f"{name}.zip"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("empty", "")
    return folder


@pytest.fixture(scope="session")
def compile_template(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """`sls package` for a stage and parameters; gives the template and leaves its file's path under "path"."""

    @cache
    def compiled(stage: str, *parameters: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("package")
        given = [f"--param={value}" for value in (f"packages={packages}", *parameters)]
        done = sls("package", "--stage", stage, "--package", str(folder), *given)
        assert done.returncode == 0, done.stderr + done.stdout
        path = folder / "cloudformation-template-update-stack.json"
        return json.loads(path.read_text()) | {"path": path}

    return compiled


@pytest.fixture
def prod(compile_template: Compile) -> dict[str, Any]:
    """The resources of stage prod."""
    resources: dict[str, Any] = compile_template("prod")["Resources"]
    return resources


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    """Properties by logical id of the resources of one type."""
    return {name: entry.get("Properties", {}) for name, entry in resources.items() if entry["Type"] == kind}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Every statement of a role's policies."""
    return [entry for policy in role["Policies"] for entry in policy["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:
    """A policy's one or many, as a list."""
    return value if isinstance(value, list) else [value]
