"""The tables. Moments are milliseconds since 1970-01-01 UTC, days are days since then.

A pull becomes true in one step, by its state. Whatever it brought stands in the tables before
that, in rows that name the pull, and is not seen until the pull is `believed`; whatever it ended
is an `endings` row (`revenue_endings` for what is paid, `occasion_endings` for ends of terms and
purchases) that names it too. So nothing is ever overwritten, a figure can be computed as it was
known after any pull, and a million customers are written in small transactions between which other
writers have their turn.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

APART = "anonymous = 1 OR agent <> ''"
"""Of asks whose answers cannot be counted without looking at them: SQL, as the index has it."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    }
)

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of the type INTEGER."""

pulls = Table(
    "pulls",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("source", Text, nullable=False),
    Column("definition", Text, nullable=False),  # its hash
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("records", Integer, nullable=False, server_default="0"),
    Column("customers", Integer, nullable=False, server_default="0"),
    Column("vanished", Integer, nullable=False, server_default="0"),
    Column("today", Integer),  # the day of which the pull can speak
    Column("known_from", Integer),  # see Columns.known_from
    Column("trusted_from", Integer),  # see Columns.trusted_from
    Column("sentence", Text, nullable=False, server_default=""),
    Column("written", Integer, nullable=False, server_default="0"),  # 1: rows name it
    Column("base", BigInteger),  # the pull that its changes are added to; none: it read everything
    Column("evidence", Text, nullable=False, server_default=""),  # see stays.Evidence
    Column("asked", Text, nullable=False, server_default=""),  # hash of the source's settings
    Column("note", Text, nullable=False, server_default=""),
    Column("left_out", Text),  # JSON: how many, by why; none: not written down
    Index("pulls_by_source", "source", "state", "id"),
)

readings = Table(
    "readings",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("source", Text, nullable=False),
    Column("pull", BigInteger, nullable=False),  # which it belongs to now
    Column("holder", Text, nullable=False),  # which process reads on
    Column("asked", Text, nullable=False, server_default=""),  # hash of the source's settings
    Column("begun_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("mark", Text, nullable=False, server_default=""),  # of its last page, see Page.mark
    Column("parts", Integer, nullable=False, server_default="0"),  # that are staged
    Column("complete", Integer, nullable=False, server_default="0"),  # 1: read to its end
    Column("trusted_from", Integer),  # the latest that its pages told
    Column("left_out", Text, nullable=False, server_default="{}"),  # JSON, as of a pull
    Index("readings_by_source", "source"),
)

staged = Table(
    "staged",
    metadata,
    Column("reading", BigInteger, primary_key=True, autoincrement=False),
    Column("bucket", Integer, primary_key=True, autoincrement=False),  # -1: as it came
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("records", LargeBinary, nullable=False),  # see packing.py
)

held = Table(
    "held",
    metadata,
    Column("pull", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("customers", LargeBinary, nullable=False),  # see evidence.py
)

customers = Table(
    "customers",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("source", "id"),
)

stays = Table(
    "stays",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("customer", Integer, nullable=False),
    Column("since", Integer, nullable=False),
    Column("until", Integer),
    Column("known_from", BigInteger, nullable=False),  # the pull that brought it
)

endings = Table(
    "endings",
    metadata,
    Column("stay", BigInteger, primary_key=True, autoincrement=False),
    Column("known_to", BigInteger, primary_key=True, autoincrement=False),  # the pull
)

revenues = Table(
    "revenues",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("customer", Integer, nullable=False),
    Column("since", Integer, nullable=False),
    Column("until", Integer),
    Column("amount", BigInteger, nullable=False),  # a month, in parts: see bot.domain.columns
    Column("currency", Text, nullable=False),
    Column("known_from", BigInteger, nullable=False),  # the pull that brought it
)

revenue_endings = Table(
    "revenue_endings",
    metadata,
    Column("revenue", BigInteger, primary_key=True, autoincrement=False),
    Column("known_to", BigInteger, primary_key=True, autoincrement=False),  # the pull
)

occasions = Table(
    "occasions",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("customer", Integer, nullable=False),
    Column("what", Text, nullable=False),  # see knowledge.What
    Column("day", Integer, nullable=False),
    Column("known_from", BigInteger, nullable=False),  # the pull that brought it
)

occasion_endings = Table(
    "occasion_endings",
    metadata,
    Column("occasion", BigInteger, primary_key=True, autoincrement=False),
    Column("known_to", BigInteger, primary_key=True, autoincrement=False),  # the pull
)

profiles = Table(
    "profiles",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("customer", Integer, nullable=False),
    Column("since", Integer, nullable=False),  # the day on which they were seen to be so
    Column("fields", Text, nullable=False),  # JSON, keys sorted
    Column("known_from", BigInteger, nullable=False),  # the pull that brought it
)

merges = Table(
    "merges",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("source", Text, nullable=False),
    Column("customer", Integer, nullable=False),  # the record
    Column("belongs_to", Integer),  # whom it belongs to; none: it is a customer of its own again
    Column("known_from", BigInteger),  # the pull that brought it; none: a person said so
    Column("said_at", BigInteger, nullable=False),
    Column("said_by", Text, nullable=False, server_default=""),
    Index("merges_by_source", "source", "id"),
)

identities = Table(
    "identities",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("customer", Integer, nullable=False),
    Column("found_by", Text, nullable=False),  # JSON, see bot.domain.matching; never an address
    Column("known_from", BigInteger, nullable=False),  # the pull that brought it
    Index("identities_by_customer", "customer"),
)

groups = Table(
    "customer_groups",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("customer", Integer, nullable=False),
    Column("belongs_to", Text, nullable=False),  # the id of its top record; "": in none any more
    Column("known_from", BigInteger, nullable=False),  # the pull that brought it
    Index("customer_groups_by_customer", "customer"),
)

counts = Table(
    "counts",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("source", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("customers", BigInteger, nullable=False),
    Column("new", BigInteger),
    Column("said_by", Text, nullable=False, server_default=""),  # "": the source
    Column("known_from", BigInteger, nullable=False),  # moments, for nothing is pulled of people
    Column("known_to", BigInteger),
    Index("counts_by_source", "source", "day"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("what", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("leased_until", BigInteger, nullable=False),
    Column("done_at", BigInteger),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", Text, nullable=False, server_default=""),
    Column("edits", Text, nullable=False, server_default=""),  # key of the post that it changes
    Column("answers", Text, nullable=False, server_default=""),  # key of the post it is a reply to
    Column("ts", Text, nullable=False, server_default=""),
    Column("message", Text, nullable=False),  # JSON
    Column("audience", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False),
    Column("claimed_by", Text, nullable=False, server_default=""),
    Column("claimed_until", BigInteger),
    Column("sentence", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index("deliveries_by_state", "state", "id"),
    Index("deliveries_by_message", "channel", "ts"),
)

asks = Table(
    "asks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scale", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("ts", Text, nullable=False, server_default=""),
    Column("expires_at", BigInteger),
    Column("survey", Text, nullable=False, server_default=""),
    Column("customer", Integer),
    Column("person", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default="en"),
    Column("direction", Text, nullable=False, server_default="higher"),
    Column("of_customers", Integer, nullable=False, server_default="0"),
    Column("anonymous", Integer, nullable=False, server_default="0"),
    Column("style", Text, nullable=False, server_default="numbers"),
    Column("layout", Text, nullable=False, server_default="buttons"),
    Column("follow_ups", Text, nullable=False, server_default="[]"),  # JSON
    Column("reminded_at", BigInteger),
    Column("agent", Text, nullable=False, server_default=""),
    Index("asks_by_channel", "channel", "asked_at"),
    Index("asks_by_moment", "asked_at"),
    Index("asks_apart", "scale", sqlite_where=text(APART), postgresql_where=text(APART)),
)

answers = Table(
    "answers",
    metadata,
    Column("ask", Text, ForeignKey("asks.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Column("first_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger, nullable=False),
    Column("commented_at", BigInteger),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("scale", Text, nullable=False, server_default=""),
    Column("direction", Text, nullable=False, server_default="higher"),
    Column("customer", Integer),
    Column("language", Text, nullable=False, server_default="en"),
    Index("answers_by_moment", "answered_at"),
    # What results are made of, so that the rows themselves need not be read.
    Index("answers_by_score", "scale", "answered_at", "direction", "score", "customer"),
)

participants = Table(
    "participants",
    metadata,
    Column("ask", Text, ForeignKey("asks.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    sqlite_with_rowid=False,  # in the order of its key, which says nothing of who answered when
)

links = Table(
    "links",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("customer", Integer),  # none: from then on it is nobody's
    Column("said_at", BigInteger, nullable=False),
    Column("said_by", Text, nullable=False),
    Index("links_by_channel", "channel", "id"),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("person", Text, primary_key=True),
    Column("said_at", BigInteger, nullable=False),
)

loops = Table(
    "loops",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("ask", Text, ForeignKey("asks.id")),  # of an answer
    Column("person", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("step", Integer, nullable=False, server_default="0"),
    Column("told_at", BigInteger),
    Column("taken_by", Text, nullable=False, server_default=""),
    Column("taken_at", BigInteger),
    Column("replied_at", BigInteger),
    Column("closed_by", Text, nullable=False, server_default=""),
    Column("closed_at", BigInteger),
    Column("cause", Text, nullable=False, server_default=""),
    Column("action", Text, nullable=False, server_default=""),
    Column("shown", Text, nullable=False, server_default=""),  # what its messages say now, hashed
    Column("source", Text),  # of a rating, as the next
    Column("rating", Text),
    UniqueConstraint("ask", "person"),
    UniqueConstraint("source", "rating"),
    Index("loops_by_state", "state", "id"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_period", Integer, nullable=False),  # its first day
    Column("opening_observed", Double),
    Column("opening_expected", Double),
    Column("latest_period", Integer, nullable=False),
    Column("latest_observed", Double),
    Column("latest_expected", Double),
    Column("acknowledged_by", Text, nullable=False, server_default=""),
    Column("acknowledged_at", BigInteger),
    Column("resolved_at", BigInteger),
    Column("delivery", Text, nullable=False, server_default=""),  # key of its one message
    Column("settings", Text, nullable=False, server_default=""),  # JSON, the rule
    Column("evidence", Text, nullable=False, server_default=""),  # JSON
    Column("periods", Integer, nullable=False, server_default="1"),  # judged since it opened
    Column("told_chance", Double),
    Column("told_parts", Text, nullable=False, server_default="[]"),  # JSON, labels
    Column("assigned_to", Text, nullable=False, server_default=""),
    Column("snoozed_until", BigInteger),
    Column("reminded_at", BigInteger),
    Column("resolved_by", Text, nullable=False, server_default=""),
    Column("is_normal", Integer, nullable=False, server_default="0"),
    Column("not_normal_at", Integer, nullable=False, server_default="0"),  # so many periods
    Index(
        "incidents_one_open",
        "rule",
        "scope",
        unique=True,
        sqlite_where=text("state <> 'resolved'"),
        postgresql_where=text("state <> 'resolved'"),
    ),
)

rules = Table(
    "rules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("settings", Text, nullable=False),  # JSON
    Column("changed_by", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

reasons = Table(
    "reasons",
    metadata,
    Column("customer", Integer, primary_key=True, autoincrement=False),
    Column("left", Integer, primary_key=True, autoincrement=False),  # the first day no longer
    Column("reason", Text, nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("incident", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

memory = Table(
    "memory",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)

closings = Table(
    "closings",
    metadata,
    Column("source", Text, primary_key=True),
    Column("definition", Text, primary_key=True),  # its hash
    Column("kind", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("next", Integer, nullable=False),
    Column("opening", Integer, nullable=False),
    Column("closing", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("won_back", Integer, nullable=False),
    Column("early_losses", Integer, nullable=False),
    Column("pull", BigInteger, nullable=False),  # the newest believed one of that moment
    Column("closed_at", BigInteger, nullable=False),
    Column("by_merges", Integer, nullable=False, server_default="0"),  # 1: nothing else made it
)

count_closings = Table(
    "count_closings",
    metadata,
    Column("source", Text, primary_key=True),
    Column("definition", Text, primary_key=True),  # its hash
    Column("kind", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("next", Integer, nullable=False),
    Column("start", BigInteger),  # none of the three: a count was taken away
    Column("end", BigInteger),
    Column("new", BigInteger),
    Column("closed_at", BigInteger, nullable=False),
)

compared = Table(
    "compared",
    metadata,
    Column("source", Text, primary_key=True),
    Column("definition", Text, primary_key=True),
    Column("pull", BigInteger, nullable=False),  # up to which closed figures are as known
    Column("last_merge", BigInteger, nullable=False, server_default="0"),  # that a person said
)

definitions = Table(
    "definitions",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("settings", Text, nullable=False),  # JSON
    Column("since", BigInteger, nullable=False),  # when it was first seen to be in force
    Column("announced_at", BigInteger),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("segment", Text, nullable=False),  # JSON, pairs sorted
    Column("weekday", Text, nullable=False),
    Column("at", Text, nullable=False),  # the clock in `zone`
    Column("zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("paused", Integer, nullable=False, server_default="0"),
    Column("since", BigInteger, nullable=False),  # what was due before is not made up for
    Column("made_by", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    UniqueConstraint("channel", "edition", "segment"),
)

deeds = Table(
    "deeds",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("requester", Text, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("account", Text, nullable=False, server_default=""),
    Column("account_name", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Column("agent_name", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("first_reply", BigInteger),
    Column("solved", BigInteger),  # null while it is open, also again
    Column("last_solved", BigInteger),
    Column("times_solved", Integer, nullable=False, server_default="0"),
    Column("changed", BigInteger),
    Index("tickets_by_solved", "solved"),
    Index("tickets_by_account", "account", "solved"),
    Index("tickets_by_agent", "agent", "solved"),
)

ratings = Table(
    "ratings",
    metadata,
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("on", BigInteger, nullable=False),
    Column("score", Double, nullable=False),
    Column("lowest", Double, nullable=False),
    Column("highest", Double, nullable=False),
    Column("scale", Text, nullable=False),
    Column("requester", Text, nullable=False, server_default=""),
    Column("account", Text, nullable=False, server_default=""),
    Column("account_name", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Column("agent_name", Text, nullable=False, server_default=""),
    Column("ticket", Text, nullable=False, server_default=""),
    Column("comment", Text, nullable=False, server_default=""),
    Column("changed", BigInteger),
    Column("direction", Text, nullable=False, server_default="higher"),
    Index("ratings_by_on", "on"),
    Index("ratings_by_account", "account", "on"),
    Index("ratings_by_agent", "agent", "on"),
)

last_reads = Table(
    "last_reads",
    metadata,
    Column("source", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # tickets, ratings
    Column("newest", BigInteger),  # the newest change that was read
    Column("finished_at", BigInteger),
    Column("records", Integer, nullable=False, server_default="0"),
    Column("failed_at", BigInteger),
    Column("sentence", Text, nullable=False, server_default=""),
)
