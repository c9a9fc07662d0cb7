"""How much of what was read makes no customer, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("pulls", sa.Column("left_out", sa.Text(), nullable=True))
    op.add_column("readings", sa.Column("left_out", sa.Text(), server_default="{}", nullable=False))
