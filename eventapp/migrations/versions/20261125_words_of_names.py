"""Guests are found by the words of their names

What a name is found by stands beside it; the table of pairs is filled by env.py once the last migration has run.

Revision ID: cba159410b25
Follows: b6e3d8f41a07
"""

import re
import unicodedata
from functools import lru_cache

import sqlalchemy as sa
from alembic import op

revision = "cba159410b25"
down_revision = "b6e3d8f41a07"
branch_labels = None
depends_on = None

AT_ONCE = 10_000
LIKE = {"æ": "a", "ø": "o", "œ": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ħ": "h", "ı": "i"}
SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "name_part",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("first", SORTED, nullable=False),
        sa.Column("second", SORTED, nullable=False),
        sa.Column("registration_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "first", "second", "registration_id", name=op.f("pk_name_part")),
        sqlite_with_rowid=False,
    )
    op.add_column("registration", sa.Column("name_words", SORTED, nullable=False, server_default=""))
    _fill(op.get_bind())
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.alter_column("name_words", server_default=None, existing_type=SORTED, existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.drop_column("name_words")
    op.drop_table("name_part")


def _fill(conn: sa.Connection) -> None:
    """In steps by the id, so that neither a million names nor their words are held at once."""
    guest = sa.table("registration", *map(sa.column, ("id", "name", "name_words")))
    row = sa.bindparam("row")
    update = guest.update().where(guest.c.id == row).values(name_words=sa.bindparam("found"))
    last = ""
    while True:
        named = sa.select(guest.c.id, guest.c.name).where(guest.c.id > last).order_by(guest.c.id).limit(AT_ONCE)
        rows = conn.execute(named).all()
        if not rows:
            return
        conn.execute(update, [{"row": one.id, "found": _words(one.name)} for one in rows])
        last = rows[-1].id


def _words(name: str) -> str:
    """As ``eventapp.formats.searching.words`` made them when this was written."""
    plain = re.sub("([aou])e", r"\1", "".join(map(_plain, name)))
    found = list(dict.fromkeys(re.sub("a+", "a", plain).split()))
    return " ".join(found if len(found) <= 6 else found[:3] + found[-3:])


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    return "".join(map(_letter, unicodedata.normalize("NFKD", sign.casefold())))


def _letter(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in ("Mn", "Me"):
        return ""
    if kind[0] in "PZC" or kind == "Sk" or sign in "ʹʻʼʽˈ`´":
        return " "
    return LIKE.get(sign, sign)
