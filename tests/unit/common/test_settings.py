"""Settings: from the environment, each with a default, and a clear error."""

from dataclasses import fields
from pathlib import Path

import pytest

from creditrisk.errors import SettingError
from creditrisk.settings import Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.model, settings.threshold, settings.wait_seconds) == ("lightgbm", 0.5, 3.0)


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert Settings.from_environment({"THRESHOLD": "", "REDIS_URL": "  "}) == Settings()


def test_each_setting_is_read_from_the_variable_of_its_name() -> None:
    settings = Settings.from_environment(
        {"REDIS_URL": "rediss://cache:6380/1", "HISTORY_URL": "s3://bucket/prefix", "MODEL": "deeplearning"}
        | {
            "MODEL_DIR": "/models",
            "THRESHOLD": "0.35",
            "PORT": "80",
            "BATCH_SIZE": "128",
            "CHALLENGER": "lightgbm",
        }
    )
    assert settings.redis_url == "rediss://cache:6380/1"
    assert settings.history_url == "s3://bucket/prefix"
    assert (settings.model, settings.challenger) == ("deeplearning", "lightgbm")
    assert settings.model_folder == Path("/models")
    assert (settings.threshold, settings.port, settings.batch_size) == (0.35, 80, 128)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("MODEL", "xgboost", "must be one of: lightgbm, deeplearning"),
        ("THRESHOLD", "1.5", "from 0 to 1"),
        ("THRESHOLD", "nan", "from 0 to 1"),
        ("THRESHOLD", "half", "a number"),
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "80.5", "whole number"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("HISTORY_URL", "https://bucket", "s3://"),
        ("HISTORY_URL", "sftp://host/folder", "s3://bucket/prefix"),
        ("HISTORY_URL", "s3://", "s3://bucket/prefix"),
        ("HISTORY_URL", "s3:///prefix", "s3://bucket/prefix"),
        ("APPENDFSYNC", "no", "always"),
        ("LOG_LEVEL", "LOUD", "DEBUG"),
        ("LEASE_SECONDS", "0", "from 1"),
        ("BATCH_SIZE", "0", "from 1"),
    ],
)
def test_a_bad_value_is_named_with_what_it_must_be(name: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence) as caught:
        Settings.from_environment({name: text})
    assert str(caught.value).startswith(name)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("SHARDS", 1, 256),
        ("SHARD", 0, 255),
        ("REPLICAS", 0, 5),
        ("THRESHOLD", 0, 1),
        ("PORT", 1, 65_535),
        ("WAIT_SECONDS", 0, 25),
        ("BATCH_SIZE", 1, 1_000),
        ("MAX_QUEUE", 1, 10_000_000),
        ("MAX_SCORERS", 1, 1_000),
        ("LEASE_SECONDS", 1, 300),
        ("RESULT_TTL", 60, 31_536_000),
        ("FAILED_TTL", 60, 31_536_000),
        ("IDEMPOTENCY_TTL", 60, 31_536_000),
    ],
)
def test_a_number_is_taken_from_its_least_to_its_most_and_not_beyond(
    name: str, least: int, most: int
) -> None:
    for value in (least, most):
        settings = Settings.from_environment({"SHARDS": "256"} | {name: str(value)})
        assert getattr(settings, name.lower()) == value
    for beyond in (least - 1, most + 1):
        with pytest.raises(SettingError, match=f"^{name} .* from {least} to {most}, not '{beyond}'"):
            Settings.from_environment({name: str(beyond)})


def test_a_challenger_is_not_the_model_itself() -> None:
    with pytest.raises(SettingError, match="CHALLENGER"):
        Settings.from_environment({"CHALLENGER": "lightgbm"})


def test_every_setting_has_its_line_of_help_and_its_default_can_be_read_back() -> None:
    table = Settings.table()
    assert [name for name, _, _ in table] == [entry.name.upper() for entry in fields(Settings)]
    assert all(help for _, _, help in table)
    assert Settings.from_environment({name: default for name, default, _ in table}) == Settings()


def test_a_password_in_a_bad_redis_url_is_not_shown() -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_environment({"REDIS_URL": "http://:hunter2@cache:6379"})
    assert "hunter2" not in str(caught.value)
