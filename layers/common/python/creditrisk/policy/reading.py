"""From a file to the policy that stands in it: every mistake is told at once, a sentence each."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from creditrisk.errors import UnusablePolicy
from creditrisk.policy.definition import Condition, Exploration, Policy, Rule, Worth
from creditrisk.policy.keys import POLICY
from creditrisk.portfolio import Field, Portfolio, Role, active
from creditrisk.portfolio.keys import mistakes
from creditrisk.portfolio.law import PROFILES, Profile

MOST_SHARE: Final = 0.05
"""Of those whom the score declines, no larger share may be accepted at random."""
_NAME: Final = re.compile("[a-z0-9][a-z0-9-]{0,62}")
_TESTS: Final = ("is", "isNot", "below", "from", "missing")
_LONGEST_REASON: Final = 300


def read_policy(path: Path, portfolio: Portfolio | None = None) -> Policy:
    """The policy of a file, TOML or JSON, for a portfolio (the active one, when none is given). Raises UnusablePolicy
    with everything that is wrong with it."""
    return policy_of(table_of(path), path, portfolio or active())


def table_of(path: Path) -> dict[str, Any]:
    """What stands in a policy's file. Raises UnusablePolicy when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            table: Any = json.loads(text)
        else:
            import tomllib  # a package has JSON, and starts faster without

            table = tomllib.loads(text)
    except FileNotFoundError:
        raise UnusablePolicy(f"There is no policy at {path}; write one (docs/policy.md), or leave POLICY empty.") from None  # fmt: skip
    except OSError as error:
        raise UnusablePolicy(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UnusablePolicy(f"{path} is not UTF-8; save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise UnusablePolicy(f"{path} is not {kind}: {error}.") from None
    if not isinstance(table, dict):
        raise UnusablePolicy(f"{path} holds no table.")
    return table


def policy_of(table: Mapping[str, Any], path: Path, portfolio: Portfolio) -> Policy:
    """The policy that a table says. Raises UnusablePolicy with everything that is wrong with it."""
    found = mistakes(table, POLICY, "")
    if not found:  # what comes now relies on the types being right
        found = [*_cut_offs(table), *_rules(table.get("rule", ()), portfolio), *_worth(table.get("worth"))]
    if found:
        raise UnusablePolicy(f"{path} cannot be used. " + " ".join(found), tuple(found))
    exploration, worth = table.get("exploration"), table.get("worth")
    return Policy(
        version=f"{table['name']} {_digest(table)}",
        decline_from=float(table["declineFrom"]),
        refer_from=float(table["referFrom"]) if "referFrom" in table else None,
        rules=tuple(map(_rule, table.get("rule", ()))),
        exploration=exploration
        and Exploration(exploration["share"], exploration["budget"], float(exploration.get("upTo", 1.0))),
        worth=worth and Worth(worth["good"], worth["bad"], worth.get("referral", 0.0)),
    )


def _digest(table: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that change with whatever the policy says, and with nothing else."""
    said = {name: value for name, value in table.items() if name != "description"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _rule(table: Mapping[str, Any]) -> Rule:
    return Rule(table["name"], table["decision"], table["reason"], tuple(map(_condition, table["when"])))


def _condition(table: Mapping[str, Any]) -> Condition:
    test = next(test for test in _TESTS if test in table)
    if test in ("is", "isNot"):
        return Condition(table["field"], test, frozenset(table[test]))
    return Condition(table["field"], test, number=0.0 if test == "missing" else float(table[test]))


def _cut_offs(table: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the name, the cut-offs and the exploration."""
    decline, refer = table["declineFrom"], table.get("referFrom")
    if not _NAME.fullmatch(table["name"]):
        yield f"name must be of a-z, 0-9 and hyphens, not {table['name']!r}."
    if not 0 < decline <= 1:
        yield f"declineFrom must be above 0 and at most 1, not {decline}."
    if refer is not None and not 0 < refer < decline:
        yield f"referFrom must be above 0 and below declineFrom ({decline}), not {refer}."
    if exploration := table.get("exploration"):
        if not 0 < exploration["share"] <= MOST_SHARE:
            yield f"exploration.share must be above 0 and at most {MOST_SHARE}, not {exploration['share']}."
        if not decline < exploration.get("upTo", 1.0) <= 1 and decline < 1:
            yield f"exploration.upTo must be above declineFrom ({decline}) and at most 1, not {exploration['upTo']}."


def _worth(table: Mapping[str, Any] | None) -> Iterator[str]:
    if table and not table["bad"] < 0 < table["good"]:
        yield "worth: good must be above 0, and bad below 0."
    if table and table.get("referral", 0) > 0:
        yield f"worth.referral is what a review costs: it must be at most 0, not {table['referral']}."


def _rules(rules: list[dict[str, Any]], portfolio: Portfolio) -> Iterator[str]:
    """What is wrong with the rules."""
    profile = PROFILES[portfolio.law.profile]
    for name, count in Counter(rule["name"] for rule in rules).items():
        if count > 1:
            yield f"rule {name} stands there {count} times; give each a name of its own."
        if not _NAME.fullmatch(name):
            yield f"rule {name!r}: its name must be of a-z, 0-9 and hyphens."
    for rule in rules:
        place, reason = f"rule {rule['name']}: ", rule["reason"]
        if not reason.strip() or not reason.isprintable() or len(reason) > _LONGEST_REASON:
            yield f"{place}its reason must be a sentence on one line, of at most {_LONGEST_REASON} characters."
        for condition in rule["when"]:
            for mistake in _of_condition(condition, portfolio.fields, profile):
                yield place + mistake


def _of_condition(
    condition: Mapping[str, Any], fields: Mapping[str, Field], profile: Profile
) -> Iterator[str]:
    name = condition["field"]
    tests = [test for test in _TESTS if test in condition]
    if name not in fields:
        yield f"there is no field {name}."
        return
    field = fields[name]
    if unlawful := _unlawful(field, profile):
        yield unlawful
    if len(tests) != 1:
        yield f"of {name} say one of {', '.join(_TESTS)}; there {'are' if tests else 'is'} {' and '.join(tests) or 'none'}."
        return
    (test,) = tests
    if test in ("below", "from") and not field.is_number:
        yield f"{name} is no quantity: say is or isNot of it, not {test}."
    elif test in ("is", "isNot") and field.is_number:
        yield f"{name} is a quantity: say below or from of it, not {test}."
    elif test in ("is", "isNot"):
        yield from _no_values(field, condition[test])
    elif test == "missing" and not condition["missing"]:
        yield f"of {name} missing can only be true; leave the condition out, or say what its value must be."


def _no_values(field: Field, values: list[str]) -> Iterator[str]:
    """Values that the field can never have; a rule that waits for one would never hold."""
    if not values:
        yield f"of {field.name} no value is named."
    for value in values:
        try:
            canonical = field.parse(value)
        except ValueError as error:
            yield f"{value!r} is no value of {field.name}. {error}"
            continue
        if canonical != value:
            yield f"{value!r} is recorded as {canonical!r} in {field.name}; write it so."


def _unlawful(field: Field, profile: Profile) -> str:
    """Why no rule may decide by a field; empty when one may."""
    if field.role is Role.IDENTITY:
        return f"{field.name} tells who the applicant is, and no rule may decide by it."
    if field.role is Role.HELD:
        return f"{field.name} is held to test whether groups are treated alike, and no rule may decide by it."
    if ground := profile.forbids(field.protected):
        return f"{field.name} is protected ({ground}, {profile.never[ground]}), and no rule may decide by it."
    for ground in field.protected:
        condition = profile.allowed.get(ground)
        if condition and condition.elder is not None:
            return f"{field.name} may be part of a sound score alone ({condition.source}), and no rule may decide by it."
    return ""
