"""When a person said that a drop that lasts is not how it is from now on."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column(
        "incidents", sa.Column("not_normal_at", sa.Integer(), nullable=False, server_default="0")
    )
