"""The decision as a letter: what it says under each law, and as PDF; and the record to take away."""

import csv
import io
import re
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient

from creditrisk.decision import Answer, Change, Decision, Reason
from creditrisk.portfolio import in_force, law
from creditrisk.portfolio.definition import Lender
from tests.unit.web.conftest import SCORED_AT, FakeIntake, decision_of
from web.helvetica import BOLD, REGULAR
from web.letter import Letter, letter
from web.pdf import LEFT, RIGHT, WIDTH, _lines, pdf
from web.result import Result

LENDER = Lender(
    "Banco Exemplo S.A.", "0800 000 0000", "Rua das Flores, 100\nNiterói", "Agency, Washington, DC"
)
ID = "01a22a6a-7809-7258-b41f-f5321d5a4e9e"
DECLINED = decision_of(
    0.6171,
    reasons=[Reason("AGE", 0.5, 19), Reason("RESIDENCIAL_CITY", 0.3, "Niterói")],
    counterfactual=[Change("PAYMENT_DAY", "25")],
)


class OfLender(Result):
    """A result of a lender that says who it is."""

    lender = LENDER  # type: ignore[assignment]


def result(
    decision: Decision = DECLINED, kind: type[Result] = OfLender, name: str = "Júlia d'Ávila"
) -> Result:
    return kind(Answer(ID, "decided", SCORED_AT, {"FULL_NAME": name, "DNI": "00123456"}, decision), decision)


def written(
    app: Flask, monkeypatch: pytest.MonkeyPatch, profile: str = "BR", of: Result | None = None
) -> Letter:
    monkeypatch.setattr(in_force, "profile", lambda: law.PROFILES[profile])
    with app.test_request_context():
        return letter(of or result())


def text_of(letter: Letter) -> str:
    parts = [line for part in letter.parts for line in (part.heading, *part.paragraphs, *part.points)]
    return "\n".join(
        [
            letter.sender,
            *letter.addressee,
            letter.day,
            letter.reference,
            letter.subject,
            letter.greeting,
            *parts,
        ]
    )


def shown_by(file: bytes) -> str:
    """The text of a PDF's pages, as it is drawn."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", file, re.DOTALL)
    drawn = b"\n".join(zlib.decompress(each) for each in streams)
    texts = re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", drawn)
    return "\n".join(re.sub(rb"\\(.)", rb"\1", each).decode("cp1252") for each in texts)


@pytest.mark.parametrize(
    ("profile", "told", "not_told"),
    [
        ("BR", ["Lei 13.709/2018", "within 10 days", "Lei 12.414/2011 art. 5"], ["Equal Credit", "GDPR"]),
        ("EU", ["2023/2225 art. 18(8)", "GDPR art. 22(3)", "within 28 days", "GDPR art. 77"], ["Equal Credit", "Lei "]),
        ("US", ["The federal Equal Credit Opportunity Act prohibits creditors from discriminating", "12 CFR 1002.9(b)(1)",
                "concerning this creditor is Agency, Washington, DC"], ["GDPR", "Lei ", "within"]),
        ("none", [], ["Equal Credit", "GDPR", "Lei ", "Your rights"]),
    ],
)  # fmt: skip
def test_a_decline_names_who_decided_when_why_and_the_rights_of_its_law(
    app: Flask, monkeypatch: pytest.MonkeyPatch, profile: str, told: list[str], not_told: list[str]
) -> None:
    text = text_of(written(app, monkeypatch, profile))
    for words in (
        "Banco Exemplo S.A.", "Júlia d'Ávila", "DNI: 00123456", ID, "Your application of November 23, 2026",
        "cannot approve", "computer program", "Age (your answer: 19 years)", "City (your answer: Niterói)", "Payment day: 25",
        "0800 000 0000", *told,
    ):  # fmt: skip
        assert words in text
    for words in (*not_told, "probab", "lightgbm", "61.7"):
        assert words not in text


def test_every_right_of_every_law_has_its_words(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for profile in law.PROFILES.values():
        points = next(
            (
                part.points
                for part in written(app, monkeypatch, profile.name).parts
                if part.heading == "Your rights"
            ),
            (),
        )
        assert len(points) == len(profile.rights) == len(set(points))
        for right, point in zip(profile.rights, points, strict=True):
            assert point.endswith(f"Legal basis: {right.source}.")
            assert ("Equal Credit" in point) == (right.key == "equal credit")


def test_an_approval_is_glad_and_names_no_reasons(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(written(app, monkeypatch, of=result(decision_of(0.2))))
    assert "glad" in text and "Age" not in text and "rights" not in text


def test_where_the_lender_does_not_say_who_it_is_there_is_a_place_to_fill(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(written(app, monkeypatch, "US", result(kind=Result)))
    assert "[Name of the lender]" in text and "[name and address of the agency]" in text


def test_the_pdf_says_what_the_letter_says_on_one_page_within_its_margins(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for profile in law.PROFILES:
        told = written(app, monkeypatch, profile)
        with app.test_request_context():
            file = pdf(told)
        assert file.startswith(b"%PDF-1.7") and file.count(b"/Type /Page/") == 1
        flat = " ".join(shown_by(file).split())
        for line in text_of(told).splitlines():
            assert line in flat
        assert len(file) < 6_000


def test_no_line_is_longer_than_the_sheet_is_wide(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    told = written(app, monkeypatch, of=result(name="W" * 130 + " " + "Inês " * 40))
    with app.test_request_context():
        lines = shown_by(pdf(told)).splitlines()
    for line in lines:
        narrowest = min(
            sum(font[byte - 32] for byte in line.encode("cp1252")) * 8 / 1000 for font in (REGULAR, BOLD)
        )
        assert narrowest <= WIDTH - LEFT - RIGHT
    assert sum(line.count("W") for line in lines) >= 260  # the name, and the greeting


@pytest.mark.parametrize("room", [10, 60, 100, 200])
def test_what_a_no_break_space_joins_stays_on_one_line_of_the_pdf(room: int) -> None:
    lines = list(_lines("Monthly  income: R$\xa01.200,00 at least\nand R$\xa0900,00", 10, room, REGULAR))
    if room >= 60:
        assert sum(line.count("R$\xa01.200,00") + line.count("R$\xa0900,00") for line in lines) == 2
    assert "".join(lines).replace(" ", "") == "Monthlyincome:R$\xa01.200,00atleastandR$\xa0900,00"


def test_a_letter_that_is_too_long_goes_on_and_its_pages_have_numbers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = decision_of(0.7, reasons=[Reason("RESIDENCIAL_CITY", 0.1, "W" * 60)] * 40)
    told = written(app, monkeypatch, of=result(long))
    with app.test_request_context():
        text = shown_by(pdf(told))
    assert [f"{ID}  ·  {number}/4" in text for number in range(1, 6)] == [True] * 4 + [False]


def test_the_letter_can_be_read_and_fetched(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = DECLINED
    client.post("/application", data=form)
    page = client.get(f"/application/{intake.ids[0]}/letter")
    assert "Dear Ana Souza," in page.text and "Payment day: 25" in page.text
    file = client.get(f"/application/{intake.ids[0]}/letter.pdf")
    assert (file.mimetype, file.headers["Content-Disposition"]) == (
        "application/pdf",
        'attachment; filename="letter.pdf"',
    )
    assert "Dear Ana Souza," in shown_by(file.data)


def test_the_record_can_be_taken_away_as_data_and_as_a_table(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = DECLINED
    client.post("/application", data=form | {"residencial_city": "=cmd|' /C calc'!A0"})
    data = client.get(f"/application/{intake.ids[0]}/data.json").json
    assert data and data["application"] == intake.submitted[0]
    assert data["decision"] == "declined" and data["reasons"][0]["field"] == "AGE"
    table = client.get(f"/application/{intake.ids[0]}/data.csv").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"))))
    assert rows[0] == ["Name", "Meaning", "Value"]
    assert ["AGE", "Age", "34"] in rows and ["decision", "", "declined"] in rows
    assert {row[0] for row in rows[1:]} >= set(intake.submitted[0])
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
