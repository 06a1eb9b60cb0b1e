"""The scorer function: drains the queue, as a Lambda function or as a long-running worker."""
