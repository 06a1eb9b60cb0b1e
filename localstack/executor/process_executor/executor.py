"""LocalStack's hook: one execution environment of one function version."""

import json
import threading
import time
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from localstack import config
from process_executor.child import Child, Exited, TimedOut
from process_executor.environment import function_environment
from process_executor.image import Image
from process_executor.report import Report
from process_executor.runtime_api import InitFailed, Invocation, RuntimeApi

GRACE_SECONDS = 10.0
"""How long a version that is replaced may go on with what it is doing; on AWS, it may end it."""


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    """Starts the function in a child process and hands it invocations, one at a time.

    A function that cannot be loaded, that runs out of time or whose process ends is started afresh by its next
    invocation, which then reports the error, with the log, as AWS does.
    """

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._folder = Path(mkdtemp(prefix="lambda-log-"))
        self._log = self._folder / "log"
        self._log.touch()
        self._image: Image | None = None
        self._child: Child | None = None
        self._variables: dict[str, Any] = {}
        self._init: float | None = None
        """Milliseconds that the last start took, until an invocation has reported it."""
        self._memory_used = 0
        self._invoking = threading.Lock()

    # -- life cycle

    def start(self, env_vars: dict[str, Any]) -> None:
        """Unpack the version and load the function."""
        settings = self.function_version.config
        self._variables = env_vars
        self._image = Image.acquire(
            f"{self.function_version.qualified_arn} {settings.internal_revision}",
            settings.code.get_unzipped_code_location(),
            self._layers,
        )
        try:
            self._load()
        except (InitFailed, TimedOut, Exited):
            self._kill()

    def _layers(self) -> list[Path]:
        codes = [layer.code for layer in self.function_version.config.layers]
        for code in codes:
            code.prepare_for_execution()
        return [code.get_unzipped_code_location() for code in codes]

    def _load(self) -> Child:
        assert self._image is not None
        settings, api = self.function_version.config, RuntimeApi()
        environment = function_environment(self._image, settings.runtime or "", api.address, self._variables)
        self._child = Child(api, settings.handler, self._image.task, environment, self._log)
        began = time.time()
        self._child.wait_until_ready()
        self._init = (time.time() - began) * 1000
        return self._child

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child:
            self._memory_used = child.memory_used()
            child.kill()

    def stop(self) -> None:
        """End the process, once the invocation that it runs is answered, and delete what it ran from."""
        answered = self._invoking.acquire(timeout=GRACE_SECONDS)
        try:
            self._kill()
            image, self._image = self._image, None
            if image:
                image.release()
            rmtree(self._folder, ignore_errors=True)
        finally:
            if answered:
                self._invoking.release()

    # -- invocation

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run the handler once; `payload` is LocalStack's description of the invocation."""
        with self._invoking:
            return self._invoke(payload)

    def _invoke(self, payload: dict[str, str]) -> InvocationResult:
        limit, trouble = self.function_version.config.timeout, ""
        request_id = payload["invoke-id"]
        offset = self._log.stat().st_size
        started = time.time()
        try:
            child = self._child if self._child and self._child.alive else self._reload()
            started = time.time()
            invocation = Invocation(
                request_id,
                payload["payload"].encode(),
                payload["invoked-function-arn"],
                payload["trace-id"],
                deadline=started + limit,
            )
            body, is_error = child.invoke(invocation, limit)
        except (InitFailed, TimedOut, Exited) as error:
            self._kill()
            body, is_error = _payload(error, request_id), True
            trouble = "" if isinstance(error, InitFailed) else str(error)  # the client has written that one
        logs = self._logs(request_id, started, offset, trouble)
        return InvocationResult(request_id, body, is_error=is_error, logs=logs)

    def _reload(self) -> Child:
        self._kill()
        return self._load()

    def _logs(self, request_id: str, started: float, offset: int, trouble: str) -> str:
        """What the function wrote since `offset`, between Lambda's own lines."""
        with self._log.open("rb") as log:
            log.seek(offset)
            text = log.read().decode(errors="replace")
        self._memory_used = max(self._memory_used, self._child.memory_used() if self._child else 0)
        init, self._init = self._init, None
        return Report(
            request_id=request_id,
            version=self.function_version.id.qualifier,
            duration=(time.time() - started) * 1000,
            memory_size=self.function_version.config.memory_size,
            memory_used=self._memory_used,
            init=init,
            trouble=trouble,
        ).around(text)

    def get_logs(self) -> str:
        """Everything the function wrote."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    # -- addresses: the handler shares this machine's loopback

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: an image is deleted with its last execution environment."""


def _payload(error: InitFailed | TimedOut | Exited, request_id: str) -> bytes:
    """The error as Lambda words it."""
    if isinstance(error, InitFailed):
        payload: bytes = error.payload
        return payload
    kind = "Sandbox.Timedout" if isinstance(error, TimedOut) else "Runtime.ExitError"
    return json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {error}"}).encode()
