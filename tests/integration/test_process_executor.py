"""LocalStack's Lambda functions as processes: AWS's own runtime client against our Runtime API."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localstage.paths import Folders
from process_executor.child import Child, Exited, TimedOut
from process_executor.environment import function_environment
from process_executor.image import Image
from process_executor.report import Report
from process_executor.runtime_api import InitFailed, Invocation, RuntimeApi

pytestmark = pytest.mark.needs("Lambda's Python")

HANDLER = """
import json, os, time
from shared import WORD
def answer(event, context):
    print("heard", event["say"])
    return {"word": WORD, "event": event, "left": context.get_remaining_time_in_millis(),
            "path": os.environ["PATH"], "secret": os.environ.get("SECRET")}
def fail(event, context):
    raise ValueError("no")
def sleep(event, context):
    time.sleep(60)
def leave(event, context):
    os._exit(3)
"""


@pytest.fixture(scope="module", autouse=True)
def _python() -> Iterator[None]:
    """The Python that stands for Lambda's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMBDA_PROCESS_PYTHON", str(Folders().runtime_venv / "bin" / "python"))
        yield


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Image]:
    code, first, second = (tmp_path / name for name in ("code", "first", "second"))
    for folder, path, text in (
        (code, "handler.py", HANDLER),
        (first, "python/shared.py", "WORD = 'first'"),
        (second, "python/shared.py", "WORD = 'second'"),
    ):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)
    image = Image.acquire("function", code, lambda: [first, second])
    yield image
    image.release()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def start(image: Image, log: Path, handler: str) -> Child:
    api = RuntimeApi()
    environment = function_environment(
        image, "python3.13", api.address, {"AWS_LAMBDA_FUNCTION_NAME": "f", "N": 1}
    )
    return Child(api, handler, image.task, environment, log)


def invocation(seconds: float = 10) -> Invocation:
    event = json.dumps({"say": "hello"}).encode()
    return Invocation(
        str(uuid.uuid4()),
        event,
        "arn:aws:lambda:us-east-1:000000000000:function:f",
        "",
        time.time() + seconds,
    )


def test_the_handler_answers_with_its_layers_its_deadline_and_nothing_of_our_environment(
    image: Image, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "ours")
    child = start(image, log, "handler.answer")
    child.wait_until_ready()
    body, is_error = child.invoke(invocation(10), 10)
    child.kill()
    answer = json.loads(body)
    assert not is_error
    assert answer["word"] == "second", "a later layer overwrites an earlier one"
    assert 5_000 < answer["left"] <= 10_000
    assert answer["secret"] is None
    assert str(image.opt / "bin") in answer["path"]
    assert "heard hello" in log.read_text()


def test_an_exception_is_lambdas_error_and_the_process_goes_on(image: Image, log: Path) -> None:
    child = start(image, log, "handler.fail")
    child.wait_until_ready()
    for _ in range(2):
        body, is_error = child.invoke(invocation(), 10)
        assert is_error
        assert json.loads(body)["errorType"] == "ValueError"
    assert child.alive
    child.kill()


def test_a_handler_that_cannot_be_imported_says_so(image: Image, log: Path) -> None:
    child = start(image, log, "missing.handler")
    with pytest.raises(InitFailed, match="No module named 'missing'"):
        child.wait_until_ready()
    child.kill()


def test_a_time_out_and_an_exit_are_told_apart(image: Image, log: Path) -> None:
    sleeper, leaver = start(image, log, "handler.sleep"), start(image, log, "handler.leave")
    for child in (sleeper, leaver):
        child.wait_until_ready()
    with pytest.raises(TimedOut, match=r"Task timed out after 0\.50 seconds"):
        sleeper.invoke(invocation(0.5), 0.5)
    with pytest.raises(Exited, match="exit status 3"):
        leaver.invoke(invocation(), 10)
    sleeper.kill()
    assert not sleeper.alive
    assert not leaver.alive


REQUEST = str(uuid.uuid4())
REPORT = Report(REQUEST, "$LATEST", 12.3456, 512, 87)


def test_the_platforms_lines_stand_around_what_the_function_wrote() -> None:
    lines = REPORT.around("hello\n").splitlines()
    assert lines[:3] == [f"START RequestId: {REQUEST} Version: $LATEST", "hello", f"END RequestId: {REQUEST}"]
    assert lines[3] == (
        f"REPORT RequestId: {REQUEST}\tDuration: 12.35 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 87 MB\t"
    )


def test_a_cold_start_and_a_time_out_are_told_and_an_unended_line_is_ended() -> None:
    log = replace(REPORT, init=250.0, trouble="Task timed out after 3.00 seconds").around("unended")
    lines = log.splitlines()
    assert lines[1] == "unended"
    assert re.fullmatch(rf"\d{{4}}-\S+Z {REQUEST} Task timed out after 3\.00 seconds", lines[2])
    assert lines[-1].endswith("\tInit Duration: 250.00 ms\t")
    assert log.endswith("\n")


@pytest.mark.parametrize("written", ["", "one\n", "two\nlines", "\n\n", "END of the day\n"])
def test_the_report_is_the_last_line_with_the_parts_that_readers_count_on(written: str) -> None:
    log = REPORT.around(written)
    assert written in log
    parts = log.splitlines()[-1].split("\t")
    assert [part.partition(":")[0] for part in parts[1:5]] == [
        "Duration",
        "Billed Duration",
        "Memory Size",
        "Max Memory Used",
    ]


def test_the_memory_of_a_function_is_told_while_it_lives(image: Image, log: Path) -> None:
    child = start(image, log, "handler.answer")
    child.wait_until_ready()
    assert 5 < child.memory_used() < 1_000
    child.kill()
    assert child.memory_used() == 0


def test_what_is_unpacked_is_shared_and_goes_with_its_last_user(image: Image, tmp_path: Path) -> None:
    other = Image.acquire("function", tmp_path / "code", list)
    assert other is image
    other.release()
    assert image.opt.is_dir()
    alone = Image.acquire("another", tmp_path / "code", list)
    alone.release()
    assert not alone.root.exists()
