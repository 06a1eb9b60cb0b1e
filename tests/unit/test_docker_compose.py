"""docker-compose.yml hands every setting to the containers that heed it, with the default that the README names."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from creditrisk.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEFAULTS = {name: default for name, default, _ in Settings.table()}

SCORERS_ALONE = {"MODEL", "CHALLENGER", "MODEL_PUBLIC_KEY", "THRESHOLD", "BATCH_SIZE", "LEASE_SECONDS"}
SHORTER = {"RESULT_TTL": 86_400, "IDEMPOTENCY_TTL": 604_800}
"""Redis has 512 MB here, so it keeps answers for a day."""
ELSEWHERE = {
    "REDIS_URL": "its own Redis, with a password that it makes",
    "SHARDS": "one Redis, one queue",
    "SHARD": "one Redis, one queue",
    "REPLICAS": "its Redis has none",
    "HISTORY_URL": "a folder of the host: HISTORY",
    "DATABASE_URL": "its own PostgreSQL, with a password that it makes",
    "MODEL_DIR": "the model is in the image: an argument of its build",
    "MODEL_STORE": "versions are kept where the image is built, and no container changes its model",
    "PROMOTION_APPROVALS": "promoted is where the image is built",
    "PORTFOLIO_DIR": "the portfolio is in the image: an argument of its build",
    "POLICY": "the policy is in the image, beside the portfolio's definition",
    "HOST": "the front is published, and the form is not",
    "PORT": "the front's",
    "MAX_SCORERS": "nothing is woken: --scale scorer=4",
    "SCORER_FUNCTION": "nothing is woken",
    "APPENDFSYNC": "an argument of Redis",
}
"""Why a setting is not handed on as it is."""


def environment(service: str) -> dict[str, str]:
    found: dict[str, str] = COMPOSE["services"][service]["environment"]
    return found


def test_every_setting_is_handed_on_or_said_to_be_elsewhere() -> None:
    assert set(DEFAULTS) - set(environment("scorer")) == set(ELSEWHERE) - {"HISTORY_URL"}
    assert set(DEFAULTS) - set(environment("form")) == set(ELSEWHERE) - {"HISTORY_URL"} | SCORERS_ALONE


@pytest.mark.parametrize("name", sorted(set(DEFAULTS) - set(ELSEWHERE)))
def test_a_setting_comes_from_the_shell_with_its_own_default(name: str) -> None:
    for service in ("scorer",) if name in SCORERS_ALONE else ("scorer", "form"):
        found = re.fullmatch(rf"\$\{{{name}:-(.*)\}}", environment(service)[name])
        assert found, f"{service}: {environment(service)[name]}"
        settings = Settings.from_environment({name: found[1]})
        expected = SHORTER.get(name, getattr(Settings(), name.lower()))
        assert getattr(settings, name.lower()) == expected, service


def test_form_and_indexer_know_the_database_and_nobody_else() -> None:
    services = COMPOSE["services"]
    knows = {
        name for name, service in services.items() if "DATABASE_URL_FILE" in service.get("environment", {})
    }
    reaches = {name for name, service in services.items() if "index" in service.get("networks", [])}
    assert knows == {"form", "indexer"}
    assert reaches == knows | {"database"}
    assert COMPOSE["networks"]["index"] == {"internal": True}


def test_the_indexer_heeds_the_logs_level_as_the_others() -> None:
    assert environment("indexer")["LOG_LEVEL"] == environment("form")["LOG_LEVEL"]


def test_redis_writes_as_the_setting_says() -> None:
    assert f"${{APPENDFSYNC:-{DEFAULTS['APPENDFSYNC']}}}" in COMPOSE["services"]["redis"]["command"]


def test_what_else_comes_from_the_shell_is_in_the_documents() -> None:
    documents = README + (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

    def variables(value: Any) -> set[str]:
        return set(re.findall(r"\$\{([A-Z_]+)", yaml.safe_dump(value)))

    of_stack = {name: service for name, service in COMPOSE["services"].items() if "profiles" not in service}
    others = variables(of_stack) - set(DEFAULTS)
    assert len(others) > 4
    assert {name for name in others if not re.search(rf"\b{name}\b", documents)} == set()
