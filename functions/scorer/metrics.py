"""How old the queue is, told to CloudWatch: one log line in its embedded metric format, which costs no request."""

import json
import os
import time

from creditrisk.queue import ApplicationQueue, ShardedQueue

NAMESPACE = "CreditRisk"


def queue_metrics(
    queue: ApplicationQueue | ShardedQueue, scorer_function: str, challenger_out: bool = False
) -> str:
    """The line: QueueAge (seconds that the oldest application has waited, 0 when none waits), Waiting, Failed, and
    ChallengerOut (1 while the challenger is left out).

    The alarm on the queue's age reads it, and goes off as well when it is missing. Raises QueueUnavailable.
    """
    state = queue.state()
    units = {"QueueAge": "Seconds", "Waiting": "Count", "Failed": "Count", "ChallengerOut": "Count"}
    return json.dumps(
        {
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["Scorer"]],
                        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
                    }
                ],
            },
            "Scorer": scorer_function,
            "QueueAge": round(state.age or 0.0, 3),
            "Waiting": state.waiting,
            "Failed": len(state.failed),
            "ChallengerOut": int(challenger_out),
        }
    )


def publish(queue: ApplicationQueue | ShardedQueue, challenger_out: bool = False) -> None:
    """Write the line as it stands, which is how Lambda's log becomes a metric."""
    print(queue_metrics(queue, os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""), challenger_out), flush=True)
