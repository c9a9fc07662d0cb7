"""Who solved the ticket that a question is about."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("asks", sa.Column("agent", sa.Text(), nullable=False, server_default=""))
