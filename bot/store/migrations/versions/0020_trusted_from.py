"""Since when the history that a source rebuilt is true."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    for table in ("pulls", "readings"):
        op.add_column(table, sa.Column("trusted_from", sa.Integer()))
