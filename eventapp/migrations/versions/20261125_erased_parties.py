"""Of several parties that were erased from a hearing none has a name

Revision ID: 2e81d7a05c94
Follows: 6b90c4e2d17f
"""

import sqlalchemy as sa
from alembic import op

revision = "2e81d7a05c94"
down_revision = "6b90c4e2d17f"
branch_labels = None
depends_on = None

NAME, UNIQUE = "ix_party_hearing_id_name", "uq_party_hearing_id_name"
NAMED = sa.text("name <> ''")


def upgrade() -> None:
    with op.batch_alter_table("party") as batch:
        batch.drop_constraint(op.f(UNIQUE), type_="unique")
    op.create_index(
        op.f(NAME), "party", ["hearing_id", "name"], unique=True, sqlite_where=NAMED, postgresql_where=NAMED
    )


def downgrade() -> None:
    """Names that were erased do not come back: each gets the id of its party."""
    op.drop_index(op.f(NAME), "party")
    op.execute("UPDATE party SET name = id WHERE name = ''")
    with op.batch_alter_table("party") as batch:
        batch.create_unique_constraint(op.f(UNIQUE), ["hearing_id", "name"])
