"""Names are found however they are written."""

import pytest

from lifecycle.index.folding import fold, fold_identity


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Gonçalves", "goncalves"),
        ("  José  da\tSILVA ", "jose da silva"),
        ("O'Neil-Müller", "o neil muller"),
        ("Straße", "strasse"),
        ("I\u0307lker", "ilker"),
        ("Łukasz", "łukasz"),
        ("Ольга", "ольга"),
        ("- !", ""),
        ("", ""),
    ],
)
def test_a_name_is_its_words_without_accents_and_case(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("written", "folded"), [("012.345.678-90", "01234567890"), ("0123", "0123"), ("ab 12", "ab12")]
)
def test_an_identity_number_is_found_with_and_without_punctuation(written: str, folded: str) -> None:
    assert fold_identity(written) == folded
