"""Every setting, read from the environment in one place."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Self

from creditrisk.errors import SettingError
from creditrisk.policy.place import both_said, has_policy, policy_path
from creditrisk.portfolio import active

MODELS = ("lightgbm", "deeplearning")
"""The models that a layer carries; exactly one of them decides."""


def _number(least: float, most: float, kind: type = int) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            what = "a whole number" if kind is int else "a number"
            raise ValueError(f"must be {what} from {least:g} to {most:.10g}")
        return value

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of: {', '.join(c if c else repr(c) for c in choices)}")
        return text

    return read


def _redis_url(text: str) -> str:
    schemes = ("redis://", "rediss://", "redis+cluster://", "rediss+cluster://", "unix://")
    if not text.startswith(schemes):
        raise ValueError(
            "must begin with redis://, rediss:// (TLS), redis+cluster://, rediss+cluster:// or unix://"
        )
    return text


def _database_url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise ValueError("must begin with postgresql:// or sqlite:///")
    return text


def history_address(text: str) -> str:
    """The address of a history, as it is. Raises ValueError, saying what it must be, when it is none."""
    scheme, found, place = text.partition("://")
    if found and (scheme != "s3" or not place.partition("/")[0]):
        raise ValueError("must be a folder or s3://bucket/prefix")
    return text


def _setting(default: Any, help: str, read: Callable[[str], Any] = str) -> Any:
    return field(default=default, metadata={"help": help, "read": read})


@cache
def _model_dir() -> Path:
    """Beside `python/` where layers are unpacked (/opt on Lambda), else the layer's folder in the checkout."""
    deployed = Path(__file__).parents[2] / "pickles"
    return deployed if deployed.is_dir() else Path(__file__).parents[3] / "model" / "pickles"


@dataclass(frozen=True)
class Settings:
    """The system's settings; each is the environment variable of the same name in upper case."""

    redis_url: str = _setting(
        "redis://localhost:6379/0",
        "Redis: redis://, rediss:// (TLS) or unix://; a cluster: redis+cluster:// or rediss+cluster:// with one of its nodes",
        _redis_url,
    )
    shards: int = _setting(
        1,
        "parts of the queue, spread over a cluster's nodes; MAX_SCORERS and MAX_QUEUE hold for each",
        _number(1, 256),
    )
    shard: int | None = _setting(
        None, "the one part that this `creditrisk worker` serves, from 0; empty: all in turn", _number(0, 255)
    )
    replicas: int = _setting(
        0,
        "replicas of Redis that must have an application before it is accepted, too few in time: 503; and a claim before it is scored",
        _number(0, 5),
    )
    history_url: str = _setting(
        "data/history", "where decisions are recorded: a folder, or s3://bucket/prefix", history_address
    )
    database_url: str = _setting(
        "",
        "where the index of the history is kept: postgresql://…, or sqlite:///FILE; empty: index.sqlite beside it",
        _database_url,
    )
    model: str = _setting("lightgbm", "the one active model: lightgbm or deeplearning", _one_of(*MODELS))
    challenger: str = _setting(
        "", "a model that scores beside the active one and decides nothing", _one_of("", *MODELS)
    )
    model_dir: Path | None = _setting(  # noqa: RUF009
        None, "folder of the model's files (default: the layer, else the checkout)", Path
    )
    portfolio_dir: Path | None = _setting(  # noqa: RUF009
        None, "folder of the portfolio's definition (default: the layer, else the checkout)", Path
    )
    model_public_key: str = _setting(
        "", "minisign's public key (its text or its file): only a model that it signed is served; empty: any"
    )
    model_store: str = _setting(
        "data/models",
        "folder where every version of the model is kept; `model history` lists them",
    )
    promotion_approvals: int = _setting(
        1, "persons that a promotion needs: with 2, another one than who proposes it confirms", _number(1, 2)
    )
    threshold: float = _setting(
        0.5,
        "probability of default from which an application is declined; when not set, what the portfolio says (declineFrom)",
        _number(0, 1, float),
    )
    policy: Path | None = _setting(  # noqa: RUF009
        None,
        "file of the policy (default: policy.toml beside the portfolio's definition, if there is one); not with THRESHOLD",
        Path,
    )
    port: int = _setting(8080, "port of the form", _number(1, 65_535))
    host: str = _setting("127.0.0.1", "address that the form listens on")
    wait_seconds: float = _setting(
        3.0, "how long the form waits for an answer before it shows a pending page", _number(0, 25, float)
    )
    batch_size: int = _setting(256, "most applications that a scorer claims at once", _number(1, 1_000))
    max_queue: int = _setting(
        100_000, "waiting applications past which the form answers 503", _number(1, 10_000_000)
    )
    max_scorers: int = _setting(4, "most scorer functions that the form wakes", _number(1, 1_000))
    scorer_function: str = _setting(
        "", "name of the scorer's Lambda function, which the form wakes; empty: none to wake"
    )
    lease_seconds: float = _setting(
        4.0,
        "a scorer silent for this long is dead, and its applications are taken up again",
        _number(1, 300, float),
    )
    result_ttl: int = _setting(
        604_800,
        "seconds that an answer stays in Redis; afterwards the history has it",
        _number(60, 31_536_000),
    )
    failed_ttl: int = _setting(
        2_592_000,
        "seconds that an application which cannot be scored is kept for `creditrisk queue`; then it is deleted",
        _number(60, 31_536_000),
    )
    idempotency_ttl: int = _setting(
        2_592_000,
        "seconds for which the same Idempotency-Key (or form) gives the first answer; RESULT_TTL at least",
        _number(60, 31_536_000),
    )
    appendfsync: str = _setting(
        "always",
        "embedded Redis: always (accepted survives a power cut) or everysec (faster; a power cut loses 1 s)",
        _one_of("always", "everysec"),
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR", _one_of("DEBUG", "INFO", "WARNING", "ERROR"))  # fmt: skip

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings; an empty variable is one that is not set. Raises SettingError naming the first bad one."""
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for entry in fields(cls):
            text = source.get(entry.name.upper(), "").strip()
            if not text:
                continue
            try:
                values[entry.name] = entry.metadata["read"](text)
            except ValueError as error:
                shown = re.sub(r"//[^/]*@", "//…@", text)  # a password in a URL is nobody's business
                raise SettingError(f"{entry.name.upper()} {error}, not {shown!r}.") from None
        if "threshold" in values and has_policy(values.get("policy")):
            raise SettingError(both_said(policy_path(values.get("policy"))))
        if "threshold" not in values:
            values["threshold"] = active().policy.decline_from
        settings = cls(**values)
        if settings.challenger == settings.model:
            raise SettingError(
                f"CHALLENGER must differ from MODEL ({settings.model}); leave it empty for none."
            )
        if settings.shard is not None and settings.shard >= settings.shards:
            raise SettingError(
                f"SHARD must be below SHARDS ({settings.shards}), not {settings.shard}: the first is 0."
            )
        return settings

    @property
    def model_folder(self) -> Path:
        """The folder that the model is loaded from."""
        return self.model_dir or _model_dir()

    @classmethod
    def table(cls) -> list[tuple[str, str, str]]:
        """(variable, default, help) of each setting, for --help and the README."""
        return [
            (entry.name.upper(), "" if entry.default is None else str(entry.default), entry.metadata["help"])
            for entry in fields(cls)
        ]
