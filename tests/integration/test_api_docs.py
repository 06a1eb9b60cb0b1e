"""What the API's documentation tells to run, run as it stands against a real system."""

import html
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from flask import Flask
from werkzeug.serving import make_server

from creditrisk.history.folder import FolderHistory
from tests.helpers import recorded
from tests.integration.test_web import app, scorer

__all__ = ["app", "scorer"]

pytestmark = pytest.mark.usefixtures("scorer")


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app is served."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("example", "command", "told"),
    [
        ("With curl", ["sh", "-c"], r'"status":"decided"'),
        ("With Python", [sys.executable, "-c"], r"^(approved|declined) 0\.\d+$"),
        ("An example: POST /predict", ["sh", "-c"], r'"Success":true'),
    ],
)
def test_an_example_runs_as_it_stands_and_its_application_is_recorded(
    address: str, history: FolderHistory, example: str, command: list[str], told: str
) -> None:
    page = urlopen(f"{address}/api/docs").read().decode()
    found = re.search(rf'<pre tabindex="0" aria-label="{example}"><code>(.*?)</code></pre>', page, re.DOTALL)
    assert found
    run = subprocess.run([*command, html.unescape(found[1])], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert re.search(
        told, run.stdout.replace(" :", ":").strip() if "Python" in example else run.stdout.replace(": ", ":")
    )
    assert len(recorded(history)) == 1
