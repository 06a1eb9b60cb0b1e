"""Everything that the web app says for the portfolio of PORTFOLIO_DIR, as JSON: a process of its own, as one process serves
one portfolio. Input: what is sent (`right`, `wrong`, `reasons`)."""

import json
import sys
from typing import Any, cast

from creditrisk.decision import Reason
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from tests.unit.web.conftest import FakeIntake, decision_of
from web import create_app


def main() -> None:
    """Serve each address once, over a stand-in for the intake."""
    told: dict[str, Any] = json.load(sys.stdin)
    reasons = [Reason(*reason) for reason in told["reasons"]]
    intake = FakeIntake(decision_of(0.7, reasons=reasons))
    client = create_app(Settings(wait_seconds=1.5, log_level="ERROR"), cast(Intake, intake)).test_client()
    replies = {
        "form": client.get("/clerk"),
        "refused": client.post("/clerk", data=told["wrong"]),
        "first page": client.get("/"),
        "second page": client.post("/form/goods", data=told["right"]),
        "wrong page": client.post("/application", data=told["wrong"]),
        "check": client.post("/check", data=told["right"]),
        "answer": client.post("/application", data=told["right"]),
        "api": client.post("/api/v1/applications", json=told["right"], headers={"Prefer": "wait=1"}),
        "predict": client.post("/predict", json=told["right"]),
        "refused prediction": client.post("/predict", json=told["wrong"]),
        "description": client.get("/api/v1/openapi.json"),
    }
    said = {name: {"status": reply.status_code, "text": reply.text} for name, reply in replies.items()}
    print(json.dumps({"said": said, "submitted": intake.submitted}))


if __name__ == "__main__":
    main()
