"""The two columns that PAKDD 2010's published header calls EDUCATION_LEVEL: which is the applicant's, which the
partner's. A portfolio without these two fields has nothing to tell apart."""

import re
from collections.abc import Iterable, Sequence

from creditrisk.application import FIELDS, canonical_name
from creditrisk.errors import WrongColumns

APPLICANT, PARTNER = "EDUCATION_LEVEL_1", "EDUCATION_LEVEL_2"
_BEFORE_PARTNERS = "MATE_PROFESSION_CODE"
"""The column directly before the partner's in the published order."""
_FORM = re.compile(r"(mate_)?education_level(?:(_?[12])|(\.1|_duplicated_0)|\.\.\.\d+)?")
"""The published name, and what programs make of the second one so that names differ: pandas and R append `.1`, polars
`_duplicated_0`, DuckDB and Power Query `_1`, csvkit and janitor `_2`; readr appends the column's number to both. People
rename the second MATE_EDUCATION_LEVEL, or only one of the two."""


def education(header: Sequence[str]) -> dict[int, str]:
    """Number of a column → its field, for the columns of education. Raises WrongColumns when neither names nor order tell
    which is whose."""
    if not {APPLICANT, PARTNER} <= FIELDS.keys():
        return {}
    said = {number: _said(column) for number, column in enumerate(header)}
    found = {number: name for number, name in said.items() if name is not None}
    named = {number: name for number, name in found.items() if name}
    if len(named) == len(found) or {APPLICANT, PARTNER} <= set(named.values()):
        return named
    if len(found) > 2:
        raise _unclear(header[number] for number in found)
    if PARTNER in found.values():
        return {number: name or APPLICANT for number, name in found.items()}
    behind = [n for n in found if n and canonical_name(header[n - 1]) == _BEFORE_PARTNERS]
    first, *second = found
    if not behind and second and not found[first] and found[second[0]]:
        raise _unclear(header[number] for number in found)  # DuckDB's second, or a first that was moved
    partner = behind[:1] or second
    return {number: PARTNER if number in partner else APPLICANT for number in found}


def _said(column: str) -> str | None:
    """The field that a column's name alone tells; "" when it may be either, None when it is no column of education."""
    form = _FORM.fullmatch(re.sub(r"[\s-]+", "_", column.strip().lower()))
    if not form:
        return None
    mate, level, repeated = form.groups("")
    if mate or repeated or level.endswith("2"):
        return PARTNER
    return APPLICANT if level else ""


def _unclear(columns: Iterable[str]) -> WrongColumns:
    return WrongColumns(
        f"The columns {', '.join(columns)} do not say whose education they tell; "
        f"name the applicant's {APPLICANT} and the partner's {PARTNER}."
    )
