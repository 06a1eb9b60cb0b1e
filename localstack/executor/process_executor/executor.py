"""LocalStack's hook: one execution environment of one function version."""

import os
import threading
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from lambda_runtime.api import Invocation
from lambda_runtime.environment import ExecutionEnvironment
from lambda_runtime.function import Function
from localstack import config
from process_executor.image import Image

GRACE_SECONDS = 10.0
"""How long a version that is replaced may go on with what it is doing; on AWS, it may end it."""


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    """Gives LocalStack an execution environment, from the version's unpacked code and layers."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._folder = Path(mkdtemp(prefix="lambda-log-"))
        self._image: Image | None = None
        self._environment: ExecutionEnvironment | None = None
        self._invoking = threading.Lock()

    def start(self, env_vars: dict[str, Any]) -> None:
        """Unpack the version and load the function."""
        settings = self.function_version.config
        self._image = Image.acquire(
            f"{self.function_version.qualified_arn} {settings.internal_revision}",
            settings.code.get_unzipped_code_location(),
            self._layers,
        )
        function = Function(
            name=self.function_version.id.function_name,
            handler=settings.handler,
            task=self._image.task,
            opt=self._image.opt,
            python=Path(os.environ["LAMBDA_PROCESS_PYTHON"]),
            runtime=settings.runtime or "",
            configured=env_vars,
            timeout=settings.timeout,
            memory_size=settings.memory_size,
            version=self.function_version.id.qualifier,
        )
        self._environment = ExecutionEnvironment(function, self._folder / "log")
        self._environment.start()

    def _layers(self) -> list[Path]:
        codes = [layer.code for layer in self.function_version.config.layers]
        for code in codes:
            code.prepare_for_execution()
        return [code.get_unzipped_code_location() for code in codes]

    def stop(self) -> None:
        """End the process, once the invocation that it runs is answered, and delete what it ran from."""
        answered = self._invoking.acquire(timeout=GRACE_SECONDS)
        try:
            if self._environment:
                self._environment.stop()
            image, self._image = self._image, None
            if image:
                image.release()
            rmtree(self._folder, ignore_errors=True)
        finally:
            if answered:
                self._invoking.release()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run the handler once; `payload` is LocalStack's description of the invocation."""
        assert self._environment is not None
        invocation = Invocation(
            payload["payload"].encode(),
            payload["invoke-id"],
            payload["invoked-function-arn"],
            payload["trace-id"],
        )
        with self._invoking:
            answer = self._environment.run(invocation)
        return InvocationResult(invocation.id, answer.payload, is_error=answer.error, logs=answer.log)

    def get_logs(self) -> str:
        """Everything the function wrote."""
        return self._environment.log if self._environment and self._folder.exists() else ""

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
