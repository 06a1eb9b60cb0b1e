"""What looks protected by law: by a column's name in English, Portuguese or Spanish, or by its levels."""

from collections.abc import Iterable
from typing import Final

from creditrisk.portfolio.law import GROUNDS, PROFILES
from models.drafting.naming import tokens
from models.drafting.vocabulary import words

_NAMES: Final[dict[str, frozenset[str]]] = {
    "sex": words("sex sexo gender genero male female masculino feminino femenino mulher mujer woman"),
    "marital status": words("marital marriage married matrimonial matrimonio civil wedlock divorced divorciado estadocivil casado casada "
        "casamento soltero solteiro single conjugal"),
    "nationality": words("nationality nacionality nacionalidade nacionalidad citizenship citizen cidadania ciudadania foreign foreigner "
        "estrangeiro estrangeira extranjero extranjera immigrant immigration imigrante inmigrante"),
    "race": words("race racial raca raza skin"),
    "origin": words("ethnic ethnicity etnia etnico etnica ancestry caste casta tribe indigenous indigena"),
    "religion": words("religion religious religiao religioso faith creed church igreja iglesia"),
    "partner": words("spouse spouses spousal partner partners mate husband wife conjuge conyuge companheiro companheira companero "
        "companera esposa esposo marido pareja"),
    "health": words("health disability disabled illness disease medical saude deficiencia doenca salud discapacidad enfermedad "
        "pregnancy pregnant gravida embarazo smoker fumante fumador"),
    "orientation": words("orientation orientacao orientacion"),
    "opinion": words("political politics politica politico sindicato sindical"),
    "genetics": words("genetic genetics genetica genetico"),
    "public assistance": words("welfare assistance bolsa"),
}  # fmt: skip
"""Ground → words of a name. The person's age and place of birth need a second look."""
_AGE: Final = words("age idade edad dob birthday birthdate aniversario cumpleanos")
_BIRTH: Final = words("birth born nascimento nascido nacimiento nacido natal")
_BIRTHPLACE: Final = words("birthplace naturalidade")
_PLACES: Final = words(
    "place city state country region cidade estado uf municipio pais ciudad provincia local lugar departamento"
)
_OF_THINGS: Final = words(
    "account accounts car vehicle credit loan property house home company business file oldest newest card building "
    "trade line job employment carro veiculo conta cuenta empresa imovel casa vehiculo coche"
)
"""Whose age is not the person's."""
_GENDERS: Final = words(
    "male female masculino feminino femenino man woman homem mulher hombre mujer mr mrs ms masc fem"
)
_INITIALS: Final = (frozenset("mf"), frozenset("hm"))
_STATES: Final = words(
    "single married divorced widowed widow widower separated unmarried cohabiting solteiro solteira casado casada "
    "divorciado divorciada viuvo viuva separado separada soltero soltera viudo viuda"
)
_RACES: Final = words(
    "white black asian hispanic latino caucasian african branca branco preta preto parda pardo amarela indigena blanco "
    "negro mestizo mulato"
)
_COLOURS: Final = words("white black branca branco preta preto blanco negro")
_CREEDS: Final = words(
    "christian muslim hindu jewish buddhist catholic protestant sikh catolico catolica evangelico evangelica judeu "
    "musulman cristiano"
)


def grounds_of(name: str, levels: Iterable[str] = ()) -> tuple[str, ...]:
    """The grounds on which a column may be protected, in the order of `creditrisk.portfolio.law`; often none."""
    found = {*_by_name(frozenset(tokens(name))), *_by_levels(list(levels))}
    return tuple(ground for ground in GROUNDS if ground in found)


def _by_name(said: frozenset[str]) -> Iterable[str]:
    for ground, signs in _NAMES.items():
        hit = said & signs
        if ground == "marital status" and hit == {"single"}:
            continue  # a single payment, a single account
        if ground == "partner" and hit <= {"partner", "partners"} and said & {"business", "channel", "sales"}:
            continue
        if ground == "orientation" and not said & {"sexual", "sex"}:
            continue
        if ground == "health" and said & {"insurance", "seguro"}:
            continue
        if hit:
            yield ground
    if "cor" in said and (said & {"raca", "pele"} or said == {"cor"}):
        yield "race"
    if said & {"origin", "origem", "origen"} and said & {"national", "social", "nacional", "country", "pais"}:
        yield "origin"
    if said & _BIRTHPLACE or (said & _BIRTH and said & _PLACES):
        yield "place of birth"
    elif said & _BIRTH or (said & _AGE and not said & _OF_THINGS):
        yield "age"


def _by_levels(levels: list[str]) -> Iterable[str]:
    if not levels:
        return
    said = {word for level in levels for word in tokens(level)}
    short = frozenset(level.lower() for level in levels)
    if len(said & _GENDERS) >= 2 or (len(levels) <= 3 and any(initials <= short for initials in _INITIALS)):
        yield "sex"
    if len(said & _STATES) >= 2:
        yield "marital status"
    if len(said & _RACES) >= 3 or (said & _RACES and said & (_RACES - _COLOURS) and len(said & _RACES) >= 2):
        yield "race"
    if len(said & _CREEDS) >= 2:
        yield "religion"


def forbidden(law: str, grounds: Iterable[str]) -> str:
    """The first of these grounds that a law profile forbids to score by; empty when there is none."""
    return PROFILES[law].forbids(grounds)
