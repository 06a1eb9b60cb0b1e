"""A file that cannot be trained on gets one line and exit status 1, and changes nothing on the disk."""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.main import main
from models.training.data import SOURCE_FIELDS
from tests.integration.models.layers import LAYER, ROOT, contents
from tests.integration.models.training.conftest import Rows, as_published

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LAYER, tmp_path / "model" / "pickles"))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `creditrisk …` in this process: exit status and what stands on stderr."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["creditrisk", *arguments])
        with pytest.raises(SystemExit) as exit:
            main()
        assert isinstance(exit.value.code, int)
        return exit.value.code, capsys.readouterr().err

    return run


def changed(rows: Rows, column: int, value: str, every: int = 1) -> Rows:
    return [[*row[:column], value, *row[column:][1:]] if not n % every else row for n, row in enumerate(rows)]


FILES: dict[str, tuple[Callable[[Rows], bytes], str]] = {
    "empty": (lambda rows: b"", "is empty"),
    "blank lines": (lambda rows: b"\r\n \r\n", "is empty"),
    "a column too many": (lambda rows: as_published([[*row, "0"] for row in rows]), "has 55 columns instead of 54"),
    "no label": (lambda rows: as_published([row[:-1] for row in rows]), "row 1, has no label: 53 columns instead of 54"),
    "one short row": (lambda rows: as_published([*rows[:9], rows[9][:5], *rows[10:]]), "row 10, has 5 columns"),
    "commas": (lambda rows: as_published(rows).replace(b"\t", b","), "separated by tabs"),
    "another label": (lambda rows: as_published(changed(rows, -1, "good")), "the label, 0 or 1; found 'good'"),
    "one class": (lambda rows: as_published([[*row[:-1], "0"] for row in rows]), "every label is 0"),
    "too few rows": (lambda rows: as_published(rows[:100]), "has 100 usable rows; at least 500"),
    "damaged UTF-8": (lambda rows: as_published(rows).replace(b"a", "ã".encode()) + b"\xe3\n", "is not in UTF-8, and line"),
    "a workbook": (lambda rows: b"PK\x03\x04 xl/workbook.xml", "an Excel workbook (.xlsx)"),
    "UTF-16 cut off": (lambda rows: as_published(rows).decode("latin-1").encode("utf-16")[:-1], "UTF-16 and damaged in line"),
    "columns moved": (lambda rows: as_published([[row[0], *row[10:-1], *row[1:10], row[-1]] for row in rows]), "most rows are not applications"),
    "content of one field": (lambda rows: as_published(changed(rows, SOURCE_FIELDS.index("SEX") + 1, "woman")), "the first field to fail is mostly SEX"),
    "gzip cut off": (lambda rows: gzip.compress(as_published(rows))[:-2_000], "cannot be read"),
    "gzip with a changed byte": (lambda rows: gzip.compress(as_published(rows))[:40] + b"\xff" * 60 + gzip.compress(as_published(rows))[100:], "cannot be read"),
    "gzip in name and first bytes alone": (lambda rows: b"\x1f\x8bno gzip", "cannot be read"),
}  # fmt: skip
"""What is wrong → the file's bytes, what the line says."""


@pytest.mark.parametrize("wrong", FILES)
def test_a_wrong_file_gets_one_line_and_changes_nothing(
    wrong: str, rows: Rows, layer: Path, command: Command, tmp_path: Path
) -> None:
    make, said = FILES[wrong]
    path = tmp_path / "modeling.txt.gz"
    path.write_bytes(make(rows))
    before = contents(tmp_path)
    status, err = command("train", str(path), "--out", str(layer), "--card", str(tmp_path / "card.md"))
    assert status == 1
    assert said in err
    assert err.startswith("creditrisk: ") and err.count("\n") == 1
    assert contents(tmp_path) == before


def test_a_missing_file_gets_one_line(layer: Path, command: Command, tmp_path: Path) -> None:
    before = contents(layer)
    status, err = command("train", str(tmp_path / "nothing.txt"), "--out", str(layer))
    assert status == 1
    assert "nothing.txt cannot be read: No such file or directory." in err and err.count("\n") == 1
    assert contents(layer) == before


def test_the_process_itself_ends_with_status_1(layer: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    done = subprocess.run(
        [sys.executable, "-m", "cli", "train", str(tmp_path / "empty.txt"), "--out", str(layer)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().endswith("is empty.") and done.stderr.count("\n") == 1


def test_an_unknown_field_to_exclude_is_wrong_usage(layer: Path, file: Path, command: Command) -> None:
    status, err = command("train", str(file), "--out", str(layer), "--exclude", "SHOE_SIZE")
    assert status == 2
    assert "there is no field SHOE_SIZE" in err


@pytest.mark.parametrize("option", ["--ablation", "--costs"])
def test_ablation_without_a_card_is_wrong_usage(
    option: str, layer: Path, file: Path, command: Command
) -> None:
    status, err = command("train", str(file), "--out", str(layer), option)
    assert status == 2
    assert "--card" in err
