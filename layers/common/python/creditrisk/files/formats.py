"""Formats that are not CSV, recognised by a file's first bytes, each with what the sender can do about it."""

import re

from creditrisk.errors import UnusableFile

_WORKBOOK = "open it in the program that made it and save it as “CSV UTF-8”."
_UNPACK = "unpack it with `{}` and take the CSV file in it, or pack it with gzip, which is read as it is."
_PANDAS = "write it as CSV, with pandas: `pandas.{}(FILE).to_csv(OUT, index=False)`."

_IN_ZIP = (
    (b"xl/", "an Excel workbook (.xlsx)", _WORKBOOK),
    (b"spreadsheet", "an OpenDocument spreadsheet (.ods)", _WORKBOOK),
    (b"Index/", "a Numbers spreadsheet", _WORKBOOK),
    (b"word/", "a Word document", "put its table into a spreadsheet and save it as “CSV UTF-8”."),
    (b"", "a ZIP archive", _UNPACK.format("unzip")),
)
"""What a ZIP archive is, by a name in it: the name, what the file is then, what to do. The first match counts."""

_FORMATS = (
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)", _WORKBOOK),
    (b"PAR1", "Parquet", _PANDAS.format("read_parquet")),
    (b"ARROW1", "an Arrow (Feather) file", _PANDAS.format("read_feather")),
    (b"FEA1", "a Feather file", _PANDAS.format("read_feather")),
    (b"ORC", "ORC", _PANDAS.format("read_orc")),
    (b"Obj\x01", "Avro", "write it as CSV."),
    (b"\x89HDF", "HDF5", _PANDAS.format("read_hdf")),
    (b"SQLite format 3\x00", "an SQLite database", "write the table as CSV: `sqlite3 -header -csv FILE 'SELECT * FROM TABLE'`."),
    (b"$FL2", "an SPSS file (.sav)", _PANDAS.format("read_spss")),
    (b"RDX", "an R data file", "write it as CSV, in R: `write.csv(DATA, OUT, row.names = FALSE)`."),
    (b"BZh", "packed with bzip2", _UNPACK.format("bunzip2")),
    (b"\xfd7zXZ", "packed with xz", _UNPACK.format("unxz")),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard", _UNPACK.format("unzstd")),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK.format("7z x")),
    (b"Rar!", "a RAR archive", _UNPACK.format("unrar x")),
)  # fmt: skip
"""A file's first bytes, what it is then, what to do. It counts only when the file also has binary bytes: a header may begin
with the letters ORC."""

_MARKED = (
    (b"%PDF", "a PDF", "ask for the table as CSV."),
    (b"{\\rtf", "a document (RTF)", "put its table into a spreadsheet and save it as “CSV UTF-8”."),
    (b"<stata_dta>", "a Stata file (.dta)", _PANDAS.format("read_stata")),
)
"""The same for formats that begin with much text: these first bytes suffice."""

_JSON = re.compile(rb'(?:\[\s*[\[{\]]|\{\s*["}])')
_MARKUP = re.compile(rb"<[!?a-zA-Z]")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LOOKED_AT = 4_096


def refuse(start: bytes) -> None:
    """Raises UnusableFile when a file that begins like this is no table of text. UTF-16 would look binary here: see
    `text.plain`, which recodes it first."""
    if what := _found(start):
        raise UnusableFile("The file is {}, not CSV: {}".format(*what))


def _found(start: bytes) -> tuple[str, str] | None:
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((name, advice) for inside, name, advice in _IN_ZIP if inside in start)
    signs = len(_BINARY.findall(start, 0, _LOOKED_AT))
    for first, name, advice in (*_MARKED, *(_FORMATS if signs else ())):
        if start.startswith(first):
            return name, advice
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _JSON.match(text):
        return "JSON", "write it as CSV, or post each application to the API."
    if _MARKUP.match(text):
        return "HTML or XML", "open it in a spreadsheet and save it as “CSV UTF-8”."
    if signs > len(start[:_LOOKED_AT]) / 50:
        return "binary", "a table of text is needed, saved as “CSV UTF-8”."
    return None
