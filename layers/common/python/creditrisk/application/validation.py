"""From whatever came in (a form, JSON) to an application, or every reason why not at once."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ValidationError, create_model
from pydantic import Field as ModelField

from creditrisk.application.field import Field
from creditrisk.application.fields import FIELDS, canonical_name
from creditrisk.application.kinds import Value
from creditrisk.errors import InvalidApplication


def _annotation(field: Field) -> Any:
    def parse(raw: object) -> Value:
        if isinstance(raw, list | dict):
            raise ValueError("Give one value, not a list or an object.")
        return field.parse(raw)

    described = ModelField(
        default=None, validate_default=True, title=field.label, description=field.help or None
    )
    return Annotated[str | int | float | None, BeforeValidator(parse), described]


@cache
def application_model() -> type[BaseModel]:
    """The pydantic model of an application, made from the table of fields when it is first needed."""
    annotations: dict[str, Any] = {name: _annotation(field) for name, field in FIELDS.items()}
    model: type[BaseModel] = create_model("Application", **annotations)
    return model


def _named(raw: Mapping[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """The values under their canonical names, and what is wrong with the names themselves."""
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    for spelling, value in raw.items():
        name = canonical_name(spelling)
        if name is None:
            near = get_close_matches(spelling.upper(), FIELDS, n=1)
            errors[spelling[:60]] = "There is no such field" + (f"; did you mean {near[0]}?" if near else ".")
        elif name in values:
            errors[name] = "This field is given twice."
        else:
            values[name] = value
    return values, errors


def validate(raw: Mapping[str, object]) -> dict[str, Value]:
    """The application in `raw`, whose keys are field names in either spelling.

    Returns all 54 fields under their canonical names, in the table's order; None where a value is missing.
    Raises InvalidApplication with a sentence for every field that is unknown, required, malformed or out of range.
    """
    values, errors = _named(raw)
    try:
        application: dict[str, Value] = application_model()(**values).model_dump()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            cause = problem.get("ctx", {}).get("error", problem["msg"])
            errors.setdefault(str(problem["loc"][0]), str(cause))
    if errors:
        raise InvalidApplication(errors)
    return application
