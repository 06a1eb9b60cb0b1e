"""The init phase of a Lambda function, in which it is imported: before a request waits for it, where Lambda starts it ahead,
and, as is measured and not promised, with a whole processor, however small the function's share is later."""

import os
from collections.abc import Callable
from contextlib import suppress

from creditrisk.errors import CreditRiskError


def make_ahead(make: Callable[[], object]) -> None:
    """On Lambda, make now what the first invoke would make, and `make` keeps. An error is left to that invoke, which tells
    it in its log and its answer, and tries again."""
    if os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        with suppress(CreditRiskError):
            make()
