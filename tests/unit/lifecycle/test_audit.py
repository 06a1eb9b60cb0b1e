"""The audit log: each entry seals those before it, whoever writes, and whatever dies while writing."""

import json
import multiprocessing
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from lifecycle.audit import AuditBroken, AuditUnavailable, Entry, Head, open_audit, record, verify
from lifecycle.audit.chain import next_line, verified


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A log of five entries; gives its file."""
    log = open_audit(str(tmp_path))
    for number in range(1, 6):
        log.record("model.promoted", "ana", version=f"v{number}", auc=0.1 * number, note='ä "quoted", \n end')
    return tmp_path / "audit.jsonl"


def log_of(file: Path):  # type: ignore[no-untyped-def]
    return open_audit(str(file.parent))


def test_entries_come_back_as_they_were_recorded(written: Path) -> None:
    entries = list(log_of(written).entries())
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[2].facts == {"version": "v3", "auc": 0.1 * 3, "note": 'ä "quoted", \n end'}
    assert (entries[2].event, entries[2].by) == ("model.promoted", "ana")
    assert verify(log_of(written)) == Head(5, entries[4].hash)


def test_every_single_changed_byte_is_found(written: Path) -> None:
    whole = written.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(AuditBroken):
            verified(bytes(changed).removesuffix(b"\n").split(b"\n"))


@pytest.mark.parametrize(
    ("how", "first"),
    [
        (lambda lines: lines[1:], 1),
        (lambda lines: lines[:2] + lines[3:], 3),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
        (lambda lines: lines[:3] + lines[2:], 4),
        (lambda lines: [*lines[:2], lines[2][:40], *lines[3:]], 3),
        (lambda lines: [*lines[:2], b"", *lines[2:]], 3),
        (lambda lines: [*lines[:2], lines[2] + b"\r", *lines[3:]], 3),
    ],
    ids=["the first removed", "one removed", "two swapped", "one twice", "one cut short", "an empty line", "a CR"],
)  # fmt: skip
def test_what_was_done_to_the_lines_is_found_where_it_was_done(how, first, written: Path) -> None:  # type: ignore[no-untyped-def]
    lines = written.read_bytes().splitlines()
    written.write_bytes(b"".join(line + b"\n" for line in how(lines)))
    with pytest.raises(AuditBroken, match=rf"^Entry {first} "):
        verify(log_of(written))


def test_an_end_that_was_cut_off_shows_against_the_head_that_was_kept(written: Path) -> None:
    head = verify(log_of(written))
    assert verify(log_of(written), head) == head
    log_of(written).record("policy.activated", "bo")
    assert verify(log_of(written), head).number == 6, "a log that went on still holds its old head"
    written.write_bytes(b"".join(written.read_bytes().splitlines(keepends=True)[:3]))
    assert verify(log_of(written)).number == 3, "whole in itself"
    with pytest.raises(AuditBroken, match="cut off"):
        verify(log_of(written), head)


def test_a_log_written_anew_shows_against_the_head_that_was_kept(written: Path) -> None:
    head = verify(log_of(written))
    written.unlink()
    for number in range(7):
        log_of(written).record("model.promoted", "eve", version=f"v{number}")
    with pytest.raises(AuditBroken, match="written anew"):
        verify(log_of(written), head)


@pytest.mark.parametrize("left", [1, 20, 90, 150])
def test_what_a_kill_left_of_an_entry_is_kept_beside_and_the_log_goes_on(left: int, written: Path) -> None:
    head = verify(log_of(written))
    torn = next_line(head, "model.promoted", "ana", {"version": "v6"})[:left]
    with written.open("ab") as file:
        file.write(torn)
    assert log_of(written).record("model.promoted", "ana", version="again").number == 6
    assert verify(log_of(written), head).number == 6
    assert (written.parent / "audit.jsonl.cut").read_bytes() == torn + b"\n"


def test_an_entry_that_lacks_its_line_end_alone_gets_it(written: Path) -> None:
    line = next_line(verify(log_of(written)), "model.promoted", "ana", {"version": "v6"})
    with written.open("ab") as file:
        file.write(line)
    assert log_of(written).record("model.promoted", "ana", version="v7").number == 7
    assert verify(log_of(written)).number == 7
    assert not (written.parent / "audit.jsonl.cut").exists()


def test_a_torn_first_entry_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_bytes(b'{"hash":"00')
    assert open_audit(str(tmp_path)).record("model.promoted", "ana").number == 1
    assert verify(open_audit(str(tmp_path))).number == 1


def test_nothing_is_put_on_top_of_a_last_entry_that_was_changed(written: Path) -> None:
    content = written.read_bytes()
    place = content.rindex(b"v5")
    written.write_bytes(content[:place] + b"v6" + content[place + 2 :])
    with pytest.raises(AuditBroken, match="nothing is added"):
        log_of(written).record("model.promoted", "ana")
    assert b"v6" in written.read_bytes()


def test_entries_longer_than_a_read_are_chained_too(tmp_path: Path) -> None:
    for _ in range(3):
        open_audit(str(tmp_path)).record("model.promoted", "ana", gates=["x" * 30_000])
    assert verify(open_audit(str(tmp_path))).number == 3


def _write_many(folder: str, who: str) -> None:
    for number in range(25):
        open_audit(folder).record("model.promoted", who, number=number)


def test_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(tmp_path), f"w{one}")) for one in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    log = open_audit(str(tmp_path))
    assert verify(log).number == 100
    for one in range(4):
        own = [entry.facts["number"] for entry in log.entries() if entry.by == f"w{one}"]
        assert own == list(range(25))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(AuditUnavailable, match="not done"):
        open_audit(str(tmp_path / "file" / "history")).record("model.promoted", "ana")


def test_a_fact_that_is_no_json_is_a_mistake_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        open_audit(str(tmp_path)).record("model.promoted", "ana", auc=float("nan"))
    assert verify(open_audit(str(tmp_path))) == Head()


def test_verifying_costs_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its cost grows with the entries: a million take what these take, times fifty. The figure is printed."""
    rows, head, lines = 20_000, Head(), []
    for number in range(rows):
        line = next_line(head, "model.promoted", "ana", {"version": f"{number:012d}", "roc_auc": 0.65})
        head = Head(number + 1, line[9:73].decode())
        lines.append(line)
    (tmp_path / "audit.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    start = time.process_time()
    assert verify(open_audit(str(tmp_path)), head) == head
    seconds = time.process_time() - start
    with capsys.disabled():
        print(f"\naudit verify: {seconds / rows * 1e6:.2f} CPU s a million entries")


class TestCommand:
    """`creditrisk audit`."""

    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HISTORY_URL", str(tmp_path))

    def test_show_tells_the_newest_last(self, written: Path) -> None:
        record("policy.activated", "bo", version=2)
        result = CliRunner().invoke(creditrisk, ["audit", "show", "--last", "2"])
        first, second = result.output.splitlines()
        assert "model.promoted" in first and "version=v5" in first
        assert second.split()[0] == "6" and "policy.activated" in second and "bo" in second
        only = CliRunner().invoke(creditrisk, ["audit", "show", "--event", "policy", "--json"])
        assert Entry(**json.loads(only.output)).facts == {"version": 2}

    def test_show_has_a_line_for_each_gate_and_each_group(self) -> None:
        estimate = {"value": 0.70123456, "low": 0.68, "high": 0.7200001}
        gates = {
            "evidence": {"passed": True, "rows": 1234},
            "ranking": {"passed": True, "roc_auc": estimate, "active": None},
            "fairness": {
                "passed": True,
                "SEX at 0.4": {"ratio": 0.913, "low": 0.85, "high": 0.98, "active": 0.9},
            },
            "law": {"passed": False, "said": "It scores by SEX."},
        }
        record("model.refused", "eva", version="abc", gate="law", gates=gates)
        record("model.retrained", "eva", version="def", rows=10_000, roc_auc={"lightgbm": estimate})
        output = CliRunner().invoke(creditrisk, ["audit", "show"]).output
        refused, *lines, retrained, figures = output.splitlines()
        assert refused.endswith("gate=law  version=abc") and "model.refused" in refused
        assert [line.split(maxsplit=1) for line in lines] == [
            ["passed", "evidence      rows 1,234"],
            ["passed", "fairness"],
            ["SEX", "at 0.4: 0.9130 (0.8500 – 0.9800), active 0.9000"],
            ["FAILED", "law           It scores by SEX."],
            ["passed", "ranking       active –  roc auc 0.7012 (0.6800 – 0.7200)"],
        ]
        assert "rows=10,000" in retrained
        assert figures.split() == ["lightgbm", "0.7012", "(0.6800", "–", "0.7200)"]

    def test_verify_prints_the_head_and_takes_it_again(self, written: Path) -> None:
        head = json.loads(CliRunner().invoke(creditrisk, ["audit", "verify", "--json"]).output)["head"]
        result = CliRunner().invoke(creditrisk, ["audit", "verify", "--head", head])
        assert result.exit_code == 0 and result.output.startswith("5 entries") and head in result.output
        written.write_bytes(b"".join(written.read_bytes().splitlines(keepends=True)[:4]))
        assert isinstance(
            CliRunner().invoke(creditrisk, ["audit", "verify", "--head", head]).exception, AuditBroken
        )

    def test_a_head_that_is_none_is_wrong_usage(self) -> None:
        result = CliRunner().invoke(creditrisk, ["audit", "verify", "--head", "five"])
        assert result.exit_code == 2 and "NUMBER:HASH" in result.output
