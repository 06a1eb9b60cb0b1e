"""Fixtures of the tests that deploy."""

from tests.e2e.template import compile_template, packages, prod

__all__ = ["compile_template", "packages", "prod"]
