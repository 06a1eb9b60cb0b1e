"""Words of columns' names, in English, Portuguese and Spanish, and what they are a sign of. All without accents."""

from typing import Final


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


CODES: Final = words(
    "code codes codigo cod type tipo category categoria class classe clase group grupo kind region regiao estado uf "
    "education educacao escolaridade educacion profession profissao profesion occupation ocupacao ocupacion purpose "
    "finalidade proposito housing moradia vivienda sector setor branch agencia sucursal channel canal zip cep postal "
    "status situacao situacion provincia municipio"
)
"""Numbers under such a name are names of categories."""
COUNTED: Final = words(
    "number num nr no count qty quant quantity quantidade cantidad numero months month meses mes years year anos ano days "
    "day dias dia age idade edad dependents dependants dependentes dependientes times inquiries delinquencies rate "
    "percent percentage since term prazo plazo duration tenure"
)
"""Whole numbers under such a name are quantities."""
MONEY: Final = words(
    "amount amt income incomes salary wage wages balance bal limit price value valor renda salario ingreso ingresos saldo "
    "loan debt bill cost fee rent capital sueldo monto importe montante preco limite divida deuda fatura assets patrimonio "
    "savings annuity revenue earnings faturamento receita mortgage emprestimo prestamo rendimento payment"
)
NO_MONEY: Final = words(
    "number num count qty months years days ratio rate percent percentage pct score flag type term status "
    "code id times since duration prazo plazo meses dias anos age index to grade"
)
"""Words that make another quantity of what would be an amount: months of a loan, the ratio of a debt."""
PLACES: Final = words(
    "city town cidade ciudad municipio borough bairro barrio village district localidade localidad"
)
IDS: Final = words(
    "id uuid guid key rowid index idx identifier identificador identificacao identificacion serial sequence protocol "
    "protocolo unnamed"
)
"""A column of such a name, with a value of its own in every row, is a number of the row."""
NUMBERS_OF: Final = words("number nr num no numero code codigo cod ref reference referencia")
OF_WHAT: Final = words(
    "customer client cliente application applicant solicitud solicitacao proposta account conta cuenta loan contract "
    "contrato member user case"
)
"""Together with one of the words before: a customer number, a contract code."""
FULL_NAME: Final = (
    words("name"), words("full name"), words("fullname"), words("customer name"), words("client name"),
    words("applicant name"), words("nome"), words("nome completo"), words("nome cliente"), words("nombre"),
    words("nombre completo"), words("nombre cliente"), words("borrower name"),
)  # fmt: skip
IDENTITY_NUMBER: Final = words("cpf dni ssn nif cedula curp rut nie passport passaporte pasaporte")
APPLIED: Final = words(
    "application applied apply request requested decision decided issue issued orig origination opened pedido "
    "solicitacao solicitud decisao aprovacao approval emission emissao contratacao"
)
"""Words of the day on which was decided, or before."""
DATES: Final = words("date day data dia fecha dt day_of datetime timestamp time")
LATER: Final = words(
    "recovery recoveries recovered collection collections chargeoff chargedoff writeoff writtenoff settlement cobranca "
    "cobranza encerramento"
)
"""Words of what happens after the decision."""
CHANGEABLE: Final = words(
    "duration term tenor installments parcelas cuotas prazo plazo savings poupanca ahorro ahorros deposit downpayment "
    "entrada guarantor guarantors debtors collateral garantia aval avalista fiador"
)
ASKED_AMOUNT: Final = words(
    "credit loan requested asked emprestimo prestamo solicitado solicitada credito financed"
)
PAST: Final = words(
    "history past previous existing outstanding prior last old historico historial anterior current employment job "
    "bill balance bal pay payment limit bureau number since age"
)
"""Words of what is as it is: nobody changes it by applying otherwise."""
TIMES: Final = words("number num nr no count qty times quant quantity quantidade cantidad vezes veces")
"""Words of how often, in whatever unit of time: a number of times 30 days late is no number of days."""
UNITS: Final = (
    (words("months meses"), words("month mes"), "months"), (words("years anos age idade edad"), words("year ano"), "years"),
    (words("days dias"), words("day dia"), "days"),
    (words("percent percentage pct percentual porcentaje"), words("percentage"), "%"),
)  # fmt: skip
"""Words of a unit, words of it behind "in" (duration in month), and the unit."""
PORTUGUESE: Final = words(
    "idade renda salario nome cidade emprestimo moradia nascimento profissao escolaridade conta situacao parcelas prazo"
)
SPANISH: Final = words(
    "edad ingreso ingresos nombre ciudad prestamo vivienda nacimiento profesion educacion cuenta cuotas plazo genero"
)
SECTIONS: Final = (
    ("loan", "The loan", words("loan amount duration purpose installment installments term product guarantor guarantors debtors limit request requested emprestimo finalidade prazo parcelas prestamo plazo cuotas proposito collateral interest rate")),
    ("history", "Credit history", words("history bureau delinquency delinquencies delinq inquiries inquiry score past existing previous default defaults derogatory late overdue pay bill utilization trade trades lines historico historial atraso atrasos mora bankruptcies checking")),
    ("work", "Work and income", words("job work employment employed employer profession occupation company income salary wage renda salario trabalho emprego profissao empresa trabajo empleo profesion ingreso ingresos sueldo assets savings wealth property tenure")),
    ("home", "Home", words("residence residencial residential home house housing address city state zip postal region borough moradia residencia cidade estado cep bairro endereco vivienda domicilio ciudad direccion rent mortgage")),
    ("applicant", "The applicant", words("age sex gender marital marriage status civil education dependents dependants children family personal foreign telephone phone email nationality birth name idade sexo estadocivil escolaridade dependentes filhos telefone edad genero hijos dependientes educacion people spouse partner")),
)  # fmt: skip
"""A section, its heading, and words of its fields' names."""
