"""Names of the whole world in the letter as PDF: no letter of a name becomes a dot, and each accent stands where it belongs."""

import re
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import FakeIntake
from tests.unit.web.test_letter import DECLINED, result
from web.helvetica import BOLD, REGULAR
from web.letter import letter
from web.lettering import can_spell, glyphs, spelt, width_of
from web.pdf import _drawn, _width, pdf

AS_THEY_ARE = (
    "Júlia d'Ávila", "O’Connor – Müller", "Ñandú", "Łukasz Żółć", "Gęślą jaźń", "Žižek Đorđe Ćirić", "Příšerně žluťoučký kůň",
    "Ďuriš Ľubomír Iľja", "Győző Őri", "Ştefan Țurcanu Ăla", "Çağrı Işık İnönü", "Jūratė Žemaitė Mįslė", "Nguyễn", "“Zoë” € (B) \\",
)  # fmt: skip


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_names_in_latin_letters_are_written_as_they_are(name: str) -> None:
    assert spelt(name) == name and can_spell(name)


@pytest.mark.parametrize(
    ("name", "passport"),
    [
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"), ("Дмитрий Щукин", "Dmitrii Shchukin"), ("ЩУКИН", "SHCHUKIN"),
        ("Семён Гайдай", "Semen Gaidai"), ("Ｊúlia", "Júlia"), ("Ana\u2011Lia", "Ana-Lia"), ("Ana 😀 Lima", "Ana  Lima"),
    ],
)  # fmt: skip
def test_greek_and_cyrillic_are_written_as_in_passports_and_signs_are_left_out(
    name: str, passport: str
) -> None:
    assert spelt(name) == passport and can_spell(name)


@pytest.mark.parametrize("name", ["王小明", "محمد علي", "李 Lima"])
def test_who_cannot_be_named_is_addressed_by_the_identity_number(
    app: Flask, name: str, client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    assert not can_spell(name)
    with app.test_request_context():
        told = letter(result(name=name), can_spell)
        assert told.addressee == ["The applicant", "DNI: 00123456"] and told.greeting == "Dear applicant,"
        assert letter(result(name=name)).greeting == f"Dear {name},", "the page has every letter"
    intake.decision = DECLINED
    client.post("/application", data=form | {"full_name": name})
    drawn = _streams(client.get(f"/application/{intake.ids[0]}/letter.pdf").data)
    assert b"(Dear applicant,) Tj" in drawn


def test_a_value_that_cannot_be_written_is_three_dots() -> None:
    assert spelt("City (your answer: 北京)") == "City (your answer: …)"


@pytest.mark.parametrize("widths", [REGULAR, BOLD])
@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_an_accent_stands_over_or_under_its_letter_and_the_next_letter_behind_it(
    name: str, widths: tuple[int, ...]
) -> None:
    pen, starts, accents = 0.0, [], []
    for part in _drawn(name, widths):
        if isinstance(part, bytes):
            for code in part:
                starts.append(pen)
                pen += width_of(code, widths)
        else:
            back, code, after, raised = part
            accents.append((len(starts) - 1, pen - back + width_of(code, widths) / 2, raised))
            pen += width_of(code, widths) - back - after
    assert pen == pytest.approx(_width(name, 1000, widths))
    drawn = list(glyphs(name))
    assert len(starts) == len(drawn) == len(name)
    assert [place for place, _, _ in accents] == [n for n, each in enumerate(drawn) if each.accent]
    for place, middle, raised in accents:
        accent = drawn[place].accent
        assert accent and middle == pytest.approx(
            starts[place] + accent.middle * width_of(drawn[place].code, widths)
        )
        if accent.code not in (0xB8, 6, 0x92):
            assert (raised > 0) == (name[place].isupper() or name[place] in "ễ")


def test_who_copies_such_a_name_gets_its_letters(app: Flask) -> None:
    with app.test_request_context():
        drawn = _streams(pdf(letter(result(name="Łukasz Żółć"), can_spell)))
    told = re.findall(rb"/ActualText <([0-9a-f]+)>", drawn)
    assert [bytes.fromhex(each.decode()).decode("utf-16") for each in told] == [
        "Łukasz Żółć",
        "Dear Łukasz Żółć,",
    ]
    assert drawn.count(b" BDC") + drawn.count(b"\nBDC") == drawn.count(b"EMC") == 2


def _streams(file: bytes) -> bytes:
    return b"\n".join(
        zlib.decompress(each) for each in re.findall(rb"stream\n(.*?)\nendstream", file, re.DOTALL)
    )
