"""What an application takes of Redis' memory: by the README's figures its operator chooses memory and times."""

import re
from pathlib import Path

import pytest
from redis import Redis

from creditrisk.intake import Intake
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from models.synthetic import synthetic_applicants

README = (Path(__file__).parents[2] / "README.md").read_text()
COUNT = 400


def taken(redis: Redis) -> int:
    """What all keys take, in bytes. Redis' used memory says the same, and with it the buffers of every connection: one
    that an earlier test left, and that ends in between, would count as memory of answers."""
    return sum(int(redis.memory_usage(key, samples=0) or 0) for key in redis.scan_iter())


def figure(pattern: str) -> float:
    """A number of KB in the README's section about a full Redis."""
    section = README.partition("**When Redis is full**")[2].partition("\n\n")[0]
    found = re.search(pattern.replace("…", r"([\d.]+)"), " ".join(section.split()))
    assert found, pattern
    return float(found[1])


def test_an_answer_and_a_key_take_what_the_readme_reckons_with(
    redis: Redis, settings: Settings, intake: Intake
) -> None:
    redis.config_set("stream-node-max-bytes", 256)  # as Compose and `make run` start it
    assembly = Assembly(settings)  # the real model: an answer's reasons are most of it

    def answer(count: int, seed: int) -> None:
        for number, application in enumerate(synthetic_applicants(count, seed)):
            intake.submit(application, f"key-{seed}-{number}")
        with assembly.drain("test-scorer") as drain:
            while drain.step():
                pass

    answer(100, seed=3)  # what the queue needs once
    before = taken(redis)
    answer(COUNT, seed=4)
    together = (taken(redis) - before) / COUNT / 1000
    (key, *_) = redis.scan_iter("creditrisk:idempotency:*")
    key_alone = redis.memory_usage(key) / 1000
    assembly.queue.redis.close()
    print(f"{together:.2f} KB an answer with its key, {key_alone:.2f} KB the key alone")
    assert key_alone == pytest.approx(figure("… KB a key"), rel=0.3)
    assert together == pytest.approx(figure("… KB an answer") + figure("… KB a key"), rel=0.1)


def test_the_rate_at_which_composes_redis_is_full_follows_from_them() -> None:
    compose = (Path(__file__).parents[2] / "docker-compose.yml").read_text()

    def default(name: str) -> int:
        found = re.search(rf"\$\{{{name}:-(\d+)", compose)
        assert found
        return int(found[1])

    answer, key = figure("… KB an answer"), figure("… KB a key")
    kilobytes = answer * default("RESULT_TTL") + key * default("IDEMPOTENCY_TTL")
    full = default("REDIS_MEMORY") * 1024**2 / 1000 / kilobytes
    assert figure("is full at … applications a second") == pytest.approx(full, rel=0.05)
