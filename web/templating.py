"""Templates that were compiled ahead of time, as in a package for Lambda: compiling them takes a tenth of a cold start."""

from pathlib import Path

from flask import Flask
from jinja2 import ModuleLoader

COMPILED = "compiled"
"""The folder beside `templates` with one module for each; only a package has it (`deploy.packages.templates`)."""


def install(app: Flask) -> None:
    """Render the compiled templates where there are any."""
    folder = Path(app.root_path) / COMPILED
    if folder.is_dir():
        app.jinja_env.loader = ModuleLoader(folder)
