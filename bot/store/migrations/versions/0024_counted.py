"""Answers are counted without being read one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    columns = ["scale", "answered_at", "direction", "score", "customer"]
    op.create_index("answers_by_score", "answers", columns)
    apart = sa.text("anonymous = 1 OR agent <> ''")
    op.create_index("asks_apart", "asks", ["scale"], sqlite_where=apart, postgresql_where=apart)
