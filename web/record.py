"""An applicant's own record, to take away: as JSON for a program, as a table for a person."""

import csv
import io
from typing import Any

from creditrisk.application import FIELDS
from creditrisk.decision import Answer
from web import words
from web.api import body_of
from web.language import gettext as _


def as_data(answer: Answer) -> dict[str, Any]:
    """What is kept of an application: what the API tells, and all answers under the names of the record."""
    return body_of(answer) | {"application": dict(answer.application)}


def as_table(answer: Answer) -> str:
    """The same as CSV, one line a fact: its name in the record, what it is called, and what is kept."""
    lines = io.StringIO()
    table = csv.writer(lines)
    table.writerow([_("Name"), _("Meaning"), _("Value")])
    for name, value in answer.application.items():
        table.writerow([name, words.label(FIELDS[name]) if name in FIELDS else name, _cell(value)])
    for name, told in body_of(answer).items():
        for each in told if isinstance(told, list) else [told]:
            said = (
                "; ".join(f"{key}: {part}" for key, part in each.items()) if isinstance(each, dict) else each
            )
            table.writerow([name, "", _cell(said)])
    return "\ufeff" + lines.getvalue()  # the mark tells spreadsheets that it is UTF-8


def _cell(value: object) -> str:
    """A value as a spreadsheet shows it, and never as a formula that it runs."""
    text = "" if value is None else str(value)
    return (
        f"'{text}"
        if text.startswith(("=", "+", "@", "\t", "\r")) or (text[:1] == "-" and not text[1:2].isdigit())
        else text
    )
