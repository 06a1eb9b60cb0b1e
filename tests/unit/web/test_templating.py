"""Templates compiled ahead of time, as the package for Lambda has them, make the same pages."""

import re
import shutil
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ModuleLoader

import web
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from deploy.packages import templates
from tests.unit.web.conftest import FakeIntake
from web import templating
from web.app import create_app

TEMPLATES = Path(web.__file__).parent / "templates"


@pytest.fixture
def packed(tmp_path: Path, intake: FakeIntake) -> Flask:
    """The app as a package has it: with compiled templates, and without the others."""
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    templates.compile_all(tmp_path)
    app = create_app(Settings(wait_seconds=1.5), cast(Intake, intake))
    app.root_path = str(tmp_path)
    templating.install(app)
    return app


def test_every_template_is_compiled(packed: Flask) -> None:
    assert isinstance(packed.jinja_env.loader, ModuleLoader)
    for template in TEMPLATES.iterdir():
        assert packed.jinja_env.get_template(template.name).filename != str(template)


def test_compiled_templates_make_the_same_pages(
    packed: Flask, client: FlaskClient, form: dict[str, object]
) -> None:
    for path, sent in (("/application", form), ("/application", form | {"age": "<7>"}), ("/nothing", {})):
        pages = [each.post(path, data=sent) for each in (client, packed.test_client())]
        first, second = (
            re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", page.text) for page in pages
        )
        assert first == second
        assert pages[0].status_code == pages[1].status_code


def test_the_checkout_renders_its_templates_as_they_stand(app: Flask) -> None:
    assert app.jinja_env.get_template("page.html").filename == str(TEMPLATES / "page.html")
