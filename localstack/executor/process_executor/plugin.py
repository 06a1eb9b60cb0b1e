"""How LocalStack finds the executor."""

from typing import Any

from plux import Plugin


class ProcessExecutorPlugin(Plugin):
    """Named in LAMBDA_RUNTIME_EXECUTOR=process."""

    namespace = "localstack.lambda.runtime_executor"
    name = "process"

    def load(self, *_: Any, **__: Any) -> type:
        """The executor's class; imported only now, because listing plug-ins is too early for LocalStack's provider."""
        from process_executor.aliases import mend
        from process_executor.executor import ProcessExecutor

        mend()
        return ProcessExecutor
