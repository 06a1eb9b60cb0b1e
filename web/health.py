"""Whether the process lives, and whether it can accept applications."""

from flask import Blueprint

from creditrisk.errors import QueueUnavailable, ScorerInTrouble
from web.errors import RETRY_AFTER, as_json, shape
from web.services import services

blueprint = Blueprint("health", __name__)
shape(blueprint, as_json, "/healthz", "/readyz")

Reply = tuple[dict[str, str], int, dict[str, str]]


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> Reply:
    """Redis answers and stores, so that an application sent now would be accepted, and no scorer says that it cannot
    decide. A scorer that decides, and warns of something, is ready; its warning is told."""
    try:
        services().intake.check()
        warning = services().intake.warning()
    except (QueueUnavailable, ScorerInTrouble) as error:
        return {"status": "unavailable", "reason": str(error)}, 503, {"Retry-After": RETRY_AFTER}
    return {"status": "ready", **({"warning": warning} if warning else {})}, 200, {}
