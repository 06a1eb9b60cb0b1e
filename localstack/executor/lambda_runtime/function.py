"""A function as it is deployed, and what its process sees of that."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Function:
    """What an execution environment is made from.

    `task` and `opt` stand for /var/task and /opt; `python` has what AWS's `runtime` (such as "python3.13") brings along,
    and nothing else. `configured` are the environment variables that the function is deployed with. Seconds and MB.
    """

    name: str
    handler: str
    task: Path
    opt: Path
    python: Path
    runtime: str
    configured: Mapping[str, object] = field(default_factory=dict)
    timeout: float = 30.0
    memory_size: int = 1769
    version: str = "$LATEST"

    def variables(self, api: str) -> dict[str, str]:
        """The environment variables of its process; `api` is the Runtime API's address.

        Nothing of this process's environment is passed on. Paths are searched in Lambda's order: the function, then the
        layers' python/ (also under lib/<runtime>/site-packages), and the layers' lib/ for shared libraries. No bytecode
        is written: Lambda's folders are read-only, and here they may be shared.
        """
        task, opt = self.task, self.opt
        paths = [task, opt / "python" / "lib" / self.runtime / "site-packages", opt / "python"]
        usual = {
            "TZ": ":UTC",
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_size),
        }
        fixed = {
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin", str(opt / "bin")]),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, (task, task / "lib", opt / "lib"))),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMBDA_TASK_ROOT": str(task),
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
        }
        return usual | {name: str(value) for name, value in self.configured.items()} | fixed
