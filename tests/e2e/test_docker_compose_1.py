"""docker-compose.yml as docker-compose 1.29 reads it, which many hosts still have. It needs no engine for that."""

import os
import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.machine import COMPOSE_1, ROOT

pytestmark = pytest.mark.needs("docker-compose 1")


def config(**environment: str) -> dict[str, Any]:
    """The file as it is understood."""
    done = subprocess.run(
        [COMPOSE_1 / "bin" / "docker-compose", "--file", "docker-compose.yml", "config"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    understood: dict[str, Any] = yaml.safe_load(done.stdout)
    return understood


def test_it_is_accepted_with_its_limits_and_its_order_of_starting() -> None:
    services = config()["services"]
    for name in ("redis", "form", "front", "scorer", "database", "indexer"):
        service = services[name]
        assert service["mem_limit"] and service["cpus"] and service["pids_limit"], (
            name
        )  # it heeds no `deploy`
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["healthcheck"]["test"], name
    assert services["redis"]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"
    assert services["form"]["depends_on"]["redis"]["condition"] == "service_healthy"


def test_images_are_pinned_by_three_variables() -> None:
    pinned = {
        "REDIS_IMAGE": f"redis@sha256:{'1' * 64}",
        "PYTHON_IMAGE": f"python:3.11-slim-bookworm@sha256:{'2' * 64}",
        "FRONT_IMAGE": f"debian:bookworm-slim@sha256:{'3' * 64}",
    }
    services = config(**pinned)["services"]
    assert {services[name]["image"] for name in ("prepare", "redis")} == {pinned["REDIS_IMAGE"]}
    for name in ("form", "scorer", "indexer"):
        assert services[name]["build"]["args"]["PYTHON_IMAGE"] == pinned["PYTHON_IMAGE"]
    for name in ("front", "database"):
        assert services[name]["build"]["args"]["FRONT_IMAGE"] == pinned["FRONT_IMAGE"]
    dockerfile = (ROOT / "deploy/containers/Dockerfile").read_text()
    assert re.findall(r"^FROM (?!base)(\S+)", dockerfile, re.MULTILINE) == [
        "${PYTHON_IMAGE}",
        "${FRONT_IMAGE}",
        "${FRONT_IMAGE}",
    ]
