"""City names that the form suggests: Brazil's 27 state capitals and its largest other cities."""

CITIES = (
    "Aracaju", "Belém", "Belo Horizonte", "Boa Vista", "Brasília", "Campinas", "Campo Grande",
    "Caxias do Sul", "Contagem", "Cuiabá", "Curitiba", "Duque de Caxias", "Feira de Santana", "Florianópolis",
    "Fortaleza", "Goiânia", "Guarulhos", "Jaboatão dos Guararapes", "João Pessoa", "Joinville",
    "Juiz de Fora", "Londrina", "Macapá", "Maceió", "Manaus", "Natal", "Niterói", "Nova Iguaçu", "Osasco",
    "Palmas", "Pelotas", "Porto Alegre", "Porto Velho", "Recife", "Ribeirão Preto", "Rio Branco",
    "Rio de Janeiro", "Salvador", "Santo André", "São Bernardo do Campo", "São Gonçalo",
    "São José dos Campos", "São Luís", "São Paulo", "Sorocaba", "Teresina", "Uberlândia", "Vitória",
)  # fmt: skip
