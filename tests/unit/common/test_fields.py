"""The table of fields, and what each kind of field makes of what is typed."""

import math
import time
from contextlib import suppress

import pytest

from creditrisk.application import FIELDS, SECTIONS, Role, canonical_name
from creditrisk.portfolio.kinds import Choice


def test_there_are_54_fields_of_which_two_are_identity() -> None:
    assert len(FIELDS) == 54
    assert [name for name, field in FIELDS.items() if field.role is Role.IDENTITY] == ["FULL_NAME", "DNI"]


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_known_under_both_spellings_in_any_letter_case(name: str) -> None:
    field = FIELDS[name]
    assert field.name == name
    for spelling in (name, name.lower(), field.form_name, field.form_name.upper(), f" {name} "):
        assert canonical_name(spelling) == name


def test_a_name_that_is_no_field_is_none() -> None:
    assert canonical_name("SALARY") is None


@pytest.mark.parametrize("name", FIELDS)
def test_what_the_form_offers_at_first_is_valid(name: str) -> None:
    field = FIELDS[name]
    assert field.section in SECTIONS
    assert field.label
    if field.default:
        assert field.parse(field.default) in field.choices or not field.choices


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_reads_its_own_canonical_value_again(name: str) -> None:
    field = FIELDS[name]
    samples: list[object] = list(field.choices)
    if isinstance(field.kind, Choice):
        samples += field.kind.legacy
    if field.limits:
        samples += field.limits
    for sample in samples:
        value = field.parse(sample)
        assert field.parse(value) == value
        assert field.parse(str(value)) == value


GAPS = (
    "", "  ", "NULL", "null", "N.A.", "n.a.", "NaN", "nan", "-nan", "NaT", "None", "NA", "N/A", "n/a", "N / A", "#N/A",
    "#N/A N/A", "#N/D", "<NA>", "(null)", "[NULL]", "\\N", "nil", "undefined", "N/D", "#VALOR!", "#VALUE!", "#DIV/0!",
    "#NOME?", "1.#QNAN", "-1.#IND", "-", "--", "—", "?", ".", "...", "\u200e", "\ufeff",
)  # fmt: skip


@pytest.mark.parametrize("gap", [*GAPS, None, math.nan])
def test_every_usual_spelling_of_nothing_is_missing_in_every_field_that_may_be(gap: object) -> None:
    optional = [field for field in FIELDS.values() if field.missing]
    assert {field.name: field.parse(gap) for field in optional} == {field.name: None for field in optional}


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("name", ["AGE", "DNI", "RESIDENCIAL_CITY", "PERSONAL_MONTHLY_INCOME", "FLAG_EMAIL"])
def test_a_spelling_of_nothing_is_no_answer_where_one_is_needed(name: str, gap: str) -> None:
    with pytest.raises(ValueError, match="required"):
        FIELDS[name].parse(gap)


@pytest.mark.parametrize("name", ["Null", "NULL", "Na", "na", "Nan", "None", "Nil", "Jo Null", "Nd"])
def test_nobody_is_nameless_for_being_called_null(name: str) -> None:
    assert FIELDS["FULL_NAME"].parse(name) == name


@pytest.mark.parametrize("gap", ["", "-", "N/A", "#N/A", "N.A.", "<NA>", "(null)", "\\N", "...", "#VALOR!"])
def test_what_nobody_is_called_is_no_name(gap: str) -> None:
    with pytest.raises(ValueError, match="required"):
        FIELDS["FULL_NAME"].parse(gap)


@pytest.mark.parametrize(
    "text", ["Nanuque", "Natal", "Na Hora", "Nil do Sul", "Não-Me-Toque", "XX", "0", "N"]
)
def test_a_place_is_not_taken_for_a_gap(text: str) -> None:
    assert FIELDS["CITY_OF_BIRTH"].parse(text) == text


AMOUNTS: list[tuple[object, int | float]] = [
    ("1200", 1200), ("1200,50", 1200.5), ("1.200,50", 1200.5), ("1200.50", 1200.5), ("1,200.50", 1200.5), ("1.200,5", 1200.5),
    ("R$ 1.200,00", 1200), ("R$1.200,00", 1200), ("r$\xa01.200,00", 1200), ("BRL 1200", 1200), ("1.200,00 R$", 1200),
    ("1200 reais", 1200), ("1.234.567", 1_234_567), ("1,234,567", 1_234_567), ("1.234.567,89", 1_234_567.89),
    ("1,234,567.89", 1_234_567.89), ("1 200", 1200), ("1\u202f200,50", 1200.5), ("1.2", 1.2), ("1,2", 1.2), ("12,34", 12.34),
    (",50", 0.5), (".5", 0.5), ("1200.", 1200), ("0", 0), ("-0", 0), ("+1200", 1200), ("１２００", 1200), ("٣٠٠", 300),
    ("１，２００．５０", 1200.5), ("١٬٢٠٠٫٥٠", 1200.5), ("R$ ۱۲۰۰", 1200),
    ("\u202a1200,50\u202c", 1200.5), ("1200.3000000000002", 1200.3), ("1200,500000001", 1200.5), ("1200.0000", 1200),
    (1200, 1200), (1200.5, 1200.5), (1200.3000000000002, 1200.3), (1.2, 1.2), (1.234, 1.23), (1000.000, 1000), (1e-7, 0),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "amount"), AMOUNTS)
def test_an_amount_is_read_in_either_notation_where_it_means_one_thing(
    raw: object, amount: int | float
) -> None:
    read = FIELDS["PERSONAL_MONTHLY_INCOME"].parse(raw)
    assert read == amount
    assert type(read) is type(amount)


@pytest.mark.parametrize(
    "raw", ["1.200", "1,200", "1.000", "12.000", "R$ 1.200", "0.500", "1200.500", "1.200,500", "1,200.500", ".500"]
)  # fmt: skip
def test_an_amount_that_may_mean_two_is_asked_about(raw: str) -> None:
    with pytest.raises(ValueError, match=r"thousands or for cents\? Write .* as in 1200\.00 or 1\.200,00"):
        FIELDS["OTHER_INCOMES"].parse(raw)


@pytest.mark.parametrize("name", ["MONTHS_IN_THE_JOB", "RESIDENCIAL_PHONE_AREA_CODE", "PAYMENT_DAY", "AGE"])
@pytest.mark.parametrize("raw", ["1.000", "1,000", "20.000", "10.000", "1.440", "34,000"])
def test_a_whole_number_that_may_mean_two_is_asked_about(name: str, raw: str) -> None:
    with pytest.raises(ValueError, match=r"thousands or for a fraction\? Write .* as in 1200"):
        FIELDS[name].parse(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("24,0", 24), ("24.0", 24), ("24,00", 24), ("1 200", 1200), ("24.0000", 24), ("24.", 24)],
)
def test_a_whole_number_is_read_in_either_notation(raw: str, value: int) -> None:
    assert FIELDS["MONTHS_IN_RESIDENCE"].parse(raw) == value


@pytest.mark.parametrize(
    "raw", ["1e3", "1,2E+03", "'1200", "1.2,3", "1.23.456", "12,34,567", "1 20", "²", "R$", "1200-50", "x1", "--1", "1.200."]
)  # fmt: skip
def test_what_is_no_amount_is_told_how_to_write_one(raw: str) -> None:
    with pytest.raises(ValueError, match=r"Give an amount in R\$ as digits"):
        FIELDS["PERSONAL_ASSETS_VALUE"].parse(raw)


@pytest.mark.parametrize("raw", ["9" * 16, "9" * 400, 10**30, 1e300, "-5", "R$ -5", -0.01])
def test_an_amount_out_of_range_is_told_the_range(raw: object) -> None:
    with pytest.raises(ValueError, match="from 0 to 999999999"):
        FIELDS["PERSONAL_ASSETS_VALUE"].parse(raw)


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("name", [n for n, f in FIELDS.items() if "TRUE" not in f.kind.known])
def test_a_boolean_answers_only_what_is_yes_or_no(name: str, raw: bool) -> None:
    with pytest.raises(ValueError, match="not true or false"):
        FIELDS[name].parse(raw)


@pytest.mark.parametrize("value", [0, 0.5, 7, 900, 1200, 1200.5, 1_234_567.89, 999_999_999])
def test_an_amount_as_shown_is_read_as_the_same_amount(value: int | float) -> None:
    field = FIELDS["PERSONAL_MONTHLY_INCOME"]
    assert field.parse(field.shown(value)) == value


def test_an_amount_is_shown_with_its_cents() -> None:
    assert FIELDS["PERSONAL_MONTHLY_INCOME"].shown(1200) == "R$ 1,200.00"
    assert FIELDS["PERSONAL_MONTHLY_INCOME"].shown(1200.5) == "R$ 1,200.50"


@pytest.mark.parametrize(
    ("raw", "digits"),
    [
        ("012.345.678-90", "01234567890"), ("０１２.３４５.６７８-９０", "01234567890"), ("٠١٢٣٤٥٦", "0123456"),
        ("012345678-90", "01234567890"), ("012 345 678 90", "01234567890"),
        ("012.345.678/90", "01234567890"), ("012.345.678.90", "01234567890"), ("012.345.678–90", "01234567890"),
        ("12.345.678", "12345678"), ("12.345.678-9", "123456789"), ("00-123456", "00123456"),
        ("12.345.678/0001-95", "12345678000195"), ("\u202a012345678\u202c", "012345678"), (12345678.0, "12345678"),
    ],
)  # fmt: skip
def test_an_identity_number_is_the_same_however_its_digits_are_parted(raw: object, digits: str) -> None:
    assert FIELDS["DNI"].parse(raw) == digits


@pytest.mark.parametrize("name", ["RESIDENCIAL_ZIP_3", "PROFESSIONAL_ZIP_3"])
@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("010", "010"), ("007", "007"), ("10", "10"), ("230", "230"), (230, "230"), (230.0, "230"), ("230.0", "230"),
        ("01310-100", "013"), ("01310100", "013"), ("０１３", "013"), ("٠١٣١٠-١٠٠", "013"),
        ("01.310-100", "013"), ("01310 100", "013"), ("23085‑000", "230"),
        (23085000, "230"),
    ],
)  # fmt: skip
def test_a_zip_keeps_its_zeros_and_a_whole_one_is_reduced_to_its_first_three(
    name: str, raw: object, value: str
) -> None:
    assert FIELDS[name].parse(raw) == value


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("'t Hart", "'t Hart"), ("’t Hart", "’t Hart"), ("ʻOkina", "ʻOkina"), ("“Zeca” Lima", "“Zeca” Lima"),
        ("(Zeca) Lima", "(Zeca) Lima"), ("D'Ávila", "D'Ávila"), ("\u200fعلي", "علي"), ("\u202bעמית\u202c", "עמית"),
        ("\u2068Ana Souza\u2069", "Ana Souza"), ("\u200e \u200eAna", "Ana"), ("\ufeffAna", "Ana"), ("\u3000山田", "山田"),
    ],
)  # fmt: skip
def test_names_are_taken_as_people_have_them(raw: str, name: str) -> None:
    assert FIELDS["FULL_NAME"].parse(raw) == name


def test_blanks_without_end_are_read_in_time() -> None:
    """A value costs time in proportion to its length, whatever stands in it."""

    def seconds(length: int) -> float:
        started = time.process_time()
        for _ in range(5):
            for name in ("FULL_NAME", "DNI", "PERSONAL_MONTHLY_INCOME", "RESIDENCIAL_ZIP_3"):
                for text in (
                    "a" + "\t" * length + "b",
                    "1" + " 1" * (length // 2),
                    "1" + "\u200e " * (length // 2) + "x",
                ):
                    with suppress(ValueError):
                        FIELDS[name].parse(text)
        return time.process_time() - started

    seconds(1_000)
    assert seconds(60_000) < 60 * 10 * seconds(1_000)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("OCCUPATION_TYPE", "2.0", "2"),
        ("OCCUPATION_TYPE", 2, "2"),
        ("OCCUPATION_TYPE", 2.0, "2"),
        ("PROFESSION_CODE", "09", "9"),
        ("PROFESSION_CODE", "other", "Other"),
        ("RESIDENCIAL_PHONE_AREA_CODE", 20.0, "20"),
        ("APPLICATION_SUBMISSION_TYPE", "web", "Web"),
        ("APPLICATION_SUBMISSION_TYPE", "0", "0"),
        ("SEX", "f", "F"),
        ("SEX", "N", "N"),
        ("STATE_OF_BIRTH", "xx", "XX"),
        ("AGE", "34", 34),
        ("AGE", 34.0, 34),
        ("QUANT_DEPENDANTS", "0", 0),
        ("PERSONAL_MONTHLY_INCOME", "1200.50", 1200.5),
        ("PERSONAL_MONTHLY_INCOME", "1200.00", 1200),
        ("PERSONAL_MONTHLY_INCOME", 0, 0),
        ("DNI", " 00123456 ", "00123456"),
        ("FULL_NAME", "  Ana   Souza ", "Ana Souza"),
        ("FULL_NAME", "Зоя Ивановна", "Зоя Ивановна"),
        ("FULL_NAME", "山田 太郎", "山田 太郎"),
        ("FULL_NAME", "Jose\u0301", "José"),  # composed, so that one name has one spelling
        ("RESIDENCIAL_CITY", "Niterói", "Niterói"),
    ],
)
def test_values_are_stored_as_the_training_data_has_them(name: str, raw: object, value: object) -> None:
    read = FIELDS[name].parse(raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("yes", ["Y", "y", "1", 1, 1.0, True, "true", "TRUE", "yes"])
@pytest.mark.parametrize(("name", "stored"), [("FLAG_EMAIL", "1"), ("COMPANY", "Y")])
def test_a_flag_reads_every_usual_yes(name: str, stored: str, yes: object) -> None:
    assert FIELDS[name].parse(yes) == stored


@pytest.mark.parametrize("no", ["N", "n", "0", 0, 0.0, False, "false", "no"])
@pytest.mark.parametrize(("name", "stored"), [("FLAG_EMAIL", "0"), ("COMPANY", "N")])
def test_a_flag_reads_every_usual_no(name: str, stored: str, no: object) -> None:
    assert FIELDS[name].parse(no) == stored


@pytest.mark.parametrize(
    ("name", "raw", "sentence"),
    [
        ("AGE", "17", "18 to 120"),
        ("AGE", 121, "18 to 120"),
        ("AGE", "34.5", "whole number"),
        ("AGE", "thirty", "whole number"),
        ("AGE", "inf", "whole number"),
        ("AGE", math.inf, "whole number"),
        ("QUANT_DEPENDANTS", 21, "0 to 20"),
        ("MONTHS_IN_RESIDENCE", -1, "whole number from 0"),
        ("PERSONAL_MONTHLY_INCOME", "-1", "from 0"),
        ("PERSONAL_MONTHLY_INCOME", "1.2,34.5", "as in 1234.50"),
        ("PERSONAL_MONTHLY_INCOME", "1e9", "as in 1234.50"),
        ("PERSONAL_MONTHLY_INCOME", "9" * 12, "to 999999999"),
        ("DNI", "12345", "6 to 14 digits"),
        ("DNI", "1" * 15, "6 to 14 digits"),
        ("DNI", "123.45-7", "6 to 14 digits"),
        ("DNI", "12345678.0", "6 to 14 digits"),  # a data frame's number: its zeros may be lost
        ("DNI", "12345678.000", "6 to 14 digits"),
        ("DNI", "1,23457E+10", "6 to 14 digits"),
        ("DNI", "１２３٫４٥", "6 to 14 digits"),
        ("FULL_NAME", "x" * 61, "60 characters"),
        ("FULL_NAME", "=HYPERLINK()", "Begin with a letter"),
        ("FULL_NAME", "Ana\x00Souza", "control characters"),
        ("FULL_NAME", "Ana\u202eSouza\x7f", "control characters"),
        ("MARITAL_STATUS", "8", "one of"),
        ("RESIDENCIAL_STATE", "XX", "one of"),
        ("FLAG_EMAIL", "maybe", "one of"),
        ("RESIDENCIAL_PHONE_AREA_CODE", "200", "1 to 199"),
        ("RESIDENCIAL_ZIP_3", "0", "1 to 999"),
        ("RESIDENCIAL_ZIP_3", "1310100", "all eight"),  # a spreadsheet ate the zero: 131 would be elsewhere
        ("PROFESSIONAL_ZIP_3", "00000-000", "all eight"),
        ("RESIDENCIAL_ZIP_3", "01310", "all eight"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(name: str, raw: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        FIELDS[name].parse(raw)


@pytest.mark.parametrize("name", ["SEX", "STATE_OF_BIRTH", "APPLICATION_SUBMISSION_TYPE"])
def test_legacy_codes_are_read_and_not_offered(name: str) -> None:
    field = FIELDS[name]
    assert isinstance(field.kind, Choice)
    assert field.kind.legacy
    assert not field.kind.legacy & field.choices.keys()


def test_no_value_that_is_read_can_hold_a_line_break() -> None:
    for text in ("a\nb", "a\r\nb", "a\u2028b", "a\u0085b", "a\vb"):
        assert FIELDS["RESIDENCIAL_CITY"].parse(text) == "a b"
