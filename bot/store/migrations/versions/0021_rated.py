"""Low ratings of helpdesks are followed up as answers are."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    with op.batch_alter_table("loops") as loops:
        loops.alter_column("ask", existing_type=sa.Text(), nullable=True)
        loops.add_column(sa.Column("source", sa.Text(), nullable=True))
        loops.add_column(sa.Column("rating", sa.Text(), nullable=True))
        loops.create_unique_constraint(op.f("loops_source_rating_key"), ["source", "rating"])
