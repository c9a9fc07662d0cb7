"""Who is asked as which customer, in which language and direction; and who wants not to be."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    text = sa.Text()
    for table, column in (
        ("asks", sa.Column("expires_at", sa.BigInteger(), nullable=True)),
        ("asks", sa.Column("survey", text, server_default="", nullable=False)),
        ("asks", sa.Column("customer", sa.Integer(), nullable=True)),
        ("asks", sa.Column("person", text, server_default="", nullable=False)),
        ("asks", sa.Column("language", text, server_default="en", nullable=False)),
        ("asks", sa.Column("direction", text, server_default="higher", nullable=False)),
        ("asks", sa.Column("of_customers", sa.Integer(), server_default="0", nullable=False)),
        ("asks", sa.Column("anonymous", sa.Integer(), server_default="0", nullable=False)),
        ("asks", sa.Column("style", text, server_default="numbers", nullable=False)),
        ("asks", sa.Column("layout", text, server_default="buttons", nullable=False)),
        ("asks", sa.Column("follow_ups", text, server_default="[]", nullable=False)),
        ("asks", sa.Column("reminded_at", sa.BigInteger(), nullable=True)),
        ("answers", sa.Column("scale", text, server_default="", nullable=False)),
        ("answers", sa.Column("direction", text, server_default="higher", nullable=False)),
        ("answers", sa.Column("customer", sa.Integer(), nullable=True)),
        ("answers", sa.Column("language", text, server_default="en", nullable=False)),
    ):
        op.add_column(table, column)
    op.execute("UPDATE answers SET scale = (SELECT scale FROM asks WHERE asks.id = answers.ask)")
    op.create_index("asks_by_moment", "asks", ["asked_at"], unique=False)
    op.create_table(
        "participants",
        sa.Column("ask", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ask"], ["asks.id"], name=op.f("participants_ask_fkey")),
        sa.PrimaryKeyConstraint("ask", "person", name=op.f("participants_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=True),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("links_pkey")),
    )
    op.create_index("links_by_channel", "links", ["channel", "id"], unique=False)
    op.create_table(
        "opt_outs",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("opt_outs_pkey")),
    )
