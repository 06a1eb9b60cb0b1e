"""The application: every field defined once, and the one way to read it."""

from creditrisk.application.field import Field, Role
from creditrisk.application.fields import FIELDS, SECTIONS, Application, canonical_name
from creditrisk.application.kinds import Value

__all__ = ["FIELDS", "SECTIONS", "Application", "Field", "Role", "Value", "canonical_name"]
