"""The environment variables and paths that Lambda gives a function, here."""

import os
from collections.abc import Mapping

from process_executor.image import Image


def function_environment(
    image: Image, runtime: str, api: str, configured: Mapping[str, object]
) -> dict[str, str]:
    """What the handler's process sees: `configured` is LocalStack's part with the function's own variables.

    Nothing of LocalStack's own environment is passed on. Paths are searched in Lambda's order: the function, then the
    layers' python/ (also under lib/<runtime>/site-packages), and the layers' lib/ for shared libraries.
    """
    task, opt = image.task, image.opt
    paths = [task, opt / "python" / "lib" / runtime / "site-packages", opt / "python"]
    return {name: str(value) for name, value in configured.items()} | {
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin", str(opt / "bin")]),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, (task, task / "lib", opt / "lib"))),
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "PYTHONUNBUFFERED": "1",
    }
