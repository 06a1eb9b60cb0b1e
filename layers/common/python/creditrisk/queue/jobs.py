"""How an application and its answer are kept in Redis: as an ordinary RQ job and its result, so that RQ's tools see them.

Source: rq/job.py (`Job.to_dict`) and rq/results.py (`Result.serialize`) of RQ 3.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any, Final, NamedTuple, NoReturn

from redis import Redis
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from creditrisk.application import FIELDS, Value
from creditrisk.application.belonging import of_another
from creditrisk.application_id import is_application_id
from creditrisk.clock import timestamp
from creditrisk.errors import NotAnApplication, one_line
from creditrisk.portfolio import active
from creditrisk.redis_keys import QUEUE_NAME

FUNCTION = "creditrisk.queue.jobs.refuse_to_run"
"""The function that a job names, as RQ wants one. The scorer never calls it: so whoever can write to the queue still
cannot make anything run."""


def refuse_to_run(*_: object, **__: object) -> NoReturn:
    """What an RQ worker calls that was started on this queue by mistake."""
    raise RuntimeError(
        "Applications are scored by `creditrisk worker`; stop this RQ worker and retry the job."
    )


class Sent(NamedTuple):
    """What a job carries: the application, when it was received (UTC, ISO 8601), and the id of the one that it corrects,
    empty when it corrects none."""

    application: dict[str, Value]
    received_at: str
    corrects: str = ""


def job_hash(
    application: Mapping[str, Value], received_at: str, ttl: int, corrects: str = "", reply_to: str = ""
) -> dict[str, Any]:
    """The Redis hash of a new job that carries one application. `data` comes first: lua/submit.lua compares it to tell
    whether the same application was sent before. `reply_to` is the channel on which lua/finish.lua is to tell the answer,
    beside where it keeps it.

    What it corrects is named only where there is something: a scorer of the version before, beside which a form may run
    while a new version is rolled out, passes over it.
    """
    carried = {"application": application, "received_at": received_at, "portfolio": active().name}
    if corrects:
        carried["corrects"] = corrects
    call: list[Any] = [FUNCTION, None, [], carried]
    now = rq_time()
    return {
        "data": _compressed(json.dumps(call).encode()),
        **_job_without_application(ttl),
        "created_at": now,
        "enqueued_at": now,
        **({"reply_to": reply_to} if reply_to else {}),
    }


def _compressed(data: bytes) -> bytes:
    """As zlib.compress at level 1, in a fifth of its time: that clears a quarter of a megabyte of tables first, which a job
    of one or two KB has no use for."""
    packer = zlib.compressobj(1, zlib.DEFLATED, wbits=13, memLevel=5)
    return packer.compress(data) + packer.flush()


@cache
def _job_without_application(ttl: int) -> dict[str, Any]:
    """The fields that are the same in all jobs, as RQ itself writes them. Empty ones are left out: RQ reads an absent
    field as an empty one."""
    job = Job.create(
        FUNCTION,
        connection=Redis(),  # RQ asks for a connection, and does not use it here
        origin=QUEUE_NAME,
        status=JobStatus.QUEUED,
        description="a credit application",  # RQ's own would print the applicant
        result_ttl=ttl,
        serializer=JSONSerializer,
    )
    return {name: value for name, value in job.to_dict().items() if value != "" and name != "data"}


def rq_time() -> str:
    """The current time as RQ writes it, with microseconds."""
    return timestamp().replace("Z", "000Z")


def read_job(data: bytes) -> Sent:
    """The application that a job's data carries.

    Values are not validated again, since a field's rules may have changed while the job waited. Only their types are
    checked: others may have written to the queue, too. Raises NotAnApplication, saying why.
    """
    try:
        _, _, _, kwargs = json.loads(zlib.decompress(data))
        raw, received_at = kwargs["application"], str(kwargs["received_at"])
    except (zlib.error, ValueError, TypeError, KeyError) as error:
        raise NotAnApplication(
            f"The job carries no application ({type(error).__name__}); discard it."
        ) from None
    if not isinstance(raw, dict):
        raise NotAnApplication("The job carries no application; discard it.")
    _check_portfolio(kwargs.get("portfolio"), raw)
    application: dict[str, Value] = {}
    for name, field, known, is_number in _RECALLED:
        value = raw.get(name)
        kind = value.__class__
        if not (
            value is None  # a gap
            or (kind is str and known.get(value) == value)  # an answer of today's, as most are
            or (is_number and (kind is int or (kind is float and isfinite(value))))
        ):
            try:
                value = field.recall(value)
            except ValueError as error:
                raise NotAnApplication(f"The job's application is malformed: {name}: {error}") from None
        application[name] = value
    corrects = kwargs.get("corrects")
    named = isinstance(corrects, str) and is_application_id(corrects)
    return Sent(application, received_at, corrects if named else "")


_RECALLED: Final = [(name, field, field.kind.known, field.is_number) for name, field in FIELDS.items()]
"""What tells most values at a glance, without asking the field: see `Field.recall`."""


def _check_portfolio(named: object, application: Mapping[str, object]) -> None:
    """Raises NotAnApplication for another portfolio's, which would be scored as one with all its answers missing. Jobs of
    earlier versions do not name theirs: their fields tell."""
    if named == active().name:
        return
    told = f"it names {one_line(str(named), 80)}" if named else of_another(application)
    if told:
        raise NotAnApplication(
            f"The job is another portfolio's ({told}), and {active().name} is served here: retry it once that one is "
            "served again, with a Redis of its own, or discard it."
        )


def encode_answer(answer: Mapping[str, Any]) -> str:
    """An answer as RQ's result stream holds it."""
    return b64encode(json.dumps(answer).encode()).decode()


def encode_failure(reason: str) -> str:
    """The reason of a failure as RQ's result stream holds it."""
    return b64encode(zlib.compress(reason.encode())).decode()


def read_answer(encoded: str | bytes) -> dict[str, Any]:
    """The answer that `encode_answer` encoded."""
    answer: dict[str, Any] = json.loads(b64decode(encoded).decode())
    return answer


class Finished(NamedTuple):
    """What a scorer wrote of an application: its answer, or, where it was given up, the reason."""

    answer: Mapping[str, Any] | None
    failure: str = ""


def read_finished(entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> Finished | None:
    """The last entry of a result stream that a scorer wrote: an answer, or a failure with the field `scorer`. None when
    there is none.

    A failure without that field is from an RQ worker that was started on this queue by mistake, and says nothing about
    the application.
    """
    for _, entry in reversed(entries):
        if entry.get(b"type") == b"1":
            return Finished(read_answer(entry[b"return_value"]))
        if b"scorer" in entry:
            return Finished(None, zlib.decompress(b64decode(entry[b"exc_string"])).decode())
    return None
