"""The published file is read as it is."""

import gzip
from pathlib import Path

import pytest

from creditrisk.application import FIELDS
from models.training.data import SOURCE_FIELDS, Data, read
from tests.integration.models.training.conftest import Rows, as_published


def test_every_row_becomes_an_application_with_canonical_values(data: Data, rows: Rows) -> None:
    assert len(data) == len(rows)
    assert data.bad.tolist() == [int(row[-1]) for row in rows]
    for place, name in enumerate(SOURCE_FIELDS, 1):
        assert data.columns[name] == [FIELDS[name].parse(row[place]) for row in rows], name


def test_gzipped_or_not_is_the_same_data(file: Path, data: Data, tmp_path: Path) -> None:
    path = tmp_path / "modeling.anything"
    path.write_bytes(gzip.compress(file.read_bytes()))
    again = read(path)
    assert (again.columns, again.fingerprint) == (data.columns, data.fingerprint)


def test_letters_past_ascii_are_iso_8859_1(rows: Rows, tmp_path: Path) -> None:
    city = SOURCE_FIELDS.index("RESIDENCIAL_CITY") + 1
    path = tmp_path / "modeling.txt"
    path.write_bytes(as_published([[*row[:city], "São Gonçalo", *row[city + 1 :]] for row in rows]))
    assert set(read(path).columns["RESIDENCIAL_CITY"]) == {"São Gonçalo"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_saved_again_in_another_encoding_it_is_the_same_data(
    encoding: str, rows: Rows, tmp_path: Path
) -> None:
    city = SOURCE_FIELDS.index("RESIDENCIAL_CITY") + 1
    published = as_published([[*row[:city], "São Gonçalo", *row[city + 1 :]] for row in rows])
    (tmp_path / "published.txt").write_bytes(published)
    (tmp_path / "again.txt").write_bytes(published.decode("iso-8859-1").encode(encoding))
    assert read(tmp_path / "again.txt").columns == read(tmp_path / "published.txt").columns


@pytest.mark.parametrize(("field", "value"), [("AGE", "7"), ("RESIDENCIAL_ZIP_3", "#DIV/0!"), ("SEX", "W")])
def test_rows_that_no_form_would_accept_are_left_out_and_counted(
    field: str, value: str, rows: Rows, tmp_path: Path
) -> None:
    place = SOURCE_FIELDS.index(field) + 1
    wrong = [[*row[:place], value, *row[place + 1 :]] if n < 3 else row for n, row in enumerate(rows)]
    path = tmp_path / "modeling.txt"
    path.write_bytes(as_published(wrong))
    data = read(path)
    assert (len(data), data.refused) == (len(rows) - 3, {field: 3})
