"""What a file's bytes are: its packing and encoding told from all of it, other formats named, damage refused."""

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile

import pytest

from creditrisk.errors import UnusableFile
from creditrisk.files import plain, plan

HEAD = "AGE,RESIDENCIAL_CITY\n"


def encoding_of(data: bytes) -> str:
    return plan([data], 10).encoding


def text_of(data: bytes) -> tuple[str, bool]:
    blocks, other = plain(io.BytesIO(data))
    whole = b"".join(blocks)
    return whole.decode(plan([whole], 10).encoding).removeprefix("\ufeff"), other


@pytest.mark.parametrize(
    ("rows", "encoding"),
    [
        ("30,Niteroi\n", "utf-8"),
        ("30,Niterói\n", "utf-8"),
        ("30,Łódź\n30,東京\n30,Москва\n30,🙂\n", "utf-8"),
        ("30,Niterói\n", "iso-8859-1"),
        ("30,NITERÓI\n31,SÃO JOÃO\n", "iso-8859-1"),
        ("30,Santa Bárbara d´Oeste\n31,Nº 1ª R$ ½\xa0x\n", "iso-8859-1"),
        ("30,Santa Bárbara d’Oeste\n", "cp1252"),
        ("30,São “João” – 5 €\n31,Š\n", "cp1252"),
        ("30,d’Oeste…\n", "cp1252"),
    ],
)
def test_the_encoding_is_told_from_the_whole_text(rows: str, encoding: str) -> None:
    data = (HEAD + rows).encode(encoding)
    assert encoding_of(data) == encoding
    assert encoding_of(HEAD.encode() + b"30,x\n" * 400_000 + rows.encode(encoding)) == encoding
    assert text_of(data) == (HEAD + rows, False)


def split_in_two(data: bytes) -> list[bytes]:
    return [data[: len(data) // 2], data[len(data) // 2 :]]


@pytest.mark.parametrize("before", [0, 3, 30_000])
@pytest.mark.parametrize("between", [1, 30_000])
@pytest.mark.parametrize("bad", [b"Niter\xf3i", b"Gra\xe7a", b"S\xc3", b"\xe2\x82", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf"])  # fmt: skip
def test_damaged_utf_8_is_refused_with_the_line_and_never_read_as_something_else(
    bad: bytes, between: int, before: int
) -> None:
    good, filler = "30,Niterói\n".encode(), b"30,x\n"
    bad_first = HEAD.encode() + filler * before + b"30," + bad + b"\n" + filler * between + good
    with pytest.raises(
        UnusableFile, match=f"Line {2 + before} is not in UTF-8, and line {3 + before + between} is"
    ):
        plan(split_in_two(bad_first), 10)
    good_first = HEAD.encode() + filler * before + good + filler * between + b"30," + bad + b"\n"
    with pytest.raises(
        UnusableFile, match=f"Line {3 + before + between} is not in UTF-8, and line {2 + before} is"
    ):
        plan(split_in_two(good_first), 10)


@pytest.mark.parametrize(
    ("encoding", "city"),
    [
        *(("cp850", city) for city in ("Niterói", "São Paulo", "Brasília", "Goiânia", "Conceição")),
        *(("cp437", city) for city in ("Niterói", "Brasília", "Goiânia")),
        *(("mac_roman", city) for city in ("São Paulo", "Goiânia", "Conceição")),
    ],
)
def test_encodings_of_ms_dos_and_old_macs_are_refused_with_the_line(encoding: str, city: str) -> None:
    with pytest.raises(UnusableFile, match="Line 3 is neither in UTF-8 nor in Windows-1252"):
        encoding_of(f"{HEAD}30,x\n30,{city}\n".encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_utf_16_and_gzip_are_read(encoding: str, pack: object) -> None:
    text = HEAD + "30,São Paulo\n31,Łódź\n" * 100_000
    assert callable(pack)
    data = pack(text.encode(encoding))
    assert text_of(data) == (text, encoding != "utf-8-sig" or pack is gzip.compress)


def test_gzip_of_several_parts_is_read_and_a_bomb_does_not_fill_the_memory() -> None:
    data = gzip.compress(HEAD.encode()) + gzip.compress("30,Niterói\n".encode()) + b"\x00" * 512
    assert text_of(data) == (HEAD + "30,Niterói\n", True)
    blocks, _ = plain(io.BytesIO(gzip.compress(b"\n" * (64 << 20))))
    assert max(map(len, blocks)) <= 1 << 20


def told(value: object) -> str | None:
    """How a case is called: by what is said of it, as packed bytes may be others in each process."""
    return "data" if isinstance(value, bytes) else None


GOOD = (HEAD + "30,Niterói\n" * 1_000).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (gzip.compress(GOOD)[:-12], "packed with gzip, and damaged or cut off"),
        (gzip.compress(GOOD)[:-6] + b"123456", "packed with gzip, and damaged or cut off"),
        (b"\x1f\x8bno gzip", "packed with gzip, and damaged or cut off"),
        (gzip.compress(gzip.compress(GOOD)), "gzip twice"),
        ((HEAD + "30,x\n" * 9).encode("utf-16") + b"\x00\xd8\n\x00", "UTF-16 and damaged in line 11"),
        ((HEAD + "30,x\n" * 9).encode("utf-16")[:-1], "UTF-16 and damaged in line 10"),
    ],
    ids=told,
)
def test_what_is_damaged_is_refused_in_words(data: bytes, says: str) -> None:
    with pytest.raises(UnusableFile, match=says):
        text_of(data)


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(
                name, "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else "x"
            )
    return buffer.getvalue()


def database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE applications (age)")
    return connection.serialize()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), r"Excel workbook \(.xlsx\).* save it as “CSV UTF-8”"),
        (zipped("mimetype", "content.xml"), r"OpenDocument spreadsheet \(.ods\).* save it as “CSV UTF-8”"),
        (zipped("in.csv"), "ZIP archive, not CSV: unpack it with `unzip`"),
        (b"PK\x05\x06" + bytes(18), "ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"Excel workbook \(.xls\)"),
        (b"PAR1\x15\x04\x15", "Parquet.*read_parquet"),
        (b"ARROW1\x00\x00", "Arrow"),
        (database(), "SQLite.*sqlite3"),
        (bz2.compress(GOOD), "bzip2.*bunzip2"),
        (lzma.compress(GOOD), "xz.*unxz"),
        (b"\x28\xb5\x2f\xfd\x04", "Zstandard"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7-Zip"),
        (b"%PDF-1.7\n", "PDF"),
        (b'[{"AGE": 30}]', "JSON.*API"),
        (b'\xef\xbb\xbf{\n  "AGE": 30}', "JSON"),
        (b'{"AGE": 30}\n{"AGE": 31}\n', "JSON"),
        (b"<html><table>", "HTML or XML"),
        (b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00]", "binary"),
        (bytes(range(256)) * 8, "binary"),
        (gzip.compress(zipped("xl/workbook.xml")), "Excel workbook"),
    ],
    ids=told,
)  # fmt: skip
def test_other_formats_are_named_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(UnusableFile, match=says):
        text_of(data)


def test_a_header_of_one_letter_or_a_strange_one_is_no_other_format() -> None:
    for text in ("a\n", "PARTNER,AGE\n", "[AGE],[SEX]\n", "{AGE}\n", "ORC_ID\n"):
        assert text_of(text.encode()) == (text, False)


def test_a_last_line_without_its_end_is_part_of_what_tells_the_encoding() -> None:
    planned = plan(iter(["name,city\nAna,Niterói".encode("cp1252")]), rows=10)
    assert "Niterói".encode(planned.encoding) == "Niterói".encode("cp1252")
