"""How old the queue is, told to CloudWatch: one log line in its embedded metric format, which costs no request."""

import json
import os
import time

from creditrisk.application_id import is_application_id, received_at
from creditrisk.queue import ApplicationQueue

NAMESPACE = "CreditRisk"


def queue_metrics(queue: ApplicationQueue, scorer_function: str, challenger_out: bool = False) -> str:
    """The line: QueueAge (seconds that the oldest application has waited, 0 when none waits), Waiting, Failed, and
    ChallengerOut (1 while the challenger is left out).

    The alarm on the queue's age reads it, and goes off as well when it is missing. Raises QueueUnavailable.
    """
    state = queue.state()
    now = time.time()
    age = 0.0
    if state.oldest and is_application_id(state.oldest):
        age = max(0.0, now - received_at(state.oldest).timestamp())
    units = {"QueueAge": "Seconds", "Waiting": "Count", "Failed": "Count", "ChallengerOut": "Count"}
    return json.dumps(
        {
            "_aws": {
                "Timestamp": int(now * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["Scorer"]],
                        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
                    }
                ],
            },
            "Scorer": scorer_function,
            "QueueAge": round(age, 3),
            "Waiting": state.waiting,
            "Failed": len(state.failed),
            "ChallengerOut": int(challenger_out),
        }
    )


def publish(queue: ApplicationQueue, challenger_out: bool = False) -> None:
    """Write the line as it stands, which is how Lambda's log becomes a metric."""
    print(queue_metrics(queue, os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""), challenger_out), flush=True)
