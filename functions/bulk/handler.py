"""The Lambda entry for bulk files: the three steps that Step Functions calls (deploy/resources/bulk.yml).

{"step": "plan", bucket, object, time, execution} → where the file is cut, kept beside the result
{"step": "score", piece, bucket, source, …}       → one piece, scored
{"step": "join", bucket, result, …}               → the result, and a report: how many rows it has, how many are bad, which
                                                    columns were ignored or absent

A run of a file has a folder of its own, named after the file's whole key and the moment of its upload, so that no file's
result meets another's: bulk-results/TEAM/FILE.csv/20261125T101500Z-1a2b3c4d/result.csv. All its steps read the version
of the file that was uploaded then, and run the version of this function that planned it: one model scores all rows.
Bulk files are scored, and not recorded: nobody applied.
"""

import json
import logging
import re
from dataclasses import asdict
from functools import cache
from typing import Any

from creditrisk.errors import CreditRiskError, UnusableFile
from creditrisk.files import Header, plain, plan
from creditrisk.files.columns import told_of
from creditrisk.files.rows import RESULT_COLUMNS
from creditrisk.policy.in_force import policy_in_force
from creditrisk.settings import Settings
from functions.bulk import storage
from functions.bulk.damage import DamagedRows, KnownByItsLetters
from functions.model import load_model
from scoring.scorer import AnyScorer

log = logging.getLogger(__name__)

ROWS = 1_000_000
"""Rows of a piece at most; it is full at 8 MiB long before, unless its rows are very short."""
MOST_PIECES = 10_000
"""So many parts S3 joins into one object; at 8 MiB each a file may have 80 GB."""
_LONGEST_NAME = 900
"""Bytes of a file's key: what is written beside its result has longer ones, and S3 takes 1,024."""
_MOST_NAMED = 100
"""Ignored columns that are named: what a step answers may have 256 KiB."""


@cache
def _scorer() -> AnyScorer:
    return load_model(Settings.from_environment())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one step of a bulk file. What cannot be scored at all fails the execution with a sentence."""
    try:
        match event["step"]:
            case "plan":
                return _plan(event) | {"function": _this_version(context)}
            case "score":
                return _score(event)
            case _:
                return _join(event)
    except CreditRiskError as error:
        log.error("%s", error)
        raise


def _plan(event: dict[str, Any]) -> dict[str, Any]:
    bucket, uploaded = event["bucket"], event["object"]
    source = storage.pinned(bucket, uploaded["key"], uploaded.get("version-id"))
    folder = _folder(source["Key"], event["time"], event["execution"])
    blocks, other = plain(storage.opened(bucket, source))
    if other:  # pieces are ranges of bytes of a text: of a packed file's, there must be one
        source = {"Key": f"{folder}/work/input"}
        blocks = storage.kept(bucket, source["Key"], blocks)
    try:
        planned = plan(blocks, ROWS, KnownByItsLetters())
    except UnicodeDecodeError as error:
        raise UnusableFile(
            f"The header is not in UTF-8 (character {error.start + 1}); save the file as UTF-8."
        ) from None
    table = {"encoding": planned.encoding, **asdict(planned.header)}
    scorer = _rows(table)  # refuses a wrong header before any piece is scored
    if not planned.pieces:
        raise UnusableFile("The file has a header and no row.")
    if len(planned.pieces) > MOST_PIECES:
        raise UnusableFile(
            f"The file would make {len(planned.pieces):,} pieces, and S3 joins {MOST_PIECES:,}; split it."
        )
    storage.put(bucket, f"{folder}/work/plan.json", json.dumps([asdict(piece) for piece in planned.pieces]))
    return {
        "bucket": bucket,
        "source": source,
        "table": table,
        "folder": folder,
        "plan": f"{folder}/work/plan.json",
        "pieces": len(planned.pieces),
        "columns": {
            "ignored": [told_of(column) for column in list(scorer.columns.ignored.items())[:_MOST_NAMED]],
            "absent": scorer.absent,
        },
    }


def _score(event: dict[str, Any]) -> dict[str, Any]:
    piece, table = event["piece"], event["table"]
    span = f"bytes={piece['start']}-{piece['end'] - 1}"
    body = storage.opened(event["bucket"], event["source"], Range=span).read()
    text, rows, bad = _rows(table).score_bytes(body, table["encoding"])
    if piece["number"] == 0:
        text = _header(table).line(*RESULT_COLUMNS) + text
    # Its name tells the join what it holds: what 10,000 steps answer would not fit into a state's 256 KiB.
    storage.put(event["bucket"], f"{_scored(event)}{piece['number']:06}-{rows}-{bad}", text)
    return {"piece": piece["number"]}


def _join(event: dict[str, Any]) -> dict[str, Any]:
    bucket, result = event["bucket"], f"{event['folder']}/result.csv"
    pieces = storage.listed(bucket, _scored(event))
    if len(pieces) != event["pieces"]:
        raise UnusableFile(
            f"{len(pieces)} of {event['pieces']} pieces are there to be joined; put the file into bulk/ once more."
        )
    counts = [key.rsplit("-", 2)[1:] for key, _ in pieces]
    rows, bad = (sum(map(int, column)) for column in zip(*counts, strict=True))
    told = {"bucket": bucket, "key": result, "rows": rows, "bad": bad, **event["columns"]}
    storage.put(bucket, f"{event['folder']}/report.json", json.dumps(told, ensure_ascii=False, indent=1))
    storage.join(bucket, result, pieces)
    return told


def _folder(key: str, time: str, execution: str) -> str:
    """The run's own folder, by the file's whole key below bulk/, its time and its execution."""
    name = key.removeprefix("bulk/")
    if len(name.encode()) > _LONGEST_NAME:
        raise UnusableFile(
            f"The file's name has more than {_LONGEST_NAME} bytes; shorten it or its folders'."
        )
    moment = re.sub(r"[-:]|\.\d+", "", time)
    return f"bulk-results/{name}/{moment}-{execution[-8:]}"


def _scored(event: dict[str, Any]) -> str:
    return f"{event['folder']}/work/scored-"


def _rows(table: dict[str, str]) -> DamagedRows:
    header = _header(table)
    policy = policy_in_force(Settings.from_environment())
    return DamagedRows(_scorer(), policy, header.columns, delimiter=header.delimiter)


def _header(table: dict[str, str]) -> Header:
    return Header(table["text"], table["delimiter"])


def _this_version(context: Any) -> str:
    """The function's ARN with the version that runs, which the alias may leave behind while a file is scored."""
    name = ":".join(context.invoked_function_arn.split(":")[:7])
    return f"{name}:{context.function_version}"
