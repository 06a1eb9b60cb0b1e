"""Decided applications, and a history in a folder."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from creditrisk.application_id import new_application_id, received_at
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.history import open_history
from creditrisk.history.folder import FolderHistory
from tests.helpers import Make


@pytest.fixture
def history(tmp_path: Path) -> FolderHistory:
    history = open_history(str(tmp_path / "new" / "history"))
    assert isinstance(history, FolderHistory)
    return history


@pytest.fixture
def decided(make_application: Make) -> Callable[..., Answer]:
    """A decided application, scored at a moment (now, when none is given), with some of its fields changed."""

    def make(scored_at: datetime | None = None, **changes: object) -> Answer:
        application_id = new_application_id()
        reasons = [Reason("AGE", -0.25, 34)]
        decision = Decision(0.25, 0, "approved", 0.5, "lightgbm", "test", timestamp(scored_at), reasons)
        received = timestamp(received_at(application_id))
        return Answer(application_id, "decided", received, make_application(**changes), decision)

    return make
