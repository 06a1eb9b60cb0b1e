"""An application on record, to be corrected: the form is filled with it, and what is sent is a new one that names the old."""

from flask import Request, abort, redirect, url_for

from creditrisk.application import FIELDS, Application
from creditrisk.application_id import is_application_id
from creditrisk.errors import UnknownApplication
from web.body import read_form
from web.opening import is_open
from web.services import services

CORRECTS = "submission:corrects"
"""The hidden field with the id of the application that this one corrects."""
APPLICATION = "application"
"""What an answer's page sends, to have its application corrected: its id."""


def as_typed(request: Request, page: str) -> dict[str, str]:
    """The application that a request asks to correct, as somebody would type it, with CORRECTS.

    Who may not open it is led to its `page` (the endpoint), which asks who asks. Raises UnknownApplication.
    """
    application_id = read_form(request).get(APPLICATION, "")
    if not is_application_id(application_id):
        raise UnknownApplication("No application has this number.")
    if not is_open(application_id):
        abort(redirect(url_for(page, application_id=application_id), 303))
    return {CORRECTS: application_id, **_typed(services().answer(application_id).application)}


def _typed(application: Application) -> dict[str, str]:
    return {
        FIELDS[name].form_name: str(value)
        for name, value in application.items()
        if name in FIELDS and value is not None
    }
