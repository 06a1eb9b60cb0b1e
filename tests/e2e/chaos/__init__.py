"""The chaos campaign: real processes, a real Redis, real SIGKILL; nothing accepted may be lost or recorded twice.

`python -m tests.e2e.chaos` runs it at length and prints its figures; `test_chaos.py` is the short version.
"""
