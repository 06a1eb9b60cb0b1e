"""Static files under names that change with their content, so that a browser may keep them for good."""

import hashlib
from pathlib import Path

from flask import Flask, url_for


def install(app: Flask) -> None:
    """Give templates `asset(name)`: the address of a static file, under whatever prefix the app runs."""
    folder = Path(app.static_folder or "")
    versions = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10]
        for path in folder.iterdir()
        if path.is_file()
    }

    @app.template_global()
    def asset(name: str) -> str:
        return url_for("static", filename=name, v=versions[name])
