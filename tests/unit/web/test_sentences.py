"""A reason's sentence is made of data, where somebody reads it."""

import pytest

from creditrisk.application import FIELDS, Value
from creditrisk.decision import Change, Reason
from web import sentences
from web.sentences import Language, sentence, would_have_been_approved


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AGE", 34, "Age (34 years)"),
        ("PERSONAL_MONTHLY_INCOME", 1200.5, "Monthly income (R$ 1,200.50)"),
        ("OTHER_INCOMES", 1200, "Other income (R$ 1,200.00)"),
        ("RESIDENCIAL_STATE", "RJ", "State (Rio de Janeiro)"),
        ("RESIDENCIAL_CITY", "Niterói", "City (Niterói)"),
        ("RESIDENCIAL_CITY", "{value} {", "City ({value} {)"),
        ("QUANT_DEPENDANTS", 0, "Dependants (0 people)"),
        ("SEX", None, "Sex (not given)"),
        ("OF_ANOTHER_VERSION", 3, "OF_ANOTHER_VERSION (3)"),
    ],
)
def test_field_value_and_direction_make_a_sentence(name: str, value: Value, told: str) -> None:
    assert sentence(Reason(name, 0.2, value)) == f"{told} raises the risk"
    assert sentence(Reason(name, -0.2, value)) == f"{told} lowers the risk"


@pytest.mark.parametrize("value", [None, "Atlantis"])
def test_a_value_that_the_model_has_not_seen_is_not_named(value: Value) -> None:
    assert sentence(Reason("RESIDENCIAL_CITY", 0.2, value), ["RESIDENCIAL_CITY"]) == "City (new to the model) raises the risk"  # fmt: skip


def test_every_field_has_a_sentence_in_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Language("{value} de {label} sube el riesgo", "{value} de {label} lo baja", "sin dato", "nuevo", "{label}: {value}", " y ", "Con {changes} se habría aprobado.")  # fmt: skip
    monkeypatch.setitem(sentences.LANGUAGES, "es", other)
    for language, words in sentences.LANGUAGES.items():
        for name, field in FIELDS.items():
            told = sentence(Reason(name, 0.1, None), language=language)
            assert field.label in told and words.not_given in told
    assert sentence(Reason("AGE", -1, 34), language="es") == "34 years de Age lo baja"
    changes = [Change("AGE", 30), Change("PRODUCT", "2")]
    assert would_have_been_approved(changes, "es") == "Con Age: 30 years y Product: 2 se habría aprobado."


def test_what_would_have_changed_a_decision_is_one_sentence_in_the_words_of_the_form() -> None:
    one = [Change("PERSONAL_MONTHLY_INCOME", 1200.5)]
    assert would_have_been_approved(one) == "With Monthly income (R$ 1,200.50) it would have been approved."
    two = [*one, Change("RESIDENCIAL_STATE", "RJ")]
    assert would_have_been_approved(two) == "With Monthly income (R$ 1,200.50) and State (Rio de Janeiro) it would have been approved."  # fmt: skip
    assert would_have_been_approved([]) == ""
