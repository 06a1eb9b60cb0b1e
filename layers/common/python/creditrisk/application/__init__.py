"""The application: the portfolio's fields, and the one way to read it."""

from creditrisk.application.fields import FIELDS, SECTIONS, Application, canonical_name
from creditrisk.portfolio import Field, Role, Value

__all__ = ["FIELDS", "SECTIONS", "Application", "Field", "Role", "Value", "canonical_name"]
