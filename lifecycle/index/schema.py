"""The index's tables.

What few values can take together (model, version, policy, decision, outcome, review) is a *facet*, told once in a table of
some hundred rows. An application has the number of its facet, so one index on (facet, time) serves every combination of
these filters, and a correction of an outcome changes one number.

Counts are additive: `daily` holds how many applications of a day have a facet and fall into a bin of the score,
`daily_levels` how many have a level of a field. Charts read these two, which grow with the days and not with the rows.

`names` holds, for each word of a name and its short beginnings, a bitmap of the numbers of who has it: see the modules
`names` and `numbers`. `days` holds the first and the last number of a day's applications.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION: Final = "4"
"""Of these tables: an index of another version is made anew."""
BINS: Final = 50
"""Bins of the probability of default, of equal width; an application without a probability is in bin -1."""
UNTOLD: Final = -1.0
"""Stands for a probability that nobody told (brought along with a prediction alone): it sorts as a number does."""
DAY: Final = 86_400_000
"""Milliseconds of a day. A day is the number of days since 1970 (UTC), of when the application was received."""

metadata = MetaData()

facets = Table(
    "facets",
    metadata,
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("model", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("review", Text, nullable=False),
    UniqueConstraint("model", "version", "policy", "decision", "outcome", "review"),
)

applications = Table(
    "applications",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("received", BigInteger, nullable=False),  # these moments are milliseconds since 1970
    Column("scored", BigInteger, nullable=False),
    Column("identity", Text, nullable=False),
    Column("name", Text, nullable=False),  # folded: see `folding`
    Column("facet", Integer, nullable=False),
    Column("probability", Float(53), nullable=False),  # UNTOLD where nobody told it
    Column("threshold", Float(53)),
    Column("outcome_at", BigInteger),
    Column("review_at", BigInteger),
    Column(
        "source", Integer, nullable=False
    ),  # the record's part, and the byte there at which its row begins
    Column("place", BigInteger, nullable=False),
)

daily = Table(
    "daily",
    metadata,
    Column("facet", Integer, primary_key=True),
    Column("bin", Integer, primary_key=True),
    Column("day", Integer, primary_key=True),  # the last: a chart of scores adds up days as they stand here
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

daily_facets = Table(
    "daily_facets",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("facet", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The sums of `daily` over the bins: what most charts, and every look-up, ask for."""

daily_levels = Table(
    "daily_levels",
    metadata,
    Column("field", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

days = Table(
    "days",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("first_n", BigInteger, nullable=False),
    Column("last_n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The numbers that a day's applications have, among others maybe: they come in day after day, so of a name within some days a
few parts of its sets are read."""

names = Table(
    "names",
    metadata,
    Column("key", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("bits", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

sources = Table(
    "sources",
    metadata,
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # history, outcomes, reviews
    Column("name", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # bytes of it that are in the index
    Column("rows", BigInteger, nullable=False),
    Column("unreadable", BigInteger, nullable=False),
    Column("mark", Text, nullable=False),  # tells whether the part is still the one that was read
    UniqueConstraint("kind", "name"),
)

pending = Table(
    "pending",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Outcomes and reviews of applications that are not in the index yet."""

about = Table("about", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

BY_ID: Final = Index("applications_id", applications.c.id, unique=True)
SECONDARY: Final = (
    Index("applications_identity", applications.c.identity),
    Index("applications_received", applications.c.received, applications.c.n),
    Index("applications_facet", applications.c.facet, applications.c.received, applications.c.n),
    Index(
        "applications_score",
        *(applications.c[name] for name in ("facet", "probability", "n", "received")),
    ),
)
"""What a new index gets once its rows are in: building them at the end takes half the time. The one by score has the moment
as well, so that rows of other days are walked past without a look at them."""
BY_NUMBER: Final = Index(
    "applications_number", *(applications.c[name] for name in ("n", "facet", "received", "probability"))
)
"""For a database that keeps rows in no order: what some thousands of them are chosen and sorted by, without the rows."""
