"""`creditrisk reference`: from an application's id to its name in the logs."""

from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.application_id import new_application_id, reference
from creditrisk.errors import UnknownApplication


def test_it_prints_what_the_logs_call_an_application() -> None:
    application_id = new_application_id()
    result = CliRunner().invoke(creditrisk, ["reference", application_id])
    assert result.output == f"{reference(application_id)}\n"


def test_what_is_no_id_is_said_to_be_none() -> None:
    result = CliRunner().invoke(creditrisk, ["reference", "Ana Souza"])
    assert isinstance(result.exception, UnknownApplication)
    assert result.exit_code == 1
