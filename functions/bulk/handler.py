"""The Lambda entry for bulk files: the three steps that Step Functions calls (deploy/resources/bulk.yml).

{"step": "plan", bucket, key}                      → where the file is cut, kept beside the result
{"step": "score", bucket, key, work, table, piece} → one piece, scored
{"step": "join", bucket, work, table, result…}     → the result, bulk-results/NAME.csv, and NAME.json, which tells how many
                                                     rows it has and which columns were ignored or absent

`table` is how the file's text is read: its encoding, its header, and what stands between its cells. Bulk files are scored, and not recorded: nobody applied.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import cache
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any

from creditrisk.errors import CreditRiskError, UnusableFile
from creditrisk.files import Header, plain, plan
from creditrisk.files.columns import told_of
from creditrisk.files.rows import RESULT_COLUMNS, RowScorer
from creditrisk.settings import Settings
from functions.model import load_model
from scoring.scorer import AnyScorer

log = logging.getLogger(__name__)

ROWS = 2_000
"""Rows of a piece: a second's work or two, and under a megabyte."""
_ENDINGS = frozenset((".csv", ".gz", ".tsv", ".txt"))
_MOST_NAMED = 100
"""Ignored columns that are named: what a step answers may have 256 KiB."""
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
    name = _name(key)
    work = f"bulk-results/{name}.work/{event['execution'].rpartition(':')[2]}"
    blocks, other = plain(_s3().get_object(Bucket=bucket, Key=key)["Body"])
    if other:  # pieces are ranges of bytes of a text: of a packed file's, there must be one
        key = f"{work}/input.csv"
        _upload(bucket, key, blocks)
        blocks, _ = plain(_s3().get_object(Bucket=bucket, Key=key)["Body"])
    planned = plan(blocks, ROWS)
    table = {"encoding": planned.encoding, **asdict(planned.header)}
    scorer = _rows(table)  # refuses a wrong header before any piece is scored
    if not planned.pieces:
        raise UnusableFile("The file has a header and no row.")
    _put(bucket, f"{work}/plan.json", json.dumps([asdict(piece) for piece in planned.pieces]))
    return {
        "bucket": bucket,
        "key": key,
        "work": work,
        "table": table,
        "pieces": len(planned.pieces),
        "result": f"bulk-results/{name}.csv",
        "columns": {
            "ignored": [told_of(column) for column in list(scorer.columns.ignored.items())[:_MOST_NAMED]],
            "absent": scorer.absent,
        },
    }


def _score(event: dict[str, Any]) -> dict[str, Any]:
    piece = event["piece"]
    span = f"bytes={piece['start']}-{piece['end'] - 1}"
    body = _s3().get_object(Bucket=event["bucket"], Key=event["key"], Range=span)["Body"].read()
    text, rows, bad = _rows(event["table"]).score_text(body.decode(event["table"]["encoding"]))
    _put(event["bucket"], _part(event["work"], piece["number"]), text)
    return {"rows": rows, "bad": bad}


def _join(event: dict[str, Any]) -> dict[str, Any]:
    bucket, result = event["bucket"], event["result"]
    totals = {name: sum(piece[name] for piece in event["scored"]) for name in ("rows", "bad")}
    told = {"bucket": bucket, "key": result, **totals, **event["columns"]}
    _put(bucket, f"{result.removesuffix('.csv')}.json", json.dumps(told, ensure_ascii=False, indent=1))
    _upload(bucket, result, _joined(event))
    return told


def _joined(event: dict[str, Any]) -> Iterator[bytes]:
    """The result, header first."""
    yield _header(event["table"]).line(*RESULT_COLUMNS).encode()
    for number in range(event["pieces"]):
        found = _s3().get_object(Bucket=event["bucket"], Key=_part(event["work"], number))
        yield found["Body"].read()


def _rows(table: dict[str, str]) -> RowScorer:
    header = _header(table)
    threshold = Settings.from_environment().threshold
    return RowScorer(_scorer(), threshold, header.columns, delimiter=header.delimiter)


def _header(table: dict[str, str]) -> Header:
    return Header(table["text"], table["delimiter"])


def _name(key: str) -> str:
    """The file's name without the endings of a table: autumn, of autumn.csv.gz."""
    path = PurePosixPath(key)
    while path.suffix.lower() in _ENDINGS:
        path = path.with_suffix("")
    return path.name


def _part(work: str, number: int) -> str:
    return f"{work}/{number:06}.csv"


def _put(bucket: str, key: str, text: str) -> None:
    _s3().put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="text/plain; charset=utf-8")


def _upload(bucket: str, key: str, blocks: Iterable[bytes]) -> None:
    """One object from blocks: at once when it is small, else in parts of at least the size that S3 takes."""
    client = _s3()
    place = {"Bucket": bucket, "Key": key}
    kind = {"ContentType": "text/csv; charset=utf-8"}
    large = _large(blocks)
    first = list(islice(large, 2))
    if len(first) < 2:
        client.put_object(**place, **kind, Body=b"".join(first))
        return
    where = place | {"UploadId": client.create_multipart_upload(**place, **kind)["UploadId"]}
    parts = []
    for number, block in enumerate(chain(first, large), start=1):
        done = client.upload_part(**where, PartNumber=number, Body=block)
        parts.append({"PartNumber": number, "ETag": done["ETag"]})
    client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})


def _large(blocks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for block in blocks:
        waiting += block
        if len(waiting) >= _LEAST_PART:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
