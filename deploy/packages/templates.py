"""Compiles the pages' templates into a package: Lambda could keep nothing of what a cold start compiles."""

from pathlib import Path

from jinja2 import FileSystemLoader

from creditrisk.settings import Settings
from web import create_app
from web.templating import COMPILED


def compile_all(web: Path) -> None:
    """Compile the templates of `web`, the app's folder in a package, for the version of Jinja that runs this."""
    # The compiled code takes the options and filters of the app's own environment for granted.
    environment = create_app(Settings()).jinja_env
    environment.loader = FileSystemLoader(web / "templates")
    environment.compile_templates(web / COMPILED, zip=None, ignore_errors=False)
