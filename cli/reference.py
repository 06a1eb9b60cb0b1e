"""`creditrisk reference`: what the logs call an application."""

import click

from creditrisk.application_id import is_application_id
from creditrisk.application_id import reference as reference_of
from creditrisk.errors import UnknownApplication


@click.command()
@click.argument("application_id", metavar="ID")
def reference(application_id: str) -> None:
    """Print what the logs of form and scorer call an application, whose id they never hold."""
    if not is_application_id(application_id):
        raise UnknownApplication(
            f"{application_id!r} is no application's id; it stands on the answer's page."
        )
    click.echo(reference_of(application_id))
