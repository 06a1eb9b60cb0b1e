"""A portfolio's definition: what it says is what the fields do, and whatever is wrong with it is told at once."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from creditrisk.application import FIELDS
from creditrisk.errors import UnusablePortfolio
from creditrisk.files.rows import RESULT_COLUMNS
from creditrisk.history.columns import TABLE
from creditrisk.portfolio import Portfolio, Role, active, portfolio_folder, read_portfolio
from creditrisk.portfolio.keys import PORTFOLIO, Keys
from creditrisk.portfolio.reading import COMPILED, DEFINITION, RESERVED, definition_of
from creditrisk.portfolio.schema import json_schema
from web.form import TOKEN

HEAD = """
name = "small-loans"
currency = "EUR"
identity = ["NAME"]
missingValues = ["-1", "keine Angabe"]
[target]
column = "outcome"
bad = "bad"
[law]
profile = "none"
[[section]]
name = "all"
[[field]]
name = "NAME"
section = "all"
type = "string"
format = "name"
"""


def field(**keys: Any) -> str:
    """A `[[field]]` table; what is not given is as short as can be."""
    told = {"name": "x", "section": "all", "type": "integer", **keys}
    return "[[field]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in told.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def reading(*fields: str, head: str = HEAD) -> Portfolio:
        (tmp_path / DEFINITION).write_text(head + "".join(fields), encoding="utf-8")
        return read_portfolio(tmp_path)

    return reading


def test_what_ships_is_what_the_process_serves() -> None:
    shipped = read_portfolio(portfolio_folder())
    assert shipped.fields == FIELDS
    assert shipped.fingerprint == active().fingerprint
    assert shipped.identity == ("FULL_NAME", "DNI")


@pytest.mark.parametrize(
    ("keys", "typed", "value"),
    [
        ({"type": "integer"}, "-3", -3),
        ({"type": "integer"}, -3.0, -3),
        ({"type": "number"}, "0.766", 0.766),
        ({"type": "number"}, "1e-05", 1e-05),
        ({"type": "number"}, "1,5", 1.5),
        ({"type": "number"}, 12.0, 12),
        ({"type": "number", "format": "money"}, "€ 1.200,50", 1200.5),
        ({"type": "number", "format": "money"}, "1200.50 EUR", 1200.5),
        ({"type": "number", "format": "money", "constraints": {"minimum": -500}}, "-12.345,60", ValueError),
        ({"type": "number", "format": "money", "constraints": {"minimum": -500}}, "-45,60", -45.6),
        ({"type": "date"}, "2026-11-23", "2026-11-23"),
        ({"type": "date"}, "2026-11-23 00:00:00", "2026-11-23"),
        ({"type": "date"}, "2026-02-30", ValueError),
        ({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, "JA", "ja"),
        ({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, True, "ja"),
        ({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, "0", "nein"),
        ({"type": "boolean", "trueValues": ["0"], "falseValues": ["1"]}, "0", "0"),
        ({"type": "boolean", "trueValues": ["0"], "falseValues": ["1"]}, True, "0"),
        ({"type": "boolean", "trueValues": ["0"], "falseValues": ["1"]}, False, "1"),
        ({"type": "string", "levels": {"car (new)": "A new car"}}, "CAR (new)", "car (new)"),
        ({"type": "integer", "levels": ["1", "2"]}, 2.0, "2"),
        ({"type": "integer", "levels": ["-2", "0"]}, -2, "-2"),
        ({"type": "string", "levels": ["1"], "legacy": ["9"], "spellings": {"Other": "9"}}, "other", "9"),
        ({"type": "string"}, "Keine ANGABE", None),
        ({"type": "integer"}, "-1", None),
        ({"type": "integer"}, -1, None),
        ({"type": "integer"}, -1.0, None),
        ({"type": "string"}, "n/a", None),
    ],
)  # fmt: skip
def test_a_value_is_read_as_the_definition_says(read: Any, keys: Any, typed: Any, value: Any) -> None:
    found = read(field(**keys)).fields["x"]
    if value is ValueError:
        with pytest.raises(ValueError, match="Give"):
            found.parse(typed)
    else:
        assert found.parse(typed) == value
        assert type(found.parse(typed)) is type(value)


def test_what_is_left_out_has_a_sensible_value(read: Any) -> None:
    portfolio = read(field(name="Monthly.Income"))
    found = portfolio.fields["Monthly.Income"]
    assert (found.form_name, found.label, found.missing, found.role) == (
        "monthly_income",
        "Monthly income",
        True,
        Role.FEATURE,
    )
    assert found.asked and found.when is None and not found.protected and not found.changeable
    assert portfolio.title == "Small loans"
    assert portfolio.policy.decline_from == 0.5 and portfolio.target.maturity_months == 12
    assert portfolio.fields["NAME"].role is Role.IDENTITY


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"typ": "integer"}, "field x: typ is no key here; did you mean type?"),
        ({"constraints": {"minimun": 1}}, "did you mean minimum?"),
        ({"type": "text"}, "must be one of string, integer, number, boolean, date, not 'text'"),
        ({"format": "money"}, "the type integer has no format, not 'money'"),
        ({"type": "number", "format": "amount"}, "the formats plain, money, not 'amount'"),
        ({"title": 3}, "field x: title must be a text in quotation marks"),
        ({"section": "loan"}, "there is no section loan; there are all"),
        ({"constraints": {"minimum": 3, "maximum": 1}}, "its minimum 3 is above its maximum 1"),
        ({"constraints": {"minimum": 0.5}}, "its limit 0.5 must be a whole number"),
        ({"levels": []}, "levels must be"),
        ({"levels": ["a", "A"]}, "'a' and 'A' differ in their letter case alone"),
        ({"levels": [" a"]}, "without spaces around it"),
        ({"levels": ["a"], "spellings": {"b": "c"}}, "stands for 'c', which is no level"),
        ({"levels": ["a", "b"], "spellings": {"b": "a"}}, "'b' is a level itself"),
        ({"legacy": ["a"]}, "legacy needs levels"),
        ({"type": "boolean", "trueValues": ["1"], "falseValues": ["1"]}, "share none"),
        ({"type": "boolean", "legacy": ["a"]}, "legacy is not for the type boolean"),
        ({"type": "boolean", "levels": {"maybe": "Maybe"}}, "can only give words to 'Y' and 'N'"),
        ({"role": "target"}, "must be one of feature, recorded, held, not 'target'"),
        ({"protected": ["gender"]}, "not 'gender'"),
        ({"default": "many", "role": "recorded"}, "its default 'many' is no value of it"),
        ({"default": "3"}, "a model may use it, so the form must not answer it in advance"),
        ({"default": "3", "role": "feature"}, "leave its default out"),
        ({"suggestions": "towns"}, "suggestions are for the type string with the format place"),
        ({"type": "string", "format": "place", "suggestions": "towns"}, "there is no list towns among the suggestions"),
        ({"type": "integer", "online": "many"}, "its online 'many' is no value of it"),
        ({"type": "integer", "constraints": {"required": True}, "online": ""}, "its online '' is no value of it"),
        ({"autofill": "password"}, "autofill must be a name of HTML's autocomplete"),
        ({"name": "Probability"}, "probability is a column of the record itself"),
        ({"accepted": ["MODEL"]}, "model is a column of the record itself"),
        ({"accepted": ["name"]}, "name is also a name of NAME"),
        ({"name": "outcome"}, "outcome is the target"),
        ({"when": {"field": "y", "is": ["1"]}}, "there is no such field"),
        ({"when": {"field": "NAME", "is": ["1"]}, "constraints": {"required": True}}, "cannot be required"),
        ({"asked": False, "constraints": {"required": True}}, "cannot be required"),
        ({"name": " "}, "without spaces around it"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_field_is_told_by_its_name(read: Any, keys: Any, told: str) -> None:
    with pytest.raises(UnusablePortfolio) as caught:
        read(field(**keys))
    assert len(caught.value.mistakes) == 1
    assert told in caught.value.mistakes[0]
    assert told in str(caught.value) and DEFINITION in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "small-loans"', 'name = "Small Loans"', "name must be of a-z, 0-9 and hyphens"),
        ('"EUR"', '"Euro"', "currency must be a code of three letters"),
        ('identity = ["NAME"]', 'identity = ["DNI"]', "identity names DNI, and no field has that name"),
        ('profile = "none"', "", "law.profile is missing: the law that holds; none must be said."),
        ('profile = "none"', 'profile = "UK"', "law.profile must be one of BR, US, EU, none, not 'UK'"),
        ('profile = "none"', 'profile = "US"\nkeepMonths = 24', "law.keepMonths must be 25 at least under US (ECOA"),
        ('bad = "bad"', "bad = 1", "target.bad must be a text in quotation marks"),
        ('[law]', '[law]\nkeepMonths = 0', "law.keepMonths must be a whole number above 0"),
        ('[law]', '[policy]\ndeclineFrom = 0.0\n[law]', "policy.declineFrom must be above 0"),
        ('[[section]]', '[[section]]\nname = "all"\n[[section]]', "section all stands there 2 times"),
        ('[law]', '[features.crosses]\n"a" = ["x", "z"]\n[law]', "features.crosses.a is made of z"),
        ('[law]', '[suggestions]\ntowns = "Köln"\n[law]', "suggestions must be a table of lists of texts"),
        ('[law]', '[suggestions]\n"Big towns" = []\n[law]', "suggestions.Big towns must be named in a-z, 0-9"),
        ('[law]', '[features.levels]\n"a" = { as = "band" }\n[law]', "features.levels.a must say of which fields"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_definition_is_told_by_its_place(read: Any, old: str, new: str, told: str) -> None:
    assert old in HEAD
    with pytest.raises(UnusablePortfolio) as caught:
        read(field(), head=HEAD.replace(old, new, 1))
    assert [told in mistake for mistake in caught.value.mistakes] == [True]


def test_all_mistakes_are_told_at_once(read: Any) -> None:
    with pytest.raises(UnusablePortfolio) as caught:
        read(field(levels=["a", "A"]), field(name="y", section="none"), field(name="z", format="money"))
    assert [mistake.split(":")[0] for mistake in caught.value.mistakes] == ["field x", "field y", "field z"]


def test_a_portfolio_without_a_feature_cannot_be_used(read: Any) -> None:
    with pytest.raises(UnusablePortfolio, match="no field is a feature"):
        read(field(role="held"))


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "holds no portfolio.toml"), (b"name = ", "is not TOML"), (b"\xff\xfe\x00", "is not UTF-8")],
)
def test_a_folder_without_a_readable_definition_is_told(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / DEFINITION).write_bytes(content)
    with pytest.raises(UnusablePortfolio, match=told):
        read_portfolio(tmp_path)


def test_the_compiled_definition_says_the_same(tmp_path: Path) -> None:
    table, _ = definition_of(portfolio_folder())
    (tmp_path / COMPILED).write_text(json.dumps(table), encoding="utf-8")
    assert read_portfolio(tmp_path) == read_portfolio(portfolio_folder())


def test_what_is_suggested_stands_in_the_definition(read: Any) -> None:
    place = {"type": "string", "format": "place", "suggestions": "towns", "autofill": "address-level2"}
    head = HEAD.replace("[target]", '[suggestions]\ntowns = ["Köln", "Bad Tölz"]\n[target]')
    portfolio = read(field(**place), head=head)
    found = portfolio.fields["x"]
    assert (found.suggestions, found.autofill) == ("towns", "address-level2")
    assert portfolio.suggestions == {"towns": ["Köln", "Bad Tölz"]}


def test_the_fingerprint_changes_with_what_a_model_depends_on_and_with_nothing_else(read: Any) -> None:
    first = read(field(levels={"1": "one", "2": "two"})).fingerprint
    assert len(first) == 12 and int(first, 16) >= 0
    same = [
        read(
            field(
                levels={"1": "eins", "2": "zwei"}, title="X", protected=["age"], asked=False, accepted=["y"]
            )
        ),
        read(
            field(levels={"1": "one", "2": "two"}),
            head=HEAD.replace("[law]", "[policy]\ndeclineFrom = 0.3\n[law]"),
        ),
    ]
    assert [portfolio.fingerprint for portfolio in same] == [first, first]
    others = [
        read(field(levels={"1": "one", "3": "two"})),
        read(field(levels={"1": "one", "2": "two"}, constraints={"required": True})),
        read(field(levels={"1": "one", "2": "two"}, role="held"), field(name="y")),
        read(field(levels={"1": "one", "2": "two"}, legacy=["3"])),
        read(field()),
        read(field(constraints={"maximum": 9})),
        read(field(levels={"1": "one", "2": "two"}), head=HEAD.replace('bad = "bad"', 'bad = "worse"')),
        read(field(levels={"1": "one", "2": "two"}), head=HEAD.replace('"-1"', '"-2"')),
    ]
    assert len({first, *(portfolio.fingerprint for portfolio in others)}) == len(others) + 1


def test_the_json_schema_knows_every_key_and_takes_what_ships() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    shipped = tomllib.loads((portfolio_folder() / DEFINITION).read_text(encoding="utf-8"))
    jsonschema.validate(shipped, schema)
    jsonschema.validate(definition_of(portfolio_folder())[0], schema)
    assert set(schema["properties"]) == set(PORTFOLIO)
    shipped["field"][0]["typ"] = "string"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(shipped, schema)


ASTERISK = "\\*"
"""What marks a key that must be there."""
DOCUMENT = Path(__file__).parents[3] / "docs" / "portfolios.md"


def _key_tables() -> str:
    """The keys of every table of a definition, as docs/portfolios.md shows them."""
    lines: list[str] = []

    def show(title: str, keys: Keys, inside: str = "") -> None:
        lines.extend(["", f"{title}:", "", "| key | holds | what it is |", "| --- | --- | --- |"])
        for name, key in keys.items():
            among = f": {', '.join(key.among)}" if key.among else ""
            lines.append(f"| `{name}`{ASTERISK * key.needed} | {key.kind}{among} | {key.help} |")
        for name, key in keys.items():
            if key.keys and not (inside and name in PORTFOLIO):  # which is shown once
                place = f"{inside}{name}"
                shown = {"tables": f"[[{place}]]", "named": f"{place}.NAME"}.get(key.kind, place)
                show(f"`{shown}`", key.keys, f"{shown}." if key.kind == "named" else "")

    show("The whole", PORTFOLIO)
    return "\n".join(lines[1:])


def test_the_document_shows_every_key() -> None:
    told = DOCUMENT.read_text(encoding="utf-8").partition("<!-- keys -->")[2].partition("<!-- /keys -->")[0]
    assert told.strip() == _key_tables()


def test_the_documents_example_is_a_portfolio(tmp_path: Path) -> None:
    example = DOCUMENT.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    (tmp_path / DEFINITION).write_text(example, encoding="utf-8")
    portfolio = read_portfolio(tmp_path)
    assert list(portfolio.fields) == ["FULL_NAME", "DNI", "duration_in_month", "purpose", "sex"]
    assert portfolio.fields["sex"].role is Role.HELD


def test_no_field_takes_a_name_that_the_record_or_a_result_has() -> None:
    of_the_record = {column.name.lower() for column in TABLE if column.name not in FIELDS}
    assert {*of_the_record, *RESULT_COLUMNS, TOKEN} <= RESERVED
