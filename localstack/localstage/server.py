"""LocalStack as a plain process."""

import errno
import json
import os
import socket
import subprocess
import time
import urllib.request

from localstage.address import form_origin
from localstage.commands import CommandFailed, end, is_running
from localstage.paths import Folders

_WORDS = "process_executor"
_START_SECONDS = 120


def check_port(port: int) -> None:
    """Listen there for a moment, as LocalStack will: it would not say that it cannot. Raises CommandFailed."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections just closed do not count
        try:
            tried.bind(("127.0.0.1", port))
            tried.listen()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken by another program" if taken else f"cannot be listened on ({error.strerror})"
            raise CommandFailed(
                f"Port {port} {why}; give another one with --port or LOCALSTACK_PORT."
            ) from None


def start_server(folders: Folders, port: int) -> int:
    """Start LocalStack on 127.0.0.1:`port` and wait until it answers; returns its process id. Raises CommandFailed."""
    check_port(port)  # once more: an installation may have taken minutes
    with folders.log.open("ab") as log:
        process = subprocess.Popen(
            [folders.server_venv / "bin" / "python", "-m", _WORDS],
            cwd=folders.run,  # not the checkout, whose folder localstack/ is not LocalStack
            env=_environment(folders, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _health(port):
            return process.pid
        time.sleep(0.1)
    stop_server(process.pid)
    raise CommandFailed(f"LocalStack does not start; its log says why: {folders.log}")


def stop_server(process_id: int) -> None:
    """Stop LocalStack; the functions' processes go with it."""
    end(process_id, _WORDS, seconds=5)


def server_runs(process_id: int) -> bool:
    """Whether it is still there."""
    return is_running(process_id, _WORDS)


def _environment(folders: Folders, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(folders.run / "home"),
        "TMPDIR": str(folders.run / "tmp"),
        "FILESYSTEM_ROOT": str(folders.run / "filesystem"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"localhost:{port}",  # the form's address then ends in .localhost, which needs no network
        "EXTRA_CORS_ALLOWED_ORIGINS": form_origin(port),  # else a browser may open the form, and not send it
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "LAMBDA_PROCESS_PYTHON": str(folders.runtime_venv / "bin" / "python"),
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }


def _health(port: int) -> dict[str, object] | None:
    """What LocalStack says of itself; None when it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=2) as reply:
            health: dict[str, object] = json.load(reply)
            return health
    except (OSError, ValueError):
        return None
