"""The form function's web app: the form, the answer to it, and the same as JSON."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from creditrisk.intake import Intake
    from creditrisk.settings import Settings


def create_app(
    settings: "Settings | None" = None, intake: "Intake | None" = None, *, many: bool = False
) -> "Flask":
    """The app, ready to be served: see `web.app`.

    It is imported when it is asked for: gunicorn reads `web.serving` first, and gevent has to change Python's own sockets
    before anything is made with them.
    """
    from web.app import create_app as create

    return create(settings, intake, many=many)
