"""LocalStack's Lambda functions as processes: AWS's own runtime client against our Runtime API."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_runtime.environment import ExecutionEnvironment
from lambda_runtime.function import Function
from lambda_runtime.report import Report
from localstage.paths import Folders
from process_executor.image import Image

pytestmark = pytest.mark.needs("Lambda's Python")

Start = Callable[..., ExecutionEnvironment]
HANDLER = """
import json, os, time
from shared import WORD
def answer(event, context):
    print("heard", event["say"])
    return {"word": WORD, "left": context.get_remaining_time_in_millis(), "environment": dict(os.environ)}
def fail(event, context):
    raise ValueError(f"no, says {os.getpid()}")
def sleep(event, context):
    time.sleep(60)
def leave(event, context):
    os._exit(3)
"""


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
def start(image: Image, tmp_path: Path) -> Iterator[Start]:
    """Starts an execution environment of a handler, with the variables and the time limit given."""
    with ExitStack() as started:

        def start(handler: str, **given: Any) -> ExecutionEnvironment:
            python = Folders().runtime_venv / "bin" / "python"
            function = Function("f", handler, image.task, image.opt, python, "python3.13", **given)
            return started.enter_context(ExecutionEnvironment(function, tmp_path / "log"))

        yield start


EVENT = {"say": "hello"}


def test_the_handler_answers_with_its_layers_its_deadline_and_nothing_of_our_environment(
    image: Image, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "ours")
    running = start("handler.answer", timeout=10, configured={"N": 1, "AWS_REGION": "eu-south-1"})
    done = running.invoke(EVENT)
    assert not done.error
    assert done.answer["word"] == "second", "a later layer overwrites an earlier one"
    assert 5_000 < done.answer["left"] <= 10_000
    seen = done.answer["environment"]
    assert "SECRET" not in seen
    assert (seen["N"], seen["AWS_REGION"], seen["AWS_LAMBDA_FUNCTION_NAME"]) == ("1", "eu-south-1", "f")
    assert str(image.opt / "bin") in seen["PATH"]
    assert "heard hello" in done.log
    assert running.log == "heard hello\n"


def test_an_exception_is_lambdas_error_and_the_process_goes_on(start: Start) -> None:
    running = start("handler.fail")
    answers = [running.invoke(EVENT) for _ in range(2)]
    for done in answers:
        assert (done.error, done.answer["errorType"]) == (True, "ValueError")
    assert answers[0].answer["errorMessage"] == answers[1].answer["errorMessage"], "of one process"
    assert ["Init Duration" in done.log for done in answers] == [True, False]


def test_a_handler_that_cannot_be_imported_says_so_at_each_invocation(start: Start) -> None:
    running = start("missing.handler")
    for _ in range(2):
        done = running.invoke(EVENT)
        assert (done.error, done.answer["errorType"]) == (True, "Runtime.ImportModuleError")
        assert "No module named 'missing'" in done.answer["errorMessage"]


def test_a_time_out_and_an_exit_are_told_apart_and_the_next_invocation_starts_afresh(start: Start) -> None:
    sleeper, leaver = start("handler.sleep", timeout=0.5), start("handler.leave")
    for _ in range(2):
        for running, kind, said in (
            (sleeper, "Sandbox.Timedout", "Task timed out after 0.50 seconds"),
            (leaver, "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ):
            done = running.invoke(EVENT)
            assert (done.error, done.answer["errorType"]) == (True, kind)
            assert re.fullmatch(rf"RequestId: [0-9a-f-]{{36}} Error: {said}", done.answer["errorMessage"])
            assert said in done.log


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


def test_the_memory_of_a_function_is_told_even_when_its_time_was_out(start: Start) -> None:
    for handler in ("handler.answer", "handler.sleep"):
        log = start(handler, timeout=0.5).invoke(EVENT).log
        (used,) = re.findall(r"Max Memory Used: (\d+) MB", log)
        assert 5 < int(used) < 1_000, handler


def test_a_process_takes_processor_time(start: Start) -> None:
    running = start("handler.answer")
    running.invoke(EVENT)
    assert running.cpu_seconds > 0


def test_what_is_unpacked_is_shared_and_goes_with_its_last_user(image: Image, tmp_path: Path) -> None:
    other = Image.acquire("function", tmp_path / "code", list)
    assert other is image
    other.release()
    assert image.opt.is_dir()
    alone = Image.acquire("another", tmp_path / "code", list)
    alone.release()
    assert not alone.root.exists()
