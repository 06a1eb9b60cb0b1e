"""The Lambda entry for bulk files: the three steps that Step Functions calls (resources/bulk.yml).

{"step": "plan", bucket, key}                → where the file is cut, kept beside the result
{"step": "score", bucket, key, work, piece…} → one piece, scored
{"step": "join", bucket, key, work, header…} → the result, bulk-results/NAME.csv

Bulk files are scored, and not recorded: nobody applied.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from creditrisk.errors import CreditRiskError, UnusableFile
from creditrisk.settings import Settings
from functions.scorer.model import load_model
from scoring.pieces import columns_of, cut
from scoring.rows import RESULT_COLUMNS, RowScorer
from scoring.scorer import AnyScorer

log = logging.getLogger(__name__)

ROWS = 2_000
"""Rows of a piece: a second's work or two, and under a megabyte."""
_BLOCK = 1 << 20
_LEAST_PART = 5 << 20
"""S3 takes parts of an upload from 5 MiB on."""


@cache
def _s3() -> Any:
    import boto3

    return boto3.client("s3")


@cache
def _scorer() -> AnyScorer:
    return load_model(Settings.from_environment())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one step of a bulk file. What cannot be scored at all fails the execution with a sentence."""
    steps = {"plan": _plan, "score": _score, "join": _join}
    try:
        return steps[event["step"]](event)
    except CreditRiskError as error:
        log.error("%s", error)
        raise


def _plan(event: dict[str, Any]) -> dict[str, Any]:
    bucket, key = event["bucket"], event["key"]
    body = _s3().get_object(Bucket=bucket, Key=key)["Body"]
    line, pieces = cut(body.iter_chunks(_BLOCK), ROWS)
    header = _text(line).removeprefix("\ufeff").rstrip("\r\n")
    columns, delimiter = columns_of(header)
    RowScorer(_scorer(), columns, delimiter=delimiter)  # refuses a wrong header before any piece is scored
    plan = [asdict(piece) for piece in pieces]
    if not plan:
        raise UnusableFile("The file has a header and no row.")
    name = PurePosixPath(key).stem
    work = f"bulk-results/{name}.work/{event['execution'].rpartition(':')[2]}"
    _put(bucket, f"{work}/plan.json", json.dumps(plan))
    result = f"bulk-results/{name}.csv"
    return {
        "bucket": bucket,
        "key": key,
        "work": work,
        "header": header,
        "pieces": len(plan),
        "result": result,
    }


def _score(event: dict[str, Any]) -> dict[str, Any]:
    piece = event["piece"]
    span = f"bytes={piece['start']}-{piece['end'] - 1}"
    body = _s3().get_object(Bucket=event["bucket"], Key=event["key"], Range=span)["Body"].read()
    columns, delimiter = columns_of(event["header"])
    text, rows, bad = RowScorer(_scorer(), columns, delimiter=delimiter).score_text(_text(body))
    _put(event["bucket"], _part(event["work"], piece["number"]), text)
    return {"rows": rows, "bad": bad}


def _join(event: dict[str, Any]) -> dict[str, Any]:
    bucket, result, client = event["bucket"], event["result"], _s3()
    upload = client.create_multipart_upload(Bucket=bucket, Key=result, ContentType="text/csv; charset=utf-8")
    where = {"Bucket": bucket, "Key": result, "UploadId": upload["UploadId"]}
    parts = []
    for number, block in enumerate(_blocks(event), start=1):
        done = client.upload_part(**where, PartNumber=number, Body=block)
        parts.append({"PartNumber": number, "ETag": done["ETag"]})
    client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    totals = {name: sum(piece[name] for piece in event["scored"]) for name in ("rows", "bad")}
    return {"bucket": bucket, "key": result, **totals}


def _blocks(event: dict[str, Any]) -> Iterator[bytes]:
    """The result, header first, in blocks of at least the size that S3 takes; the last one as it is."""
    _, delimiter = columns_of(event["header"])
    waiting = bytearray((delimiter.join((event["header"], *RESULT_COLUMNS)) + "\n").encode())
    for number in range(event["pieces"]):
        found = _s3().get_object(Bucket=event["bucket"], Key=_part(event["work"], number))
        waiting += found["Body"].read()
        if len(waiting) >= _LEAST_PART:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UnusableFile("The file is not in UTF-8; save it as UTF-8.") from None


def _part(work: str, number: int) -> str:
    return f"{work}/{number:06}.csv"


def _put(bucket: str, key: str, text: str) -> None:
    _s3().put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="text/plain; charset=utf-8")
