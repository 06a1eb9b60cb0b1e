"""What a header's columns mean: the published pair of EDUCATION_LEVEL, misspelt columns, absent fields."""

import pytest

from creditrisk.application import FIELDS
from creditrisk.errors import WrongColumns
from creditrisk.files import Columns

ALL = [name for name in FIELDS if name not in ("FULL_NAME", "DNI")]
FIRST, SECOND = ALL.index("EDUCATION_LEVEL_1"), ALL.index("EDUCATION_LEVEL_2")


def published(applicants: str, partners: str) -> list[str]:
    names = {"EDUCATION_LEVEL_1": applicants, "EDUCATION_LEVEL_2": partners}
    return ["ID_CLIENT", *(names.get(name, name) for name in ALL), "TARGET_LABEL_BAD=1"]


@pytest.mark.parametrize(
    ("applicants", "partners"),
    [
        ("EDUCATION_LEVEL", "EDUCATION_LEVEL"),  # as published
        ("EDUCATION_LEVEL", "EDUCATION_LEVEL.1"),  # pandas, R
        ("EDUCATION_LEVEL", "EDUCATION_LEVEL_duplicated_0"),  # polars
        ("EDUCATION_LEVEL", "EDUCATION_LEVEL_1"),  # DuckDB, Power Query
        ("EDUCATION_LEVEL", "EDUCATION_LEVEL_2"),  # csvkit, or the second renamed
        ("EDUCATION_LEVEL...10", "EDUCATION_LEVEL...44"),  # readr
        ("EDUCATION_LEVEL_1", "EDUCATION_LEVEL"),  # the first renamed
        ("EDUCATION_LEVEL_1", "EDUCATION_LEVEL.1"),
        ("EDUCATION_LEVEL", "MATE_EDUCATION_LEVEL"),
        ("EDUCATION_LEVEL1", "EDUCATION_LEVEL2"),
        ("education_level", "education_level.1"),
        (" Education Level", "Education Level "),
        ("EDUCATION_LEVEL_1", "EDUCATION_LEVEL_2"),
    ],
)
def test_the_published_pair_is_read_in_its_public_forms(applicants: str, partners: str) -> None:
    columns = Columns.of(published(applicants, partners))
    assert columns.place == {name: number for number, name in enumerate(ALL, 1)}
    assert columns.ignored == {"ID_CLIENT": None, "TARGET_LABEL_BAD=1": None}


@pytest.mark.parametrize(
    ("header", "applicants", "partners"),
    [
        (["EDUCATION_LEVEL_2", "EDUCATION_LEVEL_1"], 1, 0),
        (["EDUCATION_LEVEL_2", "EDUCATION_LEVEL"], 1, 0),
        (["EDUCATION_LEVEL.1", "EDUCATION_LEVEL"], 1, 0),
        (["MATE_PROFESSION_CODE", "EDUCATION_LEVEL", "EDUCATION_LEVEL"], 2, 1),
        (["MATE_PROFESSION_CODE", "EDUCATION_LEVEL", "EDUCATION_LEVEL_1"], 2, 1),
        (["EDUCATION_LEVEL", "AGE", "mate_profession_code", "EDUCATION_LEVEL_1"], 0, 3),
        (["EDUCATION_LEVEL", "EDUCATION_LEVEL_1", "EDUCATION_LEVEL_2"], 1, 2),
        (["EDUCATION_LEVEL"], 0, None),
        (["EDUCATION_LEVEL.1"], None, 0),
        (["MATE_PROFESSION_CODE", "EDUCATION_LEVEL"], None, 1),
    ],
)
def test_names_and_order_tell_them_apart(
    header: list[str], applicants: int | None, partners: int | None
) -> None:
    place = Columns.of(header).place
    assert (place.get("EDUCATION_LEVEL_1"), place.get("EDUCATION_LEVEL_2")) == (applicants, partners)


@pytest.mark.parametrize(
    "header",
    [["EDUCATION_LEVEL", "EDUCATION_LEVEL_1"], ["EDUCATION_LEVEL"] * 3, ["AGE", "EDUCATION_LEVEL", "SEX", "EDUCATION_LEVEL_1"]],
)  # fmt: skip
def test_where_they_do_not_the_answer_is_a_question_and_no_guess(header: list[str]) -> None:
    with pytest.raises(
        WrongColumns, match=r"whose education they tell; name the applicant's EDUCATION_LEVEL_1"
    ):
        Columns.of(header)


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        ("RESIDENTIAL_BOROUGH", "RESIDENCIAL_BOROUGH"),
        ("Residencial Borough", "RESIDENCIAL_BOROUGH"),
        ("PROFFESION_CODE", "PROFESSION_CODE"),
        ("QUANT_DEPENDENTS", "QUANT_DEPENDANTS"),
        ("Nationality", "NACIONALITY"),
        ("SÉX", "SEX"),
        ("AGE_", "AGE"),
        ("RESIDENCIAL_ZIP3", "RESIDENCIAL_ZIP_3"),
        ("NOTES", None),
        ("ID_CLIENT", None),
        ("TARGET_LABEL_BAD=1", None),
    ],
)
def test_a_misspelt_column_gets_a_suggestion(column: str, meant: str | None) -> None:
    header = [column, *(name for name in FIELDS if name != meant)]
    assert Columns.of(header).ignored == {column: meant}


def test_nothing_is_suggested_that_is_there_already() -> None:
    assert Columns.of([*FIELDS, "RESIDENTIAL_BOROUGH"]).ignored == {"RESIDENTIAL_BOROUGH": None}


def test_notes_name_ignored_columns_and_absent_fields() -> None:
    header = [name for name in FIELDS if name not in ("RESIDENCIAL_BOROUGH", "SEX")]
    columns = Columns.of([*header, "RESIDENTIAL_BOROUGH", "NOTES\x1b[31m\n", "", "  "])
    assert columns.notes(["AGE", "SEX", "RESIDENCIAL_BOROUGH"]) == [
        "ignored, for no field has this name: RESIDENTIAL_BOROUGH (did you mean RESIDENCIAL_BOROUGH?), NOTES [31m",
        "scored as missing, for no column has this name: SEX, RESIDENCIAL_BOROUGH",
    ]
    assert Columns.of(list(FIELDS)).notes(FIELDS) == []


def test_a_thousand_ignored_columns_are_one_short_line() -> None:
    (note,) = Columns.of([*FIELDS, *(f"X{n}" * 100 for n in range(1_000))]).notes(FIELDS)
    assert note.endswith(" and 980 more") and len(note) < 1_500


def test_a_needed_column_that_is_misspelt_is_asked_for() -> None:
    columns = Columns.of([*(name for name in FIELDS if name not in ("PRODUCT", "AGE")), "PRODUTC"])
    with pytest.raises(WrongColumns, match=r"lacks PRODUCT \(is PRODUTC meant for it\?\), AGE"):
        columns.check(["SEX", "PRODUCT", "AGE"])


def test_a_table_without_a_header_is_told_so_without_quoting_a_person() -> None:
    with pytest.raises(WrongColumns, match="a header must come first") as refusal:
        Columns.of(["Ana Souza", "012345678", "10", "Web"]).check(["AGE"])
    assert "Ana" not in str(refusal.value)
