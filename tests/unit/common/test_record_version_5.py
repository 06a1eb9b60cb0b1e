"""What version 5 of the record brought: the policy, the chance of acceptance, the rule, what an application corrects, and
referrals; and what an older form, scorer or file makes of it."""

import csv
import io
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from creditrisk.application_id import new_application_id
from creditrisk.decision import Answer, Decision
from creditrisk.errors import NotAnApplication
from creditrisk.history import Record
from creditrisk.history.columns import HEADER, VERSION, columns_of
from creditrisk.history.folder import FolderHistory
from creditrisk.history.records import csv_line, from_line, to_line
from creditrisk.queue.jobs import job_hash, read_job
from tests.helpers import Make

Decided = Callable[..., Answer]
NEW = {"POLICY", "PROPENSITY", "RULE", "CORRECTS"}


@pytest.fixture
def referred(decided: Decided) -> Answer:
    answer = decided()
    assert answer.decision
    decision = replace(
        answer.decision,
        decision="referred",
        policy="cards-2026 0a1b2c3d",
        propensity=0.03,
        rule="no-income: The income, R$ 300, is below what a card needs.",
    )
    return replace(answer, decision=decision, corrects=new_application_id())


def test_a_referred_application_is_recorded_with_policy_rule_propensity_and_what_it_corrects(
    history: FolderHistory, referred: Answer
) -> None:
    history.append([Record(referred)], lambda: {referred.id})
    assert history.find(referred.id) == referred
    (row,) = csv.DictReader(io.StringIO(history.path.read_text()))
    assert (row["DECISION"], row["POLICY"], row["PROPENSITY"]) == ("referred", "cards-2026 0a1b2c3d", "0.03")
    assert row["CORRECTS"] == referred.corrects
    assert (
        referred.decision
        and referred.decision.rule_reason == "The income, R$ 300, is below what a card needs."
    )


def test_an_ordinary_record_leaves_them_empty(decided: Decided) -> None:
    (row,) = csv.DictReader(io.StringIO(HEADER + to_line(decided())))
    assert {row[name] for name in NEW} == {""}
    assert VERSION == 5 and set(columns_of(5)) - set(columns_of(4)) == NEW


def test_a_record_of_version_4_reads_as_one_without_them(decided: Decided) -> None:
    answer = decided()
    row = dict(zip(columns_of(VERSION), next(csv.reader([to_line(answer)])), strict=True))
    line = csv_line([{**row, "RECORD_VERSION": "4"}[name] for name in columns_of(4)])
    read = from_line(line, columns_of(4))
    assert read == answer
    assert read.decision
    assert (read.corrects, read.decision.policy, read.decision.propensity, read.decision.rule) == (
        "",
        "",
        None,
        "",
    )


def test_the_answer_travels_with_them_and_one_of_the_version_before_comes_without(referred: Answer) -> None:
    assert referred.decision
    data = referred.decision.to_dict()
    assert Decision.from_dict(data, referred.application) == referred.decision
    before = {name: value for name, value in data.items() if name not in ("policy", "propensity", "rule")}
    assert Decision.from_dict(before, referred.application).rule_reason == ""


def test_a_job_carries_what_it_corrects_and_one_that_corrects_nothing_is_as_it_was(
    make_application: Make,
) -> None:
    corrected = new_application_id()
    job = job_hash(make_application(), "2026-11-23T05:18:32.123Z", 60, corrected)
    assert read_job(job["data"]) == (make_application(), "2026-11-23T05:18:32.123Z", corrected)
    plain = job_hash(make_application(), "2026-11-23T05:18:32.123Z", 60)
    assert read_job(plain["data"]).corrects == ""


@pytest.mark.parametrize("written", ["=cmd()", "01a2", 7, None, ["x"]])
def test_what_is_no_id_is_not_recorded_as_what_was_corrected(make_application: Make, written: object) -> None:
    """Others may have written to the queue, too."""
    job = job_hash(make_application(), "2026-11-23T05:18:32.123Z", 60, written)  # type: ignore[arg-type]
    assert read_job(job["data"]).corrects == ""


def test_a_job_without_an_application_is_still_refused() -> None:
    with pytest.raises(NotAnApplication):
        read_job(b"nothing")


def test_a_job_is_no_longer_than_zlib_makes_it_at_its_lowest_level(make_application: Make) -> None:
    data = job_hash(make_application(), "2026-11-23T05:18:32.123Z", 60)["data"]
    assert len(data) <= 1.02 * len(zlib.compress(zlib.decompress(data), 1))
