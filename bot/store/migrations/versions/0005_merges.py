"""Records that are part of another customer, and what that did to closed figures."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("belongs_to", sa.Integer(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=True),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("said_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("merges_pkey")),
    )
    op.create_index("merges_by_source", "merges", ["source", "id"])
    op.add_column(
        "closings", sa.Column("by_merges", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "compared", sa.Column("last_merge", sa.BigInteger(), server_default="0", nullable=False)
    )
