"""The whole of an episode: who looks after it, until when it sleeps, why customers left."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _number(name: str, default: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)


def upgrade() -> None:
    for column in (
        _text("settings"),
        _text("evidence"),
        _number("periods", "1"),
        sa.Column("told_chance", sa.Double()),
        _text("told_parts", "[]"),
        _text("assigned_to"),
        sa.Column("snoozed_until", sa.BigInteger()),
        sa.Column("reminded_at", sa.BigInteger()),
        _text("resolved_by"),
        _number("is_normal", "0"),
    ):
        op.add_column("incidents", column)
    op.add_column("deliveries", _text("answers"))
    op.create_table(
        "rules",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("rules_pkey")),
    )
    op.create_table(
        "reasons",
        sa.Column("customer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("left", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False, server_default=""),
        sa.Column("incident", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "left", name=op.f("reasons_pkey")),
    )
