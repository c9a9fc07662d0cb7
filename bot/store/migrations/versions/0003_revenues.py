"""What customers pay, in the manner of stays."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "revenues",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("revenues_pkey")),
    )
    op.create_table(
        "revenue_endings",
        sa.Column("revenue", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("known_to", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("revenue", "known_to", name=op.f("revenue_endings_pkey")),
    )
