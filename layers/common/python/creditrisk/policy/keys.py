"""The keys of a policy's file: what each may hold. The checks and docs/policy.md follow from them."""

from typing import Final

from creditrisk.portfolio.keys import Key, Keys

CONDITION: Final[Keys] = {
    "field": Key("text", "the field that is looked at", needed=True),
    "is": Key("texts", "it holds when the value is one of these"),
    "isNot": Key("texts", "it holds when the value is none of these"),
    "below": Key("number", "it holds when the quantity is less"),
    "from": Key("number", "it holds when the quantity is this or more"),
    "missing": Key("truth", "true: it holds when no value was given"),
}
RULE: Final[Keys] = {
    "name": Key("text", "a short name: a-z, 0-9 and hyphens", needed=True),
    "decision": Key("text", "what it leads to", needed=True, among=("declined", "referred")),
    "reason": Key("text", "why, in words that the applicant reads", needed=True),
    "when": Key("tables", "what must hold, all of it", needed=True, keys=CONDITION),
}
EXPLORATION: Final[Keys] = {
    "share": Key("number", "share of those whom the score declines that is accepted at random: above 0, at most 0.05", needed=True),
    "budget": Key("whole", "most applications a day (UTC) that are accepted so", needed=True),
    "upTo": Key("number", "only below this probability of default; left out: all of them"),
}  # fmt: skip
WORTH: Final[Keys] = {
    "good": Key("number", "of an approved application that was paid back, in the portfolio's currency", needed=True),
    "bad": Key("number", "of an approved application that was not; below 0", needed=True),
    "referral": Key("number", "of a person's review; at most 0"),
}  # fmt: skip
POLICY: Final[Keys] = {
    "name": Key("text", "a short name: a-z, 0-9 and hyphens", needed=True),
    "description": Key("text", "what it is for"),
    "declineFrom": Key("number", "probability of default from which an application is declined", needed=True),
    "referFrom": Key("number", "probability of default from which a person decides; left out: nobody is referred by score"),
    "rule": Key("tables", "what is decided before the score; the first rule that holds", keys=RULE),
    "exploration": Key("table", "random acceptance below the cut-off; left out: none", keys=EXPLORATION),
    "worth": Key("table", "what an outcome is worth; for simulations", keys=WORTH),
}  # fmt: skip
