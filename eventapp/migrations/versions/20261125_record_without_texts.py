"""The record keeps commitments and salts; each text lies in the row that it belongs to

Revision ID: b41c6e07d9a3
Follows: 59da240555c5
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "b41c6e07d9a3"
down_revision = "59da240555c5"
branch_labels = None
depends_on = None

AT_ONCE = 1000
TOLD = {
    "case": "case_told",
    "publish": "case_told",
    "decision": "case_told",
    "event": "event_told",
    "attendance": "invitation_told",
    "deadline": "hearing_told",
    "close": "hearing_told",
    "erase": "record_told",
    "key": "record_told",
}
KINDS_OF_YESTERDAY = [
    "case",
    "document",
    "event",
    "invite",
    "reply",
    "attendance",
    "contribution",
    "notice",
    "deadline",
    "answer",
    "amend",
    "withdraw",
    "redact",
    "publish",
    "moderate",
    "extend",
    "close",
    "erase",
    "decision",
    "key",
]
MOMENT = sa.DateTime(timezone=True)

Told = dict[str, Any]


def table(name: str, *columns: str, **typed: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(one) for one in columns), *(sa.column(one, kind) for one, kind in typed.items()))


ENTRY = table("record_entry", "id", "log_id", "seq", "kind", "ref", "salts", nodes=sa.LargeBinary())
PART = table("record_part", "entry_id", "name", "content", salt=sa.LargeBinary())
NODE = table("record_node", "log_id", "level", "position", hash=sa.LargeBinary())
VERSION = table("document_version", "id", "document_id", "number", "title", "kind", "entry_seq")
NOTICE = table("notice", "id", "party_id", "addressee", deadline_at=MOMENT)
CHANGE = table("deadline_change", "id", "hearing_id", "entry_seq", old_at=MOMENT, new_at=MOMENT)
LETTER = table("letter", "id", "invitation_id", "sha256")
INVITATION = table("invitation", "id", "office", "name", "wished_role", reply_by_at=MOMENT)
REPLY = table("reply", "id", "state", "stand_in_name", "reason", "channel")


def upgrade() -> None:
    for name in sorted(set(TOLD.values())):
        op.create_table(
            name,
            sa.Column("log_id", sa.String(length=32), nullable=False),
            sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("parts", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(["log_id"], ["record_log.id"], name=op.f(f"fk_{name}_log_id_record_log")),
            sa.PrimaryKeyConstraint("log_id", "seq", name=op.f(f"pk_{name}")),
        )
    _add_columns()
    conn = op.get_bind()
    for log_id in conn.scalars(sa.select(sa.column("id")).select_from(sa.table("record_log"))).all():
        _move(conn, log_id)
    _close_columns()
    with op.batch_alter_table("contribution") as batch_op:
        batch_op.drop_column("entry_seq")  # found by the row's id
    op.drop_table("record_node")
    op.drop_table("record_part")


def downgrade() -> None:
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(sa.table("record_entry"))):
        raise RuntimeError("Texts of the record lie in one place only: restore a backup.")
    for name in sorted(set(TOLD.values())):
        op.drop_table(name)
    _drop_columns()
    with op.batch_alter_table("contribution") as batch_op:
        batch_op.add_column(sa.Column("entry_seq", sa.BigInteger(), nullable=False))
    op.create_table(
        "record_node",
        sa.Column("log_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("level > 0 AND position >= 0", name=op.f("ck_record_node_place")),
        sa.ForeignKeyConstraint(["log_id"], ["record_log.id"], name=op.f("fk_record_node_log_id_record_log")),
        sa.PrimaryKeyConstraint("log_id", "level", "position", name=op.f("pk_record_node")),
    )
    op.create_table(
        "record_part",
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["record_entry.id"], name=op.f("fk_record_part_entry_id_record_entry")),
        sa.PrimaryKeyConstraint("entry_id", "name", name=op.f("pk_record_part")),
    )


def _drop_columns() -> None:
    added = {
        "document_version": ("title", "kind", "entry_seq"),
        "notice": ("addressee", "deadline_at"),
        "deadline_change": ("entry_seq",),
        "record_entry": ("nodes", "salts"),
    }
    for name, columns in added.items():
        with op.batch_alter_table(name) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
    kinds = ", ".join(f"'{one}'" for one in KINDS_OF_YESTERDAY)
    with op.batch_alter_table("record_entry") as batch_op:
        batch_op.create_check_constraint(op.f("ck_record_entry_kind"), f"kind IN ({kinds})")


def _add_columns() -> None:
    with op.batch_alter_table("document_version") as batch_op:
        batch_op.add_column(sa.Column("title", sa.String(length=200)))
        batch_op.add_column(sa.Column("kind", sa.String(length=40)))
        batch_op.add_column(sa.Column("entry_seq", sa.BigInteger()))
    with op.batch_alter_table("notice") as batch_op:
        batch_op.add_column(sa.Column("addressee", sa.String(length=200)))
        batch_op.add_column(sa.Column("deadline_at", MOMENT))
    with op.batch_alter_table("deadline_change") as batch_op:
        batch_op.add_column(sa.Column("entry_seq", sa.BigInteger()))
    with op.batch_alter_table("record_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_record_entry_kind"), type_="check")
        batch_op.add_column(sa.Column("nodes", sa.LargeBinary()))
        batch_op.add_column(sa.Column("salts", sa.Text()))


def _close_columns() -> None:
    closed = {
        "document_version": {"title": sa.String(length=200), "kind": sa.String(length=40)},
        "notice": {"addressee": sa.String(length=200), "deadline_at": MOMENT},
        "record_entry": {"nodes": sa.LargeBinary(), "salts": sa.Text()},
    }
    for name, columns in closed.items():
        with op.batch_alter_table(name) as batch_op:
            for column, kind in columns.items():
                batch_op.alter_column(column, existing_type=kind, nullable=False)


def _move(conn: sa.Connection, log_id: str) -> None:
    """Contents of one log to where they belong; salts and hashes of the tree into the rows of the entries."""
    nodes = _nodes(conn, log_id)
    for entries in _batches(conn, log_id):
        parts: dict[str, list[Any]] = defaultdict(list)
        wanted = PART.c.entry_id.in_([one.id for one in entries])
        for row in conn.execute(sa.select(PART).where(wanted).order_by(PART.c.name)):
            parts[row.entry_id].append(row)
        for one in entries:
            told = {part.name: json.loads(part.content) for part in parts[one.id] if part.content is not None}
            _give_home(conn, one, {name: value for name, value in told.items() if ":" not in name})
        conn.execute(
            sa.update(ENTRY)
            .where(ENTRY.c.id == sa.bindparam("entry"))
            .values(nodes=sa.bindparam("hashes"), salts=sa.bindparam("keys")),
            [
                {
                    "entry": one.id,
                    "hashes": b"".join(nodes.get(one.seq, [])),
                    "keys": json.dumps({part.name: part.salt and bytes(part.salt).hex() for part in parts[one.id]}),
                }
                for one in entries
            ],
        )


def _batches(conn: sa.Connection, log_id: str) -> Iterator[list[Any]]:
    columns = sa.select(ENTRY.c.id, ENTRY.c.log_id, ENTRY.c.seq, ENTRY.c.kind, ENTRY.c.ref)
    of_log = columns.where(ENTRY.c.log_id == log_id).order_by(ENTRY.c.seq).limit(AT_ONCE)
    last = -1
    while found := conn.execute(of_log.where(ENTRY.c.seq > last)).all():
        yield list(found)
        last = found[-1].seq


def _nodes(conn: sa.Connection, log_id: str) -> dict[int, list[bytes]]:
    """Number of the entry that completes a subtree -> hashes of those, from level 1 upwards."""
    found: dict[int, list[bytes]] = defaultdict(list)
    for row in conn.execute(sa.select(NODE).where(NODE.c.log_id == log_id).order_by(NODE.c.level)):
        found[((row.position + 1) << row.level) - 1].append(bytes(row.hash))
    return found


def _give_home(conn: sa.Connection, entry: Any, told: Told) -> None:
    """Move what an entry holds to the row it belongs to, or make sure that the row says the same."""
    if not told:
        return
    name = "case_told" if entry.kind == "document" and "letter" in told else TOLD.get(entry.kind)
    if name:
        values = {
            "log_id": entry.log_id,
            "seq": entry.seq,
            "parts": json.dumps(told, ensure_ascii=False, sort_keys=True),
        }
        conn.execute(sa.insert(table(name, *values)).values(values))
    else:
        HOMES[entry.kind](conn, entry, told)


def _version(conn: sa.Connection, entry: Any, told: Told) -> None:
    row = sa.and_(VERSION.c.document_id == entry.ref, VERSION.c.number == told["version"])
    _set(conn, entry, VERSION, row, title=told["title"], kind=told["kind"], entry_seq=entry.seq)


def _notice(conn: sa.Connection, entry: Any, told: Told) -> None:
    deadline = datetime.fromisoformat(told["deadline"])
    _set(conn, entry, NOTICE, NOTICE.c.id == entry.ref, addressee=told["party"], deadline_at=deadline)


def _extension(conn: sa.Connection, entry: Any, told: Told) -> None:
    old, new = (datetime.fromisoformat(told[one]) for one in ("old", "new"))
    row = sa.and_(CHANGE.c.hearing_id == entry.ref, CHANGE.c.old_at == old, CHANGE.c.new_at == new)
    _set(conn, entry, CHANGE, row, entry_seq=entry.seq)


def _invitation(conn: sa.Connection, entry: Any, told: Told) -> None:
    wanted = sa.and_(
        LETTER.c.id == entry.ref,
        LETTER.c.sha256 == told["letter"],
        LETTER.c.invitation_id == INVITATION.c.id,
        INVITATION.c.office == told["office"],
        INVITATION.c.name == told["name"],
        INVITATION.c.wished_role == told["role"],
        INVITATION.c.reply_by_at == datetime.fromisoformat(told["reply_by"]),
    )
    _one(entry, len(conn.execute(sa.select(LETTER.c.id).where(wanted)).all()))


def _reply(conn: sa.Connection, entry: Any, told: Told) -> None:
    wanted = sa.and_(
        REPLY.c.id == entry.ref,
        REPLY.c.state == told["state"],
        REPLY.c.stand_in_name == told["stand_in"],
        REPLY.c.reason == told["reason"],
        REPLY.c.channel == told["channel"],
    )
    _one(entry, len(conn.execute(sa.select(REPLY.c.id).where(wanted)).all()))


def _set(conn: sa.Connection, entry: Any, changed: sa.TableClause, row: Any, **values: Any) -> None:
    _one(entry, conn.execute(sa.update(changed).where(row).values(**values)).rowcount)


def _one(entry: Any, rows: int) -> None:
    """A text of the record must never be dropped for a row that says something else."""
    if rows != 1:
        raise RuntimeError(
            f"Entry {entry.seq} of the record {entry.log_id} ({entry.kind}) has no row that says the same."
            " Run `record verify` with the version before this one."
        )


HOMES = {"document": _version, "notice": _notice, "extend": _extension, "invite": _invitation, "reply": _reply}
