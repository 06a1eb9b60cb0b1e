"""The history in S3, on a network that has faults."""

import os
from pathlib import Path
from unittest.mock import patch

from creditrisk.history import open_history
from creditrisk.history.records import to_line
from tests.e2e.chaos.ledger import Figures, audit
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import Stage, died_of_kill, kill, wait_until
from tests.s3_server import S3Server


def faulty(folder: Path, scale: Scale) -> Figures:
    """Single faults, a stretch of them, and a scorer that dies between the object and the answer."""
    with (
        S3Server().serving() as server,
        patch.dict(os.environ, server.environment),
        Stage(
            folder, batch_size=8, history_url="s3://history/credit", environment=server.environment
        ) as stage,
    ):
        scorer = stage.scorer()
        for fault in ("500", "cut after", "cut before", "slow"):
            server.faults = [fault]  # type: ignore[list-item]
            stage.crowd.submit(8)
            stage.settle()
        for fault in ("500", "cut after")[: 2 if scale.long else 1]:
            _stretch(stage, server, fault)
        if scale.long:
            _slower_than_patience(stage, server)
        kill(scorer)
        stage.crowd.submit(8)
        died_of_kill(stage.scorer("--trap", "recorded"))
        stage.scorer()
        stage.settle()
        history = open_history(stage.settings.history_url)
        lines = [to_line(record.answer) for record in history.records()]
        raw = len(server.raw_lines())
        note = f"{server.faulty_requests} requests failed; {raw} rows in {len(server.objects)} objects"
        return audit(stage.ledger, lines, stage.intake, stage.model(), note=note)


def _stretch(stage: Stage, server: S3Server, fault: str) -> None:
    """Every request fails until the scorer has said so; then none does."""
    server.fault_always = fault  # type: ignore[assignment]
    said = stage.log.count("S3 cannot be")
    stage.crowd.submit(20)
    wait_until(lambda: stage.log.count("S3 cannot be") > said, 30, "the scorer says that S3 is away")
    server.fault_always = None
    stage.settle()


def _slower_than_patience(stage: Stage, server: S3Server) -> None:
    """The object is stored after boto3 has given its attempt up."""
    server.slow_seconds, server.faults = 12.0, ["slow"]
    stage.crowd.submit(8)
    stage.settle(60)
