"""Puts a report where people look for it: a file, or `reports/` beside the history."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from creditrisk.history.objects import Objects
from lifecycle.report.as_html import as_html
from lifecycle.report.as_json import as_json
from lifecycle.report.errors import ReportNotWritten
from lifecycle.report.report import Report

REPORTS = "reports/"
"""Where reports lie: in the history's bucket, and in the folder above a history's."""

_TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json"}


def write_page(path: Path, content: str) -> None:
    """Write a file whole or not at all. Raises ReportNotWritten."""
    partial = path.with_name(path.name + ".partial")
    try:
        try:
            partial.write_text(content, encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise ReportNotWritten(
            f"{path} cannot be written ({error.strerror or error}); name another place for the report."
        ) from error


def publish(report: Report, history_url: str) -> str:
    """Write report.html and report.json, and the same under the day of the report, which later ones leave alone; returns
    where the page lies. Raises HistoryUnavailable, ReportNotWritten."""
    files = {
        "report.html": as_html(report),
        "report.json": json.dumps(as_json(report), ensure_ascii=False, indent=1) + "\n",
    }
    day = f"date={report.scope.as_of[:10]}/"
    if history_url.startswith("s3://"):
        objects = Objects(urlsplit(history_url).netloc, REPORTS, "reports")
        for folder in (day, ""):
            for name, content in files.items():
                objects.put(folder + name, content.encode(), _TYPES[Path(name).suffix])
        return f"s3://{objects.bucket}/{REPORTS}report.html"
    place = Path(history_url).parent / REPORTS
    for folder in (day, ""):
        (place / folder).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_page(place / folder / name, content)
    return str(place / "report.html")
