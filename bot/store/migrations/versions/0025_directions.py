"""A rating says which end of its scale is the good one, as answers do."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    column = sa.Column("direction", sa.Text(), nullable=False, server_default="higher")
    op.add_column("ratings", column)
