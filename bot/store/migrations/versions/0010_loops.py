"""What becomes of low scores."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    text = sa.Text()
    op.create_table(
        "loops",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ask", text, nullable=False),
        sa.Column("person", text, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("owner", text, server_default="", nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", text, server_default="", nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("replied_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", text, server_default="", nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", text, server_default="", nullable=False),
        sa.Column("action", text, server_default="", nullable=False),
        sa.Column("shown", text, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["ask"], ["asks.id"], name=op.f("loops_ask_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("loops_pkey")),
        sa.UniqueConstraint("ask", "person", name=op.f("loops_ask_person_key")),
    )
    op.create_index("loops_by_state", "loops", ["state", "id"], unique=False)
