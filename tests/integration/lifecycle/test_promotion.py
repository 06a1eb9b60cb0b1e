"""A version decides only after it has passed the gates, and by the persons that it takes; everything is told in the log."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.main import creditrisk
from creditrisk.settings import Settings
from lifecycle.audit import AuditBroken, open_audit, verify
from lifecycle.errors import NameMissing, PromotionRefused
from lifecycle.promotion import gates as gates_module
from lifecycle.promotion.activation import Activation
from lifecycle.promotion.comparison import judge
from lifecycle.promotion.gate import Gate
from lifecycle.promotion.gates import judged
from lifecycle.promotion.promoting import gates_of, go_back, promote
from models.store.versions import Store, Version
from models.training.data import Data
from scoring import load
from scoring.errors import FileChanged
from scoring.loading import GOLDEN
from scoring.manifest import MANIFEST, read_manifest, sha256
from tests.integration.models.layers import contents

Placed = Callable[..., Settings]


def version_of(layer: Path) -> str:
    return read_manifest(layer).version


def kept(settings: Settings, layer: Path) -> Version:
    return Store(Path(settings.model_store)).keep(layer, "trained", "ana")


def events(settings: Settings) -> list[tuple[str, str]]:
    verify(open_audit(settings.history_url))
    return [(entry.event, entry.by) for entry in open_audit(settings.history_url).entries()]


def activated(settings: Settings, layer: Path) -> None:
    """As if the layer had been there from the start."""
    assert settings.model_dir
    shutil.copytree(layer, settings.model_dir)


@pytest.fixture
def settings(placed: Placed) -> Settings:
    return placed()


def passed(gates: list[Gate]) -> dict[str, bool]:
    return {gate.name: gate.passed for gate in gates}


ALL = {"files", "law", "golden rows", "evidence", "ranking", "calibration", "fairness", "age", "reasons"}


def test_a_good_version_passes_every_gate_and_decides(
    settings: Settings, good: Path, poor: Path, held: Data
) -> None:
    activated(settings, poor)
    version = kept(settings, good)
    gates = gates_of(settings, version, held)
    assert passed(gates) == dict.fromkeys(ALL, True)
    done = promote(settings, version, gates, "ana")
    assert done.active and (done.version, done.before) == (version.name, version_of(poor))
    assert version_of(settings.model_folder) == version.name
    assert events(settings) == [("model.activated", "ana")]
    entry = next(iter(open_audit(settings.history_url).entries()))
    assert entry.facts["before"] == version_of(poor) and set(entry.facts["gates"]) == ALL
    names = {one.name for one in Store(Path(settings.model_store)).versions()}
    assert names == {version.name, version_of(poor)}, "the one that it replaced is kept, too"


def test_a_bad_version_is_refused_by_the_gates_name_and_figures(
    settings: Settings, good: Path, poor: Path, held: Data
) -> None:
    activated(settings, good)
    version = kept(settings, poor)
    gates = gates_of(settings, version, held)
    assert not passed(gates)["ranking"] and not passed(gates)["calibration"]
    with pytest.raises(
        PromotionRefused, match=r"ranking: ROC-AUC 0\.\d{4}, the active one's 0\.\d{4}: -0\.\d"
    ):
        promote(settings, version, gates, "ana")
    assert contents(settings.model_folder) == contents(good)
    assert events(settings) == [("model.refused", "ana")]


def test_the_same_model_is_no_worse_than_itself(settings: Settings, good: Path, held: Data) -> None:
    scorer = load(good, settings.model)
    ranking = next(gate for gate in judged(scorer, scorer, held, 0.5) if gate.name == "ranking")
    assert ranking.passed and ranking.figures["advantage"] == {"value": 0, "low": 0, "high": 0}


def test_many_applications_are_judged_in_pieces_to_the_same_figures(
    good: Path, held: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = load(good, "lightgbm")
    whole = judge(scorer, held)
    monkeypatch.setattr("lifecycle.promotion.comparison._PIECE", 500)
    pieces = judge(scorer, held)
    assert np.allclose(pieces.probability, whole.probability, rtol=0, atol=1e-12) and len(held) == 1_200
    assert pieces.figures.roc_auc.value == pytest.approx(whole.figures.roc_auc.value)


def test_probabilities_that_are_far_too_high_fail_the_calibration(good: Path, held: Data) -> None:
    scorer = load(good, "lightgbm")
    good_ones = np.flatnonzero(held.bad == 0)
    few = np.sort(np.concatenate([good_ones, np.flatnonzero(held.bad)[:60]]))
    fewer = Data(held.take(few), held.bad[few], {}, "")
    gates = passed(list(judged(scorer, None, fewer, 0.5)))
    assert not gates["calibration"] and gates["ranking"]


def test_a_group_that_is_approved_less_often_fails_the_fairness(
    good: Path, held: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The candidate asks more of men; what is active treats both alike."""

    class Unfair:
        name, version, fields = "lightgbm", "unfair", list(held.columns)

        def __init__(self, more: float) -> None:
            self.more = more

        def probabilities(self, columns: dict[str, list[Any]]) -> np.ndarray[Any, Any]:
            base = np.linspace(0.05, 0.6, len(held))
            return np.clip(base + self.more * np.array([sex == "M" for sex in columns["SEX"]]), 0, 1)

    def fairness(more: float, active: float) -> Gate:
        candidate, old = (gates_module.judge(Unfair(one), held) for one in (more, active))  # type: ignore[arg-type]
        return gates_module._fairness(candidate, old, held, 0.35)

    assert fairness(0.0, 0.0).passed
    refused = fairness(0.3, 0.0)
    assert not refused.passed and "times as often" in refused.said and "by the active one" in refused.said
    assert fairness(0.3, 0.3).passed, "no worse than the active one"


def test_too_few_outcomes_are_no_evidence(settings: Settings, good: Path, poor: Path, held: Data) -> None:
    activated(settings, poor)
    rows = np.arange(150)
    gates = gates_of(settings, kept(settings, good), Data(held.take(rows), held.bad[rows], {}, ""))
    assert passed(gates)["evidence"] is False and "ranking" not in passed(gates)
    with pytest.raises(PromotionRefused, match="evidence: The hold-out has 150 applications"):
        promote(settings, kept(settings, good), gates, "ana")


def spoiled(layer: Path, folder: Path, how: str) -> Path:
    """A layer that may not decide."""
    shutil.copytree(layer, folder)
    if how == "files":
        (folder / GOLDEN).write_bytes(b"[]")
        return folder
    golden = json.loads((folder / GOLDEN).read_bytes())
    golden[0]["lightgbm"] += 0.01
    content = json.dumps(golden).encode()
    (folder / GOLDEN).write_bytes(content)
    data = json.loads((folder / MANIFEST).read_text())
    data["files"][GOLDEN] = {"sha256": sha256(content), "bytes": len(content)}
    (folder / MANIFEST).write_text(json.dumps(data))
    return folder


@pytest.mark.parametrize("how", ["files", "golden rows"])
def test_what_cannot_be_loaded_fails_that_gate_alone(
    how: str, settings: Settings, good: Path, held: Data, tmp_path: Path
) -> None:
    version = kept(settings, spoiled(good, tmp_path / "spoiled", how))
    gates = gates_of(settings, version, held)
    assert [gate.name for gate in gates if not gate.passed] == [how]
    assert len(gates) == ["files", "law", "golden rows"].index(how) + 1, "no other gate is asked"


def test_two_persons_are_needed_where_the_settings_ask_for_two(
    placed: Placed, good: Path, poor: Path, held: Data
) -> None:
    settings = placed(promotion_approvals=2)
    activated(settings, poor)
    version = kept(settings, good)
    gates = gates_of(settings, version, held)
    for name in ("ana", "ana", "  ANA "):
        asked = promote(settings, version, gates, name)
        assert not asked.active and version_of(settings.model_folder) == version_of(poor)
    done = promote(settings, version, gates, "bo")
    assert done.active and done.proposed_by.casefold() == "ana"
    assert version_of(settings.model_folder) == version.name
    go_back(settings, "", "ana")
    assert not promote(settings, version, gates, "cy").active, (
        "a proposal from before the last change is void"
    )


def test_going_back_takes_any_version_and_no_gate(
    settings: Settings, good: Path, poor: Path, held: Data
) -> None:
    activated(settings, poor)
    version = kept(settings, good)
    promote(settings, version, gates_of(settings, version, held), "ana")
    assert go_back(settings, "", "bo") == version_of(poor)
    assert go_back(settings, version.name[:6], "bo") == version.name
    assert go_back(settings, version_of(poor), "cy") == version_of(poor)
    assert events(settings) == [("model.activated", who) for who in ("ana", "bo", "bo", "cy")]


def test_going_back_to_what_cannot_serve_changes_and_tells_nothing(
    settings: Settings, good: Path, tmp_path: Path
) -> None:
    activated(settings, good)
    version = kept(settings, spoiled(good, tmp_path / "spoiled", "files"))
    shutil.rmtree(settings.model_folder)
    activated(settings, good)
    (version.layer / GOLDEN).write_bytes(b"[]")
    with pytest.raises(FileChanged):
        go_back(settings, version.name, "ana")
    assert contents(settings.model_folder) == contents(good)
    assert events(settings) == []


def test_nothing_is_changed_that_cannot_be_told(
    settings: Settings, good: Path, poor: Path, held: Data
) -> None:
    activated(settings, poor)
    version = kept(settings, good)
    gates = gates_of(settings, version, held)
    log = Path(settings.history_url) / "audit.jsonl"
    open_audit(settings.history_url).record("model.refused", "ana")
    log.write_bytes(log.read_bytes().replace(b"ana", b"eve"))
    with pytest.raises(AuditBroken):
        promote(settings, version, gates, "ana")
    assert contents(settings.model_folder) == contents(poor)


def test_an_activation_that_comes_to_nothing_is_told_as_such(settings: Settings, good: Path) -> None:
    def fail() -> None:
        with Activation(settings, "ana", "installed") as activation:
            activation.begins(good)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert [event for event, _ in events(settings)] == ["model.activated", "model.not_activated"]


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\x1b[2Jb"])
def test_who_has_no_name_changes_nothing(name: str, settings: Settings) -> None:
    with pytest.raises(NameMissing):
        Activation(settings, name, "installed")


class TestCommands:
    """`creditrisk model compare`, `promote`, `rollback`, `history`, `at`."""

    @pytest.fixture
    def run(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
        monkeypatch.setenv("MODEL_DIR", str(settings.model_folder))
        monkeypatch.setenv("MODEL_STORE", settings.model_store)
        monkeypatch.setenv("HISTORY_URL", settings.history_url)

        def command(*words: object) -> Result:
            return CliRunner().invoke(creditrisk, ["model", *map(str, words)])

        return command

    @pytest.fixture
    def file(self, held: Data, tmp_path: Path) -> Path:
        from tests.integration.models.training.conftest import as_published, made_up_rows

        path = tmp_path / "held.txt"
        path.write_bytes(as_published(made_up_rows(1_200, 4)))
        return path

    def test_the_way_of_a_version(
        self, run: Callable[..., Result], settings: Settings, good: Path, poor: Path, file: Path
    ) -> None:
        activated(settings, poor)
        new, old = kept(settings, good).name, version_of(poor)
        compared = json.loads(run("compare", "active", new, "--on", file, "--json").stdout)
        assert (compared["first"]["version"], compared["second"]["version"]) == (old, new)
        assert compared["advantage"]["low"] > 0 and compared["rows"] == 1_200
        text = run("compare", "active", new, "--on", file).output
        assert f"{new} ranks +0." in text and "alone" in text
        promoted = run("promote", new, "--on", file, "--as", "ana")
        assert promoted.exit_code == 0, promoted.output
        assert (
            promoted.output.count("passed") == len(ALL)
            and f"version {new} decides from now on" in promoted.output
        )
        refused = run("promote", old, "--on", file, "--as", "bo", "--json")
        assert isinstance(refused.exception, PromotionRefused) and "ranking" in str(refused.exception)
        assert f"version {old} decides" in run("rollback", "--as", "bo").output
        assert f"version {new} decides" in run("rollback", new, "--as", "bo").output
        told = run("history").output
        assert told.index(old) and f"{new}  20" in told and "rolled back by bo" in told
        found = {one["version"]: one for one in json.loads(run("history", "--json").output)}
        assert [reign["how"] for reign in found[new]["decided"]] == ["promoted", "rolled back"]
        assert found[old]["decided"][0]["since"] == "", "it was there before the log began"
        today = found[new]["decided"][0]["since"][:10]
        assert {reign["version"] for reign in json.loads(run("at", today, "--json").output)} == {old, new}
        moment = found[new]["decided"][-1]["since"]
        assert run("at", moment).output.startswith(new)
        assert run("at", "2001-01-01").output.startswith(old)

    def test_a_day_that_is_none_is_wrong_usage_and_an_empty_log_knows_nothing(
        self, run: Callable[..., Result]
    ) -> None:
        assert run("at", "yesterday").exit_code == 2
        assert "knows of no change" in str(run("at", "2026-01-01").exception)
        assert "no version decides" in run("history").output, "there is no layer either"


def test_with_a_key_only_a_signed_version_goes_back(
    placed: Placed, good: Path, poor: Path, held: Data
) -> None:
    """`verify` is given the layer before anything is told or changed."""

    def refuse(layer: Path) -> None:
        raise FileChanged("not signed")

    settings = placed()
    activated(settings, poor)
    version = kept(settings, good)
    for change in (
        lambda: go_back(settings, version.name, "ana", refuse),
        lambda: promote(settings, version, gates_of(settings, version, held), "ana", refuse),
    ):
        with pytest.raises(FileChanged, match="not signed"):
            change()
    assert contents(settings.model_folder) == contents(poor) and events(settings) == []
