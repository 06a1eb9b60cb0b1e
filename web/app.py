"""The app, put together."""

from datetime import timedelta
from typing import cast

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from creditrisk.intake import Intake
from creditrisk.settings import Settings
from web import (
    access_log,
    answer,
    api,
    assets,
    clerk,
    compression,
    docs,
    errors,
    form,
    headers,
    health,
    language,
    offline,
    origin,
    predict,
    query,
    sentences,
    short_way,
    templating,
    words,
)
from web.body import MAX_BODY
from web.services import Services, install


def create_app(
    settings: Settings | None = None, intake: Intake | None = None, *, many: bool = False
) -> Flask:
    """The app, ready to be served; nothing is connected before the first request.

    `settings` are read from the environment when none are given (raises SettingError), and `intake` is made
    from them; `many`: for a process that serves many requests at once.
    """
    settings = settings or Settings.from_environment()
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365))
    cast(DefaultJSONProvider, app.json).sort_keys = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    query.install(app)
    templating.install(app)
    language.install(app)
    sentences.install(app)
    words.install(app)
    given = Services(settings, intake or Intake.connect(settings, many=many))
    install(app, given)

    compression.install(app)  # installed first, it is done last
    access_log.install(app)
    origin.install(app)
    short_way.install(app, given)
    headers.install(app)
    assets.install(app)
    errors.install(app)
    for room in (form, clerk, answer, predict, api, docs, health, offline):
        app.register_blueprint(room.blueprint)
    return app
