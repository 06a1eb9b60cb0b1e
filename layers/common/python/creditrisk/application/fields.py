"""The 54 fields of an application, in the order in which the history records them.

Source: the PAKDD 2010 credit-scoring data (names, codes, ranges) and the form that was built
for it (lower-case names, choices). Codes whose meaning the data's publisher never told are shown as the codes that they are.
"""

from collections.abc import Mapping
from typing import Final

from creditrisk.application.field import Field, Role
from creditrisk.application.kinds import Choice, Code, Digits, Money, Text, Value, Whole, Zip3

_STATES: Final = {
    "AC": "Acre", "AL": "Alagoas", "AP": "Amapá", "AM": "Amazonas", "BA": "Bahia", "CE": "Ceará",
    "DF": "Distrito Federal", "ES": "Espírito Santo", "GO": "Goiás", "MA": "Maranhão", "MT": "Mato Grosso",
    "MS": "Mato Grosso do Sul", "MG": "Minas Gerais", "PA": "Pará", "PB": "Paraíba", "PR": "Paraná",
    "PE": "Pernambuco", "PI": "Piauí", "RJ": "Rio de Janeiro", "RN": "Rio Grande do Norte",
    "RS": "Rio Grande do Sul", "RO": "Rondônia", "RR": "Roraima", "SC": "Santa Catarina", "SP": "São Paulo",
    "SE": "Sergipe", "TO": "Tocantins",
}  # fmt: skip
_AREA_CODE_HELP: Final = "The bank's own number for the area (1 to 199), not the public dialling code."


def _codes(first: int, last: int, *more: str) -> Choice:
    """Codes without a published meaning: each is shown as itself."""
    return Choice({value: value for value in (*map(str, range(first, last + 1)), *more)})


def _flag(yes: str, no: str) -> Choice:
    """A yes/no field, stored as the training data has it; any usual spelling is read."""
    spellings = dict.fromkeys(("Y", "1", "TRUE", "YES"), yes) | dict.fromkeys(("N", "0", "FALSE", "NO"), no)
    return Choice({no: "No", yes: "Yes"}, spellings=spellings)


_Y_N: Final = _flag("Y", "N")
_1_0: Final = _flag("1", "0")
_STATE: Final = Choice(_STATES)
_BIRTH_STATE: Final = Choice(_STATES, legacy=frozenset({"XX"}))
_PROFESSION: Final = _codes(0, 18, "Other")
_AMOUNT: Final = Money(999_999_999)
_AREA_CODE: Final = Code(1, 199)
_ZIP_3: Final = Zip3(1, 999)
_MONTHS: Final = Whole(0, 1_440)
_RECORDED: Final = Role.RECORDED

_TABLE: Final = (
    Field("FULL_NAME", "full_name", "applicant", "Full name", Text(60, name=True), role=Role.IDENTITY),
    Field("DNI", "DNI", "applicant", "DNI (national identity number)", Digits(6, 14), "6 to 14 digits, leading zeros included; dots and dashes may stand between them.", role=Role.IDENTITY),
    Field("CLERK_TYPE", "clerk_type", "product", "Clerk type", Choice({"C": "C"}), missing=True, default="C", role=_RECORDED, source="clerk"),
    Field("PAYMENT_DAY", "payment_day", "product", "Payment day", Choice({d: d for d in ("1", "5", "10", "15", "20", "25")}), "Day of the month on which the bill is paid.", default="10"),
    Field("APPLICATION_SUBMISSION_TYPE", "application_submission_type", "product", "How the application is submitted", Choice({"Web": "Web", "Carga": "Carga (in person or by post)"}, legacy=frozenset({"0"}), spellings={"Other": "0"}), default="Web", source="clerk"),
    Field("QUANT_ADDITIONAL_CARDS", "quant_additional_cards", "product", "Additional cards", _codes(0, 2), "Further cards asked for in this application.", missing=True, default="0", role=_RECORDED),
    Field("POSTAL_ADDRESS_TYPE", "postal_address_type", "residence", "Postal address type", _codes(1, 2), "Code of the address that post goes to.", default="1"),
    Field("SEX", "sex", "applicant", "Sex", Choice({"F": "Female", "M": "Male"}, legacy=frozenset({"N"})), missing=True, protected=True),
    Field("MARITAL_STATUS", "marital_status", "applicant", "Marital status", _codes(0, 7), "Code of the marital status.", default="2", protected=True),
    Field("QUANT_DEPENDANTS", "quant_of_dependants", "applicant", "Dependants", Whole(0, 20), "People who live on the applicant's income.", unit="people", default="0"),
    Field("EDUCATION_LEVEL_1", "education_level_1", "applicant", "Education level", _codes(0, 5, "Other"), "Code of the applicant's education, in rising order.", default="0", role=_RECORDED),
    Field("STATE_OF_BIRTH", "state_of_birth", "applicant", "State of birth", _BIRTH_STATE, missing=True, protected=True),
    Field("CITY_OF_BIRTH", "city_of_birth", "applicant", "City of birth", Text(), missing=True, protected=True),
    Field("NACIONALITY", "nacionality", "applicant", "Nationality", _codes(0, 2), "Code of the country of birth; Brazil is most likely 1.", default="1", protected=True),
    Field("RESIDENCIAL_STATE", "residencial_state", "residence", "State", _STATE),
    Field("RESIDENCIAL_CITY", "residencial_city", "residence", "City", Text()),
    Field("RESIDENCIAL_BOROUGH", "residencial_borough", "residence", "Borough", Text(), missing=True),
    Field("FLAG_RESIDENCIAL_PHONE", "flag_residencial_phone", "residence", "Home phone", _Y_N, default="Y"),
    Field("RESIDENCIAL_PHONE_AREA_CODE", "residencial_phone_area_code", "residence", "Home phone area code", _AREA_CODE, _AREA_CODE_HELP, missing=True),
    Field("RESIDENCE_TYPE", "residence_type", "residence", "Residence type", _codes(0, 5), "Code of owned, mortgaged, rented, with family and so on.", missing=True, default="1"),
    Field("MONTHS_IN_RESIDENCE", "months_in_residence", "residence", "Time in this residence", _MONTHS, unit="months", missing=True),
    Field("FLAG_MOBILE_PHONE", "flag_mobile_phone", "applicant", "Mobile phone", _Y_N, default="N", role=_RECORDED),
    Field("FLAG_EMAIL", "flag_email", "applicant", "E-mail address", _1_0, "Whether the applicant has one.", default="1"),
    Field("PERSONAL_MONTHLY_INCOME", "personal_monthly_income", "income", "Monthly income", _AMOUNT, "Regular personal income per month.", unit="R$"),
    Field("OTHER_INCOMES", "other_incomes", "income", "Other income", _AMOUNT, "Anything else, as a monthly average.", unit="R$", default="0"),
    Field("FLAG_VISA", "flag_visa", "cards", "Visa card", _1_0, default="0"),
    Field("FLAG_MASTERCARD", "flag_mastercard", "cards", "Mastercard", _1_0, default="0"),
    Field("FLAG_DINERS", "flag_diners", "cards", "Diners card", _1_0, default="0"),
    Field("FLAG_AMERICAN_EXPRESS", "flag_american_express", "cards", "American Express card", _1_0, default="0"),
    Field("FLAG_OTHER_CARDS", "flag_other_cards", "cards", "Other cards", _1_0, default="0"),
    Field("QUANT_BANKING_ACCOUNTS", "quant_banking_accounts", "cards", "Bank accounts", _codes(0, 2), default="0"),
    Field("QUANT_SPECIAL_BANKING_ACCOUNTS", "quant_special_banking_accounts", "cards", "Special bank accounts", _codes(0, 2), default="0", role=_RECORDED),
    Field("PERSONAL_ASSETS_VALUE", "personal_assets_value", "income", "Value of possessions", _AMOUNT, "Houses, cars and the like, in total.", unit="R$", default="0"),
    Field("QUANT_CARS", "quant_cars", "income", "Cars", _codes(0, 1), "1 for one or more.", default="0"),
    Field("COMPANY", "company", "work", "Company named", _Y_N, "Whether the applicant names the company that formally employs them.", default="N"),
    Field("PROFESSIONAL_STATE", "professional_state", "work", "State of work", _STATE, missing=True),
    Field("PROFESSIONAL_CITY", "professional_city", "work", "City of work", Text(), missing=True),
    Field("PROFESSIONAL_BOROUGH", "professional_borough", "work", "Borough of work", Text(), missing=True),
    Field("FLAG_PROFESSIONAL_PHONE", "flag_professional_phone", "work", "Phone at work", _Y_N, default="N"),
    Field("PROFESSIONAL_PHONE_AREA_CODE", "professional_phone_area_code", "work", "Work phone area code", _AREA_CODE, _AREA_CODE_HELP, missing=True),
    Field("MONTHS_IN_THE_JOB", "months_in_the_job", "work", "Time in this job", _MONTHS, unit="months", default="0"),
    Field("PROFESSION_CODE", "profession_code", "work", "Profession code", _PROFESSION, missing=True),
    Field("OCCUPATION_TYPE", "occupation_type", "work", "Occupation type", _codes(0, 5, "Other"), "Code of the occupation.", missing=True),
    Field("MATE_PROFESSION_CODE", "mate_profession_code", "work", "Partner's profession code", _PROFESSION, missing=True),
    Field("EDUCATION_LEVEL_2", "education_level_2", "work", "Partner's education level", _codes(0, 5, "Other"), "Code of the partner's education, in rising order.", missing=True),
    Field("FLAG_HOME_ADDRESS_DOCUMENT", "flag_home_address_document", "documents", "Proof of address", _1_0, missing=True, default="0", role=_RECORDED, source="clerk"),
    Field("FLAG_RG", "flag_rg", "documents", "Citizen card (RG) seen", _1_0, missing=True, default="0", role=_RECORDED, source="clerk"),
    Field("FLAG_CPF", "flag_cpf", "documents", "Taxpayer number (CPF) seen", _1_0, missing=True, default="0", role=_RECORDED, source="clerk"),
    Field("FLAG_INCOME_PROOF", "flag_income_proof", "documents", "Proof of income", _1_0, missing=True, default="0", role=_RECORDED, source="clerk"),
    Field("PRODUCT", "product", "product", "Product", Choice({p: p for p in ("1", "2", "7")}), "Code of the credit product.", default="1"),
    Field("FLAG_ACSP_RECORD", "flag_acsp_record", "documents", "Credit bureau (ACSP) record", _Y_N, "Whether the bureau knows of an earlier delinquency.", default="N", role=_RECORDED, source="credit bureau"),
    Field("AGE", "age", "applicant", "Age", Whole(18, 120), unit="years", protected=True),
    Field("RESIDENCIAL_ZIP_3", "residencial_zip", "residence", "Home ZIP, first three digits", _ZIP_3),
    Field("PROFESSIONAL_ZIP_3", "professional_zip", "work", "Work ZIP, first three digits", _ZIP_3, role=_RECORDED),
)  # fmt: skip

FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _TABLE}
"""Canonical name → field."""

SECTIONS: Final[Mapping[str, str]] = {
    "applicant": "Applicant",
    "residence": "Residence",
    "work": "Work",
    "income": "Income and assets",
    "cards": "Cards and accounts",
    "product": "Product",
    "documents": "Documents",
}
"""The form's sections in order: key → heading."""

_SPELLINGS: Final = {
    spelling.lower(): field.name for field in _TABLE for spelling in (field.name, field.form_name)
}

Application = Mapping[str, Value]
"""Canonical name → canonical value of every field."""


def canonical_name(spelling: str) -> str | None:
    """The canonical name behind either spelling of a field, in any letter case; None if there is no such field."""
    return _SPELLINGS.get(spelling.strip().lower())
